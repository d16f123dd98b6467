/**
 * A cluster that is born whole: each node is given a nodes.conf that already knows ids, slots, roles and all the others, as if they
 * had met long ago. No MEET, no gossip and no epoch collision stand between the start and the first write.
 */
import {BUS_PORT_OFFSET} from '../../model/address.js'
import {type NodeId} from '../../model/node-id.js'
import {SLOT_COUNT} from '../../model/slot.js'
import {type Endpoint} from '../ports.js'

export interface Newborn {
  readonly id: NodeId
  readonly host: string
  readonly port: number
  /** Index of the primary it replicates; `null` for a primary. */
  readonly primary: number | null
  /** `0-5460`; empty for a replica. */
  readonly slots: string
}

/**
 * Who is who: primaries first, then the replicas, those of the first primary before those of the second.
 * @param ids one for each address
 */
export function planBirth(addresses: readonly Endpoint[], ids: readonly NodeId[], primaries: number): Newborn[] {
  const replicasEach = (addresses.length - primaries) / primaries
  return addresses.map(({host, port}, index) => ({
    id: ids[index]!,
    host,
    port,
    primary: index < primaries ? null : Math.floor((index - primaries) / replicasEach),
    slots: index < primaries ? slotsOf(index, primaries) : '',
  }))
}

/**
 * nodes.conf of one of them, in Redis 7.0's form.
 * @param me its index
 * @param nowMs when the others were last heard of, unix ms
 */
export function nodesConf(nodes: readonly Newborn[], me: number, nowMs: number): string {
  const lines = nodes.map((node, index) => lineOf(nodes, node, {isMyself: index === me, nowMs}))
  const epochs = nodes.filter(({primary}) => primary === null).length
  return `${lines.join('\n')}\nvars currentEpoch ${epochs} lastVoteEpoch 0\n`
}

/** `id ip:port@bus flags primary ping-sent pong-received epoch link slots…` (cluster-bus reference, "nodes.conf"). */
function lineOf(
  nodes: readonly Newborn[],
  node: Newborn,
  {isMyself, nowMs}: {readonly isMyself: boolean; readonly nowMs: number},
): string {
  const role = node.primary === null ? 'master' : 'slave'
  const words = [
    node.id,
    `${node.host}:${node.port}@${node.port + BUS_PORT_OFFSET}`,
    isMyself ? `myself,${role}` : role,
    node.primary === null ? '-' : nodes[node.primary]!.id,
    '0',
    isMyself ? '0' : String(nowMs),
    // A primary's epoch is its own, so that no two claims are ever equally old; a replica's stands for its primary's.
    String((node.primary ?? nodes.indexOf(node)) + 1),
    'connected',
    node.slots,
  ]
  return words.filter((word) => word !== '').join(' ')
}

/** All slots cut into even ranges, as redis-cli gives them out. */
function slotsOf(index: number, primaries: number): string {
  const firstOf = (each: number): number => Math.round((SLOT_COUNT / primaries) * each)
  return `${firstOf(index)}-${firstOf(index + 1) - 1}`
}
