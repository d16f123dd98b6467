/**
 * Slots on their way out of one node into another: opened by SETSLOT IMPORTING and MIGRATING, handed over by SETSLOT NODE (cluster
 * specification, "Live reconfiguration"). The end of one window and the beginning of the next go in one write to each node: a write is
 * a round trip, and a sync of the node's config file.
 */
import {formatAddress} from '../../../model/address.js'
import type {SlotId} from '../../../model/slot.js'
import {SlotSet} from '../../../model/slot-set.js'
import {ManagerError} from '../../error.js'
import type {Argument} from '../../ports.js'
import {NOT_A_PRIMARY} from '../steps/node-commands.js'
import type {Lane} from './lane.js'
import {setSlots} from './set-slots.js'

/** Below the least node timeout that anybody may set: in less time nobody is found dead and replaced. */
const SOONEST_FAILOVER_MS = 100

export class Handover {
  readonly #lane: Lane
  /** Keys moved per slot, of the slots that wait to be handed over. */
  #moved: ReadonlyMap<SlotId, number> = new Map()
  #open = SlotSet.EMPTY
  #openedMs = 0
  #announced: Promise<void> = Promise.resolve()

  constructor(lane: Lane) {
    this.#lane = lane
  }

  /** What a failure leaves open. */
  get open(): SlotSet {
    return this.#open
  }

  /** All others have been told of what was handed over, or could not be. */
  get announced(): Promise<void> {
    return this.#announced
  }

  /** @param moved keys moved per slot @param failed the slots that keep keys, and stay open */
  add(moved: ReadonlyMap<SlotId, number>, failed: ReadonlyMap<SlotId, ManagerError>): void {
    this.#moved = new Map([...moved].filter(([slot]) => !failed.has(slot)))
  }

  /**
   * Hands over what waits, and opens `next`. The target first in both: were the source to redirect before it expects them, clients
   * would be sent in circles; were the target to crash before it hears that a slot is its own, every other node would redirect to it, and
   * it would redirect back.
   */
  async andOpen(next: readonly SlotId[]): Promise<void> {
    const {context, source, target} = this.#lane
    const slots = [...this.#moved.keys()]
    if (slots.length + next.length === 0) return
    if (slots.length > 0) await this.#sourceIsPrimary()
    this.#open = this.#open.union(SlotSet.of(next))
    this.#openedMs = context.clock.nowMs()
    const unclaimed = next.filter((slot) => !target.line.slots.has(slot))
    const owner = slots.map((slot) => setSlot(slot, 'NODE', target.id))
    const importing = unclaimed.map((slot) => setSlot(slot, 'IMPORTING', source.id))
    const migrating = next.map((slot) => setSlot(slot, 'MIGRATING', target.id))
    await setSlots(context, {id: target.id, witness: target}, [...owner, ...importing])
    // A source that gave away its last slot may already follow the target; that refusal is no failure. With more to give it has to
    // be a primary: keys must not leave a slot that is not open.
    const tolerated = next.length === 0 ? NOT_A_PRIMARY : undefined
    await setSlots(context, {id: source.id, witness: source}, [...owner, ...migrating], tolerated)
    await this.#handedOver(slots)
  }

  /**
   * A replica that was promoted in the place of the source knows nothing of the open slots: it takes them for whole, and clients have
   * been writing to it. Were the target to claim them now, what they wrote there would be gone.
   * @throws ManagerError `stale-plan`; the slots stay open, and whoever goes on finds both versions
   */
  async #sourceIsPrimary(): Promise<void> {
    const {context, source} = this.#lane
    if (context.clock.nowMs() - this.#openedMs < SOONEST_FAILOVER_MS) return
    const node = await context.connect(source.id)
    if (!/^role:slave/m.test(String(await node.call(['INFO', 'replication'])))) return
    throw new ManagerError('stale-plan', 'is no primary any more: another node took its place while keys were moving', {
      node: formatAddress(source.address),
      hint: 'what clients wrote to that one is kept; keys that are on both sides by now are compared',
    })
  }

  async #handedOver(slots: readonly SlotId[]): Promise<void> {
    const {context, source, target} = this.#lane
    for (const [slot, keys] of this.#moved) {
      context.emit({kind: 'slot-moved', step: context.id, slot, source: source.id, target: target.id, keys})
    }
    this.#moved = new Map()
    this.#open = this.#open.minus(SlotSet.of(slots))
    await this.#announced
    this.#announced = this.#announce(slots)
  }

  /** Tells the other primaries; a replica hears it from its primary. One that does not listen hears it by gossip. */
  async #announce(slots: readonly SlotId[]): Promise<void> {
    const {context, source, target} = this.#lane
    const others = context.primaries.filter((id) => id !== source.id && id !== target.id)
    const commands = slots.map((slot) => setSlot(slot, 'NODE', target.id))
    await Promise.all(
      others.map(async (id) => {
        try {
          await setSlots(context, {id, witness: source}, commands, /./)
        } catch {
          const name = formatAddress(context.addressOf(id))
          context.emit({kind: 'noted', step: context.id, message: `${name} could not be told; it will hear by gossip`})
        }
      }),
    )
  }
}

function setSlot(slot: SlotId, state: 'NODE' | 'IMPORTING' | 'MIGRATING', node: string): readonly Argument[] {
  return ['CLUSTER', 'SETSLOT', slot, state, node]
}
