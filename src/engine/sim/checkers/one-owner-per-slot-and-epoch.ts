/**
 * A slot may have two owners for a while, as long as their config epochs tell everybody which of them is right. Two primaries that
 * claim one slot with one epoch would both be believed for ever.
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
    for (const slot of slotsIn(myself.slots)) {
      const owner = claims[slot]!
      if (owner !== 0 && owner !== number) this.#complain(node, slot, owner)
      claims[slot] = number
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
