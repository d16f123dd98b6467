/** What the nodes of a large cluster would say: CLUSTER NODES texts of a thousand nodes with scattered slots, made one at a time. */
import {SLOT_COUNT} from '../src/model/slot.js'
import {SlotSet} from '../src/model/slot-set.js'

export interface LargeCluster {
  readonly primaries: number
  /** As redis-server prints it: each node in an order of its own, with its own ping and pong times. */
  account(node: number): string
  /** Its INFO, as far as the manager reads it. */
  info(node: number): string
  address(node: number): {readonly host: string; readonly port: number}
  readonly nodes: number
}

/** The multiplier and increment of a 32-bit linear congruential generator (Numerical Recipes). */
const [MULTIPLIER, INCREMENT] = [1_664_525, 1_013_904_223]
const FIRST_PORT = 7000
const PONG_MS = 1_795_224_912_597

/** @param nodes half of them primaries, with slots dealt out one by one like cards; the others are their replicas */
export function largeCluster(nodes: number): LargeCluster {
  const primaries = nodes / 2
  const random = generator(1)
  const ids = Array.from({length: nodes}, () => Array.from({length: 5}, () => hex(random())).join(''))
  const lists = Array.from({length: primaries}, (): number[] => [])
  for (const [place, slot] of shuffled(SLOT_COUNT, random).entries()) lists[place % primaries]!.push(slot)
  const slots = lists.map((list) => SlotSet.of(list).toString())
  const address = (node: number): {host: string; port: number} => ({
    host: `10.0.${node >> 8}.${node & 255}`,
    port: FIRST_PORT,
  })
  const line = (node: number, teller: number): string => {
    const {host, port} = address(node)
    const mine = node === teller ? 'myself,' : ''
    const role = node < primaries ? `${mine}master -` : `${mine}slave ${ids[node - primaries]}`
    const pong = node === teller ? 0 : PONG_MS - (random() % 10_000)
    const served = node < primaries ? ` ${slots[node]}` : ''
    const epoch = (node % primaries) + 1
    return `${ids[node]} ${host}:${port}@${port + 10_000} ${role} 0 ${pong} ${epoch} connected${served}`
  }
  return {
    nodes,
    primaries,
    address,
    account: (teller) =>
      `${shuffled(nodes, random)
        .map((node) => line(node, teller))
        .join('\n')}\n`,
    info: (node) =>
      [
        '# Server',
        'redis_version:7.0.15',
        'cluster_enabled:1',
        'loading:0',
        'used_memory:2000000',
        'maxmemory:0',
        ...(node < primaries ? ['role:master'] : ['role:slave', 'master_link_status:up', 'slave_repl_offset:1000']),
        'master_repl_offset:1000',
        'db0:keys=1000,expires=0,avg_ttl=0',
        '',
      ].join('\r\n'),
  }
}

function generator(seed: number): () => number {
  let state = seed
  return () => (state = (Math.imul(state, MULTIPLIER) + INCREMENT) >>> 0)
}

function hex(word: number): string {
  return word.toString(16).padStart(8, '0')
}

/** 0 … count-1, by Fisher and Yates. */
function shuffled(count: number, random: () => number): number[] {
  const order = Array.from({length: count}, (_, index) => index)
  for (let last = count - 1; last > 0; last--) {
    // The low bits of such a generator repeat soon.
    const other = Math.floor((random() / 2 ** 32) * (last + 1))
    ;[order[last], order[other]] = [order[other]!, order[last]!]
  }
  return order
}
