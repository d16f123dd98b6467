/** A connection without a client library: for what goes over it in bulk, or is no reply at all. */
import {connect, type Socket} from 'node:net'
import {formatAddress, type Address} from '../../model/address.js'
import {ManagerError} from '../error.js'
import type {PoolSettings, TlsSettings} from './pool-settings.js'
import {tlsOptions} from './tls-options.js'
import {handshakeTimedOut, translateError} from './translate-error.js'

/** @throws ManagerError as `NodePool.connect` does */
export async function openSocket({tls, family, connectTimeoutMs}: PoolSettings, address: Address): Promise<Socket> {
  const {host, port} = address
  const socket = tls === undefined ? connect({host, port, family}) : await connectSecurely(tls, address)
  let isOpen = false
  socket.once('connect', () => (isOpen = true))
  const overdue = (): void => void socket.destroy(isOpen ? handshakeTimedOut(address) : new Error('connect ETIMEDOUT'))
  socket.setTimeout(connectTimeoutMs, overdue)
  return new Promise((resolve, reject) => {
    const refused = (error: Error): void => reject(translateError(error, address))
    socket.once('error', refused)
    socket.once(tls === undefined ? 'connect' : 'secureConnect', () => {
      socket.off('timeout', overdue).off('error', refused).setTimeout(0).setNoDelay(true)
      resolve(socket)
    })
  })
}

/** TLS is loaded where it is spoken. */
async function connectSecurely(tls: TlsSettings, address: Address): Promise<Socket> {
  const {host, port} = address
  const {connect: connectTls} = await import('node:tls')
  try {
    return connectTls({host, port, ...tlsOptions(tls)})
  } catch (error) {
    // A key that does not belong to its certificate.
    throw translateError(error, address)
  }
}

export function silentFor(limitMs: number, address: Address): ManagerError {
  return new ManagerError('timed-out', `nothing came for ${limitMs / 1000} s`, {node: formatAddress(address)})
}
