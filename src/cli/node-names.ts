/** A node by any of its names: its id, an unambiguous beginning of it, or its address. */
import {formatAddress, formatPlainAddress, type Address} from '../model/address.js'
import type {NodeId} from '../model/node-id.js'
import type {Topology} from '../manager/view/topology.js'
import {parseEndpoints} from './endpoints.js'
import {usage} from './flags.js'

interface Named {
  readonly id: NodeId
  readonly address: Address
}

/** @throws ManagerError `usage` when nobody, or more than one node, goes by this name */
export function resolveNode(topology: Topology, name: string): NodeId {
  const nodes: Named[] = [...topology.nodes, ...topology.absent]
  const byAddress = nodes.filter(({address}) => namesAddress(name, address))
  if (byAddress.length > 0) return byAddress[0]!.id
  const wanted = name.toLowerCase()
  const byId = /^[0-9a-f]+$/.test(wanted) ? nodes.filter(({id}) => id.startsWith(wanted)) : []
  const info = `tscluster info ${formatAddress(topology.entry)}`
  if (byId.length === 0) throw usage(`no node of this cluster is called "${name}"`, `\`${info}\` lists them`)
  if (byId.length > 1) {
    const names = byId.map(({id, address}) => `${id.slice(0, 12)} ${formatAddress(address)}`)
    throw usage(`"${name}" could be any of ${byId.length} nodes: ${names.join(', ')}`, 'write more digits of the id')
  }
  return byId[0]!.id
}

function namesAddress(name: string, address: Address): boolean {
  if (name === formatAddress(address) || name === formatPlainAddress(address)) return true
  if (address.hostname !== '' && name === `${address.hostname}:${address.port}`) return true
  const parsed = name.includes(':') ? parseEndpoints([name]) : ''
  const [typed] = typeof parsed === 'string' ? [] : parsed.addresses
  return typed !== undefined && typed.port === address.port && isLoopback(typed.host) && isLoopback(address.host)
}

/** `localhost:7000` names the node that calls itself 127.0.0.1:7000. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '127.0.0.1' || host === '::1'
}
