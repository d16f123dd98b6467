/**
 * A slot may have two owners for a while, as long as their config epochs tell everybody which of them is right. Two primaries that
 * were both voted into one epoch would break what votes are there for.
 *
 * Redis lets a node take an epoch without a vote (the end of an import, TAKEOVER, BUMPEPOCH). Such an epoch may be anybody else's at
 * that moment, and stays so until the two hear of each other: then the one with the smaller id takes a new one. So a claim without
 * votes may collide; that no collision lasts is for `unrest` to see, when everybody can reach everybody.
 */
import {isPrimary, type ClusterState} from '../../cluster/state.js'
import {slotsIn} from '../../cluster/slot-table.js'
import {SLOT_COUNT} from '../../../model/slot.js'
import {type SimNode} from '../sim-node.js'
import {type Checker, Violation} from './checker.js'

const RULE = 'one owner per slot and epoch'

/** The epoch in which nobody has agreed to anything: slots are given out before the cluster is one. */
const FIRST_EPOCH = 0

export class OneOwnerPerSlotAndEpoch implements Checker {
  /** By epoch, and by slot: the number of who has claimed it; 0 for nobody. */
  readonly #claims = new Map<number, Uint16Array>()
  readonly #numbers = new Map<string, number>()
  /** By epoch: the numbers of those who were voted into it. */
  readonly #elected = new Map<number, Set<number>>()
  /** What was looked at of each node: nothing has changed since. */
  readonly #seen = new Map<
    SimNode,
    {readonly state: ClusterState; version: number; epoch: number; isPrimary: boolean}
  >()

  turnEnded(node: SimNode): void {
    const state = node.core.server.cluster?.state
    if (state === undefined || !this.#hasChanged(node, state)) return
    const {myself} = state
    if (!isPrimary(myself) || myself.configEpoch === FIRST_EPOCH || myself.slotCount === 0) return
    const claims = this.#claimsOf(myself.configEpoch)
    const number = this.#numberOf(myself.id)
    if (state.election.epoch === myself.configEpoch) this.#electedIn(myself.configEpoch).add(number)
    const elected = this.#electedIn(myself.configEpoch)
    for (const slot of slotsIn(myself.slots)) {
      const owner = claims[slot]!
      if (owner !== 0 && owner !== number && elected.has(owner) && elected.has(number)) {
        this.#complain(node, slot, owner)
      }
      if (!elected.has(owner)) claims[slot] = number
    }
  }

  #hasChanged(node: SimNode, state: ClusterState): boolean {
    const {ownersVersion, myself} = state
    const seen = this.#seen.get(node)
    const now = {state, version: ownersVersion, epoch: myself.configEpoch, isPrimary: isPrimary(myself)}
    if (seen?.state !== state) {
      this.#seen.set(node, now)
      return true
    }
    const isSame = seen.version === now.version && seen.epoch === now.epoch && seen.isPrimary === now.isPrimary
    if (!isSame) Object.assign(seen, now)
    return !isSame
  }

  #claimsOf(epoch: number): Uint16Array {
    let claims = this.#claims.get(epoch)
    if (claims === undefined) this.#claims.set(epoch, (claims = new Uint16Array(SLOT_COUNT)))
    return claims
  }

  #electedIn(epoch: number): Set<number> {
    let elected = this.#elected.get(epoch)
    if (elected === undefined) this.#elected.set(epoch, (elected = new Set()))
    return elected
  }

  #numberOf(id: string): number {
    let number = this.#numbers.get(id)
    if (number === undefined) this.#numbers.set(id, (number = this.#numbers.size + 1))
    return number
  }

  #complain(node: SimNode, slot: number, owner: number): never {
    const [before] = [...this.#numbers].find(([, number]) => number === owner)!
    const {configEpoch, id} = node.core.server.cluster!.state.myself
    throw new Violation(RULE, `slot ${slot} in epoch ${configEpoch} is claimed by ${id}, after ${before}`)
  }
}
