/** Where a node listens, and where others reach it, by its configuration. */
import path from 'node:path'
import {type Endpoint} from '../ports.js'
import {type Config} from '../server/config.js'
import {type PortsWish} from './open-ports.js'
import {type ListenOptions} from './tcp-transport.js'

/** A bus port is this much above its client port. */
const BUS_PORT_OFFSET = 10_000
const USUAL_BACKLOG = 511

/** `cluster-port`, or one above the port that the cluster knows the node by. */
export function busPortOf(config: Config): number {
  const port = config.number(config.flag('tls-cluster') ? 'tls-port' : 'port')
  return config.number('cluster-port') || port + BUS_PORT_OFFSET
}

/** Where clients are to call, as CONFIG SET may have changed it. */
export function clientPortsOf(config: Config): PortsWish {
  return {bind: config.text('bind'), port: config.number('port'), tlsPort: config.number('tls-port')}
}

/** @param directory where a relative `unixsocket` begins */
export function listenOptionsOf(config: Config, busPort: number | undefined, directory: string): ListenOptions {
  const socket = config.text('unixsocket')
  const permissions = Number.parseInt(config.text('unixsocketperm'), 8)
  return {
    ...clientPortsOf(config),
    busPort,
    backlog: config.number('tcp-backlog') || USUAL_BACKLOG,
    ...(socket !== '' && {unixSocket: {path: path.resolve(directory, socket), permissions}}),
  }
}

/** Where somebody on this machine reaches the node: its plain port, or else that for TLS. */
export function addressOf(config: Config): Endpoint {
  const host = hostOf(config.text('bind'))
  const port = config.number('port')
  const tlsPort = config.number('tls-port')
  return port === 0 && tlsPort !== 0 ? {host, port: tlsPort, isSecure: true} : {host, port}
}

function hostOf(bind: string): string {
  const [first = '*'] = bind.split(/\s+/).map((word) => word.replace(/^-/, ''))
  if (first === '*' || first === '0.0.0.0' || first === '') return '127.0.0.1'
  return first === '::*' || first === '::' ? '::1' : first
}
