/** What a node has to be before it may join others: empty, alone, within reach. */
import {BUS_PORT_OFFSET, formatAddress} from '../../model/address.js'
import type {Finding} from '../check/finding.js'
import {counted} from '../check/naming.js'
import type {FreshNode} from '../view/fresh-node.js'
import {keyCount, type NodeView} from '../view/node-view.js'
import {nodeRefusal} from './build.js'

/**
 * A node that brings anything along would have it lost, or would spread it: keys vanish when it becomes a replica or answer
 * to the wrong slot, slots contend with their owners, and whom it knows would be drawn in (two clusters merge that way).
 */
export function joiningRefusals(node: FreshNode): Finding[] {
  const {view, busPort} = node
  const subject = {id: view.id, address: view.address}
  const refusals: Finding[] = []
  const burden = burdenOf(node)
  if (burden !== undefined) {
    const remedy = view.peers.length > 0 ? leaveItsCluster(view) : emptyIt(view)
    refusals.push(nodeRefusal('node-not-empty', subject, `is not empty: ${burden}`, {remedy}))
  }
  if (busPort === 'refused') {
    const {host} = view.address
    const bus = formatAddress({host, port: busPortOf(node)})
    const remedy = 'open it in the firewall, or set cluster-port and cluster-announce-bus-port to what can be reached'
    refusals.push(nodeRefusal('bus-port-closed', subject, `its cluster bus at ${bus} refuses connections`, {remedy}))
  }
  return refusals
}

function leaveItsCluster({id, address}: NodeView): string {
  return `name another node, or take it out of its cluster first: tscluster del-node ${formatAddress(address)} ${id}`
}

/** For each node by itself: on a node that knows others, these would reach further. */
function emptyIt({address: {host, port}}: NodeView): string {
  const cli = `redis-cli -h ${host} -p ${port}`
  return `name another node, or, if nobody needs what it holds: ${cli} FLUSHALL && ${cli} CLUSTER RESET`
}

function busPortOf({view}: FreshNode): number {
  const announced = view.line.address.busPort || view.address.busPort
  return announced || view.address.port + BUS_PORT_OFFSET
}

/** What the node brings along; `undefined` for an empty one. */
function burdenOf({view}: FreshNode): string | undefined {
  const keys = keyCount(view.server)
  const burdens = [
    view.server.loading ? 'it is still loading its data' : '',
    view.peers.length > 0 ? `it knows ${counted(view.peers.length, 'other node')}` : '',
    keys > 0 ? `it holds ${counted(keys, 'key')} in database ${[...view.server.keysByDatabase.keys()].join(', ')}` : '',
    view.line.slots.size > 0 ? `it has ${counted(view.line.slots.size, 'slot')}` : '',
  ]
  const present = burdens.filter((burden) => burden !== '')
  return present.length === 0 ? undefined : present.join(', and ')
}
