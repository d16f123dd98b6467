/**
 * Who becomes primary, of which slots, and who follows whom, when a cluster is made. As redis-cli decides it (`create` in
 * redis-cli.c), so that the same command line makes the same cluster; only a placement that can be bettered is.
 */
import {assert} from '../../model/assert.js'
import type {Address} from '../../model/address.js'
import type {NodeId} from '../../model/node-id.js'
import {SLOT_COUNT} from '../../model/slot.js'
import type {SlotRange} from '../../model/slot-set.js'
import {
  improvePlacement,
  qualityOf,
  violationsOf,
  type Pair,
  type PlacementQuality,
  type Violations,
} from './anti-affinity.js'

/** What the allocation reads of a node. */
export interface Candidate {
  readonly id: NodeId
  readonly address: Address
}

export interface AllocatedPrimary<Node extends Candidate> {
  readonly node: Node
  readonly slots: SlotRange
}

export interface Pairing<Node extends Candidate> {
  readonly replica: Node
  readonly primary: Node
  /** From the second pass: one more than was asked for, because nodes were left over. */
  readonly extra: boolean
}

export interface Placement<Node extends Candidate> {
  /** In the order in which redis-cli prints "Adding replica": the extra ones last. */
  readonly pairings: readonly Pairing<Node>[]
  readonly violations: Violations
  readonly quality: PlacementQuality
}

export interface Allocation<Node extends Candidate> {
  /** In the order of redis-cli's "Master[0]", "Master[1]"… */
  readonly primaries: readonly AllocatedPrimary<Node>[]
  /** What redis-cli finds before it tries to optimize. */
  readonly initial: Placement<Node>
  /** What will be done: `initial`, unless it can be bettered. */
  readonly final: Placement<Node>
  /** Left over even so: they become primaries without slots. */
  readonly unused: readonly Node[]
}

/**
 * @param nodes in the order of the command line
 * @param replicas per primary
 */
export function allocate<Node extends Candidate>(nodes: readonly Node[], replicas: number): Allocation<Node> {
  const count = primaryCount(nodes.length, replicas)
  assert(count > 0, 'there are nodes enough for one primary')
  const hosts = nodes.map(({address}) => address.host)
  const order = interleave(hosts)
  const ranges = slotRanges(count)
  const primaries = order.slice(0, count)
  const {pairs, extraFrom, unused} = pairReplicas(hosts, primaries, rotated(order.slice(count)), replicas)
  const placement = (chosen: readonly Pair[]): Placement<Node> => {
    const violations = violationsOf(hosts, chosen)
    const pairings = chosen.map(({replica, primary}, index) => {
      return {replica: nodes[replica]!, primary: nodes[primary]!, extra: index >= extraFrom}
    })
    return {pairings, violations, quality: qualityOf(violations)}
  }
  return {
    primaries: primaries.map((node, index) => ({node: nodes[node]!, slots: ranges[index]!})),
    initial: placement(pairs),
    final: placement(improvePlacement(hosts, pairs)),
    unused: unused.map((node) => nodes[node]!),
  }
}

/** How many primaries so many nodes make; each takes `replicas` others. */
export function primaryCount(nodes: number, replicas: number): number {
  return Math.floor(nodes / (replicas + 1))
}

/**
 * All slots over `count` primaries, boundaries exactly as redis-cli's: it adds up shares in 32-bit floats, which from 78
 * primaries on gives other boundaries than exact arithmetic.
 */
export function slotRanges(count: number): SlotRange[] {
  assert(count > 0 && count <= SLOT_COUNT, 'a primary of a new cluster gets at least one slot')
  const share = Math.fround(SLOT_COUNT / count)
  const ranges: SlotRange[] = []
  let cursor = 0
  let first = 0
  for (let index = 0; index < count; index++) {
    const end = Math.fround(Math.fround(cursor + share) - 1)
    // Thousands of roundings can run ahead of the slots: those that come after still get one each.
    const highest = SLOT_COUNT - count + index
    const last = index === count - 1 ? SLOT_COUNT - 1 : Math.min(highest, Math.max(first, Math.floor(end + 0.5)))
    ranges.push([first, last])
    first = last + 1
    cursor = Math.fround(cursor + share)
  }
  return ranges
}

/** Indexes of nodes, one from each host in turn: hosts in order of their first node, nodes of one host in theirs. */
function interleave(hosts: readonly string[]): number[] {
  const queues = new Map<string, number[]>()
  for (const [index, host] of hosts.entries()) queues.set(host, [...(queues.get(host) ?? []), index])
  const order: number[] = []
  for (let turn = 0; order.length < hosts.length; turn++) {
    for (const queue of queues.values()) if (turn < queue.length) order.push(queue[turn]!)
  }
  return order
}

/** redis-cli starts with the second of the remaining nodes, which "sometimes helps to get better initial anti-affinity". */
function rotated(pool: readonly number[]): number[] {
  return [...pool.slice(1), ...pool.slice(0, 1)]
}

interface PairedReplicas {
  readonly pairs: Pair[]
  /** The index of the first pair of the second pass. */
  readonly extraFrom: number
  readonly unused: readonly number[]
}

/** Each primary takes its replicas at once; nodes left over go round once more, one for each primary at most. */
function pairReplicas(
  hosts: readonly string[],
  primaries: readonly number[],
  candidates: readonly number[],
  replicas: number,
): PairedReplicas {
  const pool = [...candidates]
  const pairs: Pair[] = []
  const takeOne = (primary: number): void => {
    if (pool.length === 0) return
    const elsewhere = pool.findIndex((node) => hosts[node] !== hosts[primary])
    const [replica] = pool.splice(Math.max(0, elsewhere), 1)
    pairs.push({replica: replica!, primary})
  }
  for (const primary of primaries) for (let taken = 0; taken < replicas; taken++) takeOne(primary)
  const extraFrom = pairs.length
  for (const primary of primaries) takeOne(primary)
  return {pairs, extraFrom, unused: pool}
}
