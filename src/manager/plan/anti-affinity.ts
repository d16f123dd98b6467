/**
 * Which replica follows which primary, so that the loss of one host costs as little as can be. Without chance: the best
 * placement is found as a minimum-cost flow, where redis-cli swaps replicas at random and keeps what it has after a while.
 */
import {assert} from '../../model/assert.js'

/** Indexes of nodes: the replica, and the primary that it follows. */
export interface Pair {
  readonly replica: number
  readonly primary: number
}

/** `replica-with-primary`: a host's loss can take a primary and its copy; `replicas-together`: only several copies at once. */
export type PlacementQuality = 'perfect' | 'replica-with-primary' | 'replicas-together'

export interface Violations {
  /** Replicas on the host of their primary. */
  readonly withPrimary: number
  /** Replicas on a host that has another replica of the same primary, the first one not counted. */
  readonly together: number
}

export function violationsOf(hosts: readonly string[], pairs: readonly Pair[]): Violations {
  const counts = new Map<string, number>()
  let withPrimary = 0
  let together = 0
  for (const {replica, primary} of pairs) {
    if (hosts[replica] === hosts[primary]) {
      withPrimary++
      continue
    }
    const family = `${primary} ${hosts[replica]}`
    const before = counts.get(family) ?? 0
    if (before > 0) together++
    counts.set(family, before + 1)
  }
  return {withPrimary, together}
}

export function qualityOf({withPrimary, together}: Violations): PlacementQuality {
  if (withPrimary > 0) return 'replica-with-primary'
  return together > 0 ? 'replicas-together' : 'perfect'
}

/**
 * The same replicas over the same primaries, each primary with as many as before, with the fewest replicas on their primary's
 * host, and then the fewest side by side. Pairs that need not change are kept; so is everything when nothing can be gained.
 */
export function improvePlacement(hosts: readonly string[], pairs: readonly Pair[]): Pair[] {
  const flow = new PlacementFlow(hosts, pairs)
  for (let cycle = flow.profitableCycle(); cycle !== undefined; cycle = flow.profitableCycle()) flow.turn(cycle)
  return flow.pairs
}

/** A replica of one host changes from one primary to another; a cycle of such moves leaves all counts as they were. */
interface Move {
  readonly host: number
  readonly from: number
  readonly to: number
}

interface Edge {
  readonly from: number
  readonly to: number
  readonly cost: number
}

/**
 * Replicas flow from hosts to primaries. A replica on its primary's host costs more than all that could ever stand side by
 * side, so the second aim never spoils the first. Costs grow with each further replica of a host (they are convex), hence a
 * flow without a cycle of negative cost in its residual graph is a best one (Klein's cycle cancelling).
 */
class PlacementFlow {
  pairs: Pair[]
  readonly #hosts: readonly string[]
  readonly #hostNames: readonly string[]
  readonly #primaries: readonly number[]
  /** By node: the index of its host in `#hostNames`. */
  readonly #hostOf: readonly number[]
  readonly #withPrimaryCost: number

  constructor(hosts: readonly string[], pairs: readonly Pair[]) {
    this.pairs = [...pairs]
    this.#hosts = hosts
    this.#hostNames = [...new Set(hosts)]
    this.#primaries = [...new Set(pairs.map(({primary}) => primary))]
    this.#hostOf = hosts.map((host) => this.#hostNames.indexOf(host))
    this.#withPrimaryCost = pairs.length + 1
  }

  /** A cycle of moves that lowers the cost (Bellman and Ford), or `undefined` when there is none. */
  profitableCycle(): Move[] | undefined {
    if (qualityOf(violationsOf(this.#hosts, this.pairs)) === 'perfect') return undefined
    const edges = this.#edges()
    const size = this.#hostNames.length + this.#primaries.length
    const distance = new Array<number>(size).fill(0)
    const cameFrom = new Array<number>(size).fill(-1)
    let last = -1
    for (let round = 0; round < size; round++) {
      last = -1
      for (const {from, to, cost} of edges) {
        if (distance[from]! + cost >= distance[to]!) continue
        distance[to] = distance[from]! + cost
        cameFrom[to] = from
        last = to
      }
      if (last < 0) return undefined
    }
    return this.#movesAlong(cycleBehind(last, cameFrom))
  }

  turn(moves: readonly Move[]): void {
    // All movers are chosen before any moves: a replica that has just arrived must not be sent on.
    const movers = moves.map(({host, from}) => {
      const mover = this.pairs.findLastIndex(({replica, primary}) => this.#hostOf[replica] === host && primary === from)
      assert(mover >= 0, 'the residual graph has an edge only where there is a replica to move')
      return mover
    })
    for (const [index, {to}] of moves.entries()) {
      const mover = movers[index]!
      this.pairs[mover] = {replica: this.pairs[mover]!.replica, primary: to}
    }
  }

  /** Nodes of the residual graph: the hosts, then the primaries. */
  #edges(): Edge[] {
    const counts = this.#countsByPrimary()
    const edges: Edge[] = []
    for (const [index, primary] of this.#primaries.entries()) {
      const vertex = this.#hostNames.length + index
      for (const [host, count] of counts[index]!.entries()) {
        const costOf = (replicas: number): number => this.#cost(primary, host, replicas)
        edges.push({from: host, to: vertex, cost: costOf(count + 1) - costOf(count)})
        if (count > 0) edges.push({from: vertex, to: host, cost: costOf(count - 1) - costOf(count)})
      }
    }
    return edges
  }

  #cost(primary: number, host: number, replicas: number): number {
    return this.#hostOf[primary] === host ? replicas * this.#withPrimaryCost : Math.max(0, replicas - 1)
  }

  #countsByPrimary(): number[][] {
    const counts = this.#primaries.map(() => new Array<number>(this.#hostNames.length).fill(0))
    const indexOf = new Map(this.#primaries.map((primary, index) => [primary, index]))
    for (const {replica, primary} of this.pairs) counts[indexOf.get(primary)!]![this.#hostOf[replica]!]!++
    return counts
  }

  /** Every second vertex is a host; the primary before it gives a replica of that host to the primary after it. */
  #movesAlong(cycle: readonly number[]): Move[] {
    const primaryAt = (position: number): number => {
      const vertex = cycle[(position + cycle.length) % cycle.length]!
      return this.#primaries[vertex - this.#hostNames.length]!
    }
    return cycle.flatMap((vertex, position) =>
      vertex < this.#hostNames.length
        ? [{host: vertex, from: primaryAt(position - 1), to: primaryAt(position + 1)}]
        : [],
    )
  }
}

/** The cycle of predecessors that `vertex` was reached through, in the direction of its edges. */
function cycleBehind(vertex: number, cameFrom: readonly number[]): number[] {
  let onCycle = vertex
  for (let step = 0; step < cameFrom.length; step++) onCycle = cameFrom[onCycle]!
  const cycle: number[] = []
  let at = onCycle
  do {
    cycle.push(at)
    at = cameFrom[at]!
  } while (at !== onCycle)
  return cycle.reverse()
}
