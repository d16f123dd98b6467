/** A node by any of its names: its id, an unambiguous beginning of it, its address, or on this machine its port. */
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
  const byAddress = nodes.find(({address}) => namesAddress(name, address))
  const wanted = name.toLowerCase()
  const byId = /^[0-9a-f]+$/.test(wanted) ? nodes.filter(({id}) => id.startsWith(wanted)) : []
  const found = byAddress === undefined ? byId : [byAddress, ...byId.filter((each) => each !== byAddress)]
  const info = `tscluster info ${formatAddress(topology.entry)}`
  if (found.length === 0) throw usage(`no node of this cluster is called "${name}"`, `\`${info}\` lists them`)
  if (found.length > 1) {
    const names = found.map(({id, address}) => `${id.slice(0, 12)} ${formatAddress(address)}`)
    const hint = byAddress === undefined ? 'write more digits of the id' : 'write host:port, or more digits of the id'
    throw usage(`"${name}" could be any of ${found.length} nodes: ${names.join(', ')}`, hint)
  }
  return found[0]!.id
}

function namesAddress(name: string, address: Address): boolean {
  if (name === formatAddress(address) || name === formatPlainAddress(address)) return true
  if (address.hostname !== '' && name === `${address.hostname}:${address.port}`) return true
  const parsed = /:|^\d{1,5}$/.test(name) ? parseEndpoints([name]) : ''
  const [typed] = typeof parsed === 'string' ? [] : parsed.addresses
  return typed !== undefined && typed.port === address.port && isLoopback(typed.host) && isLoopback(address.host)
}

/** `localhost:7000` names the node that calls itself 127.0.0.1:7000, and so does `7000`, as it does for the address of a cluster. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '127.0.0.1' || host === '::1'
}
