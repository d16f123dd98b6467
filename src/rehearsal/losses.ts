/**
 * What asynchronous replication loses when a replica takes its primary's place: computed from what the two hold at that very moment, and
 * from what the deposed one still accepts until it hears of it.
 */
import type {Checker} from '../engine/sim/checkers/checker.js'
import type {SimNode} from '../engine/sim/sim-node.js'
import type {Contents, Ledger} from './ledger.js'
import {contentsOf, isReplica, primaryIdOf} from './node-facts.js'

/** How a node looked at the end of its last turn. */
interface Seen {
  id: string | undefined
  isReplica: boolean
  primaryId: string | undefined
  /** What it held as a primary when it went down. */
  lastHeld: Contents | undefined
}

/** A primary that was replaced, and what its heir began with. */
interface Deposition {
  readonly deposed: SimNode
  readonly heirHeld: Contents
}

const NOTHING: Contents = new Map()

/** Looks at the end of each turn: a promotion is seen in the moment in which it happens. */
export class LossWatch implements Checker {
  readonly #ledger: Ledger
  readonly #seen = new Map<SimNode, Seen>()
  #depositions: Deposition[] = []
  #failovers = 0

  constructor(ledger: Ledger) {
    this.#ledger = ledger
  }

  /** Promotions of replicas that were seen. */
  get failovers(): number {
    return this.#failovers
  }

  turnEnded(node: SimNode): void {
    const isReplicaNow = isReplica(node)
    const seen = this.#seen.get(node)
    if (seen === undefined) {
      this.#seen.set(node, {
        ...{id: node.id, isReplica: isReplicaNow},
        ...{primaryId: primaryIdOf(node), lastHeld: undefined},
      })
      return
    }
    seen.id = node.id
    if (isReplicaNow === seen.isReplica) {
      if (isReplicaNow) seen.primaryId = primaryIdOf(node)
      return
    }
    seen.isReplica = isReplicaNow
    if (isReplicaNow) this.#demoted(node, seen)
    else this.#promoted(node, seen.primaryId)
  }

  /** To be told before a node goes down: what it holds now is what it may take with it. */
  goingDown(node: SimNode): void {
    const seen = this.#seen.get(node)
    if (seen === undefined || seen.isReplica || !node.isRunning) return
    seen.lastHeld = contentsOf(node)
    this.#conclude(node, seen.lastHeld)
  }

  #promoted(heir: SimNode, primaryId: string | undefined): void {
    for (const [deposed, {id, lastHeld}] of this.#seen) {
      if (id !== primaryId || deposed === heir) continue
      this.#failovers++
      const heirHeld = contentsOf(heir)
      const held = deposed.isRunning ? contentsOf(deposed) : lastHeld
      this.#ledger.excuseWhatIsMissing(held ?? NOTHING, heirHeld)
      this.#depositions.push({deposed, heirHeld})
    }
  }

  #demoted(node: SimNode, seen: Seen): void {
    seen.primaryId = primaryIdOf(node)
    this.#conclude(node, contentsOf(node))
    this.#depositions = this.#depositions.filter(({deposed}) => deposed !== node)
  }

  /** What a deposed primary has accepted since goes with it. */
  #conclude(node: SimNode, held: Contents): void {
    for (const {deposed, heirHeld} of this.#depositions) {
      if (deposed === node) this.#ledger.excuseWhatIsMissing(held, heirHeld)
    }
  }
}
