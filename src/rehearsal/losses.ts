/**
 * What asynchronous replication loses when a replica takes its primary's place: computed from what the two hold at that very moment, and
 * from what the deposed one still accepts until it hears of it.
 *
 * A replica that is promoted claims the slots that its primary had as far as the replica knows. As long as the deposed primary, or a third
 * node to which one of the slots was on its way, has not heard of it, they may claim a slot with an epoch of their own: then two claim it,
 * and their epochs (or ids) decide. Whoever gives way deletes its keys of the slot, as Redis has it. That is lost with the failover, too.
 */
import type {Checker} from '../engine/sim/checkers/checker.js'
import type {SimNode} from '../engine/sim/sim-node.js'
import {keySlot} from '../engine/keyspace/key-slot.js'
import type {Contents, Ledger} from './ledger.js'
import {contentsOf, heldSlots, isReplica, knowsAsPrimary, ownedSlots, primaryIdOf} from './node-facts.js'

/** How a node looked at the end of its last turn. */
interface Seen {
  id: string | undefined
  isReplica: boolean
  primaryId: string | undefined
  /** Of its account of who owns what. */
  ownersVersion: number
  /** What it held as a primary when it went down. */
  lastHeld: Contents | undefined
}

/** A node that claims slots which another one claims by right of a promotion: it loses what it holds in those that it gives up. */
interface Contest {
  readonly loser: SimNode
  readonly winner: SimNode
  /** Those that it has not given up yet. */
  slots: ReadonlySet<number>
  /** What the winner began with, where it counts from then on. */
  readonly winnerHeld: Contents | undefined
  /** What the loser held after its last turn. */
  held: Contents
}

/** It runs, is a primary, and does not know that another one was promoted. */
function isUnaware(node: SimNode, heir: SimNode): boolean {
  return node.isRunning && !isReplica(node) && !knowsAsPrimary(node, heir)
}

const NOTHING: Contents = new Map()

/** Looks at the end of each turn: a promotion is seen in the moment in which it happens. */
export class LossWatch implements Checker {
  readonly #ledger: Ledger
  readonly #seen = new Map<SimNode, Seen>()
  /** With the primary whose place each of them took. */
  readonly #heirs = new Map<SimNode, SimNode>()
  #contests: Contest[] = []
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
    const ownersVersion = node.core.server.cluster?.state.ownersVersion ?? 0
    const seen = this.#seen.get(node)
    if (seen === undefined) {
      this.#seen.set(node, {
        ...{id: node.id, isReplica: isReplicaNow, ownersVersion},
        ...{primaryId: primaryIdOf(node), lastHeld: undefined},
      })
      return
    }
    seen.id = node.id
    const wasReplica = seen.isReplica
    seen.isReplica = isReplicaNow
    if (wasReplica && !isReplicaNow) this.#promoted(node, seen.primaryId)
    else if (!isReplicaNow && ownersVersion !== seen.ownersVersion) this.#claimed(node)
    seen.ownersVersion = ownersVersion
    for (const contest of this.#contests) if (contest.loser === node) this.#follow(contest)
    if (isReplicaNow) seen.primaryId = primaryIdOf(node)
  }

  /** To be told before a node goes down: what it holds now is what it may take with it. */
  goingDown(node: SimNode): void {
    const seen = this.#seen.get(node)
    if (seen === undefined || seen.isReplica || !node.isRunning) return
    seen.lastHeld = contentsOf(node)
    for (const contest of this.#contests) {
      if (contest.loser === node) this.#lose(contest, seen.lastHeld, contest.slots)
    }
  }

  #promoted(heir: SimNode, primaryId: string | undefined): void {
    const heirHeld = contentsOf(heir)
    const slots = ownedSlots(heir)
    for (const [other, {id, lastHeld}] of this.#seen) {
      if (other === heir) continue
      if (id === primaryId) {
        this.#failovers++
        this.#heirs.set(heir, other)
        const held = other.isRunning ? contentsOf(other) : (lastHeld ?? NOTHING)
        this.#ledger.excuseWhatIsMissing(held, heirHeld)
        // The heir knows nothing of what was on its way to the deposed one.
        const all = new Set([...slots, ...(other.isRunning ? heldSlots(other) : [])])
        this.#contests.push({loser: other, winner: heir, slots: all, winnerHeld: heirHeld, held})
      } else if (other.isRunning) this.#contest(heir, other)
    }
  }

  /** It may have taken a slot from an heir of whose promotion it, or the deposed primary that gave the slot, has not heard. */
  #claimed(node: SimNode): void {
    for (const [heir, deposed] of this.#heirs) {
      if (heir === node || !heir.isRunning || isReplica(heir)) continue
      if (isUnaware(node, heir) || isUnaware(deposed, heir)) this.#contest(heir, node)
    }
  }

  /** Either may lose: their epochs decide, when they hear of each other. */
  #contest(heir: SimNode, other: SimNode): void {
    if (isReplica(other)) return
    const theirs = ownedSlots(other)
    const slots = new Set([...ownedSlots(heir)].filter((slot) => theirs.has(slot)))
    if (slots.size === 0) return
    const isKnown = this.#contests.some(({loser, winner}) => loser === heir && winner === other)
    if (isKnown) return
    this.#contests.push({loser: heir, winner: other, slots, winnerHeld: undefined, held: contentsOf(heir)})
    this.#contests.push({loser: other, winner: heir, slots, winnerHeld: undefined, held: contentsOf(other)})
  }

  /** After each turn of the loser: what it held in slots that it has given up now is gone. */
  #follow(contest: Contest): void {
    const {loser} = contest
    const now = contentsOf(loser)
    const stillHeld = isReplica(loser) ? new Set<number>() : heldSlots(loser)
    const lost = new Set([...contest.slots].filter((slot) => !stillHeld.has(slot)))
    if (lost.size > 0) {
      this.#lose(contest, contest.held, lost)
      this.#lose(contest, now, lost)
      contest.slots = new Set([...contest.slots].filter((slot) => !lost.has(slot)))
      if (contest.slots.size === 0) this.#contests = this.#contests.filter((each) => each !== contest)
    }
    contest.held = now
  }

  #lose({winner, winnerHeld}: Contest, held: Contents, slots: ReadonlySet<number>): void {
    const gone = new Map([...held].filter(([key]) => slots.has(keySlot(key))))
    this.#ledger.excuseWhatIsMissing(gone, winnerHeld ?? (winner.isRunning ? contentsOf(winner) : NOTHING))
  }
}
