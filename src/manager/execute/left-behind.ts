/** Slots that were left at their source because of the big keys in them: what is said, and which command moves them later. */
import {formatAddress, type Address} from '../../model/address.js'
import type {NodeId} from '../../model/node-id.js'
import type {SlotId} from '../../model/slot.js'
import {SlotSet} from '../../model/slot-set.js'
import {counted} from '../check/naming.js'
import {ManagerError} from '../error.js'

export interface LeftSlot {
  readonly slot: SlotId
  readonly source: NodeId
  readonly target: NodeId
}

/** Commands that are written out; of more the first ones. */
const COMMANDS_AT_MOST = 3

/** All of `left`, as text: "5 7-9". */
export function slotsLeft(left: readonly LeftSlot[]): string {
  return SlotSet.of(left.map(({slot}) => slot)).toString()
}

/** @param where the nodes, and one by which the cluster can be entered */
export function leftBehind(
  left: readonly LeftSlot[],
  {entry, addresses}: {readonly entry: string; readonly addresses: ReadonlyMap<NodeId, Address>},
): ManagerError {
  const slots = SlotSet.of(left.map(({slot}) => slot))
  const nameOf = (id: NodeId): string => {
    const address = addresses.get(id)
    return address === undefined ? id : formatAddress(address)
  }
  const targets = [...new Set(left.map(({target}) => target))]
  const commands = targets.slice(0, COMMANDS_AT_MOST).map((target) => {
    const mine = SlotSet.of(left.filter((each) => each.target === target).map(({slot}) => slot))
    // A bare number would be how many slots, not which.
    const list = mine.size === 1 ? `${mine}-${mine}` : mine.toString().replaceAll(' ', ',')
    return `\`tscluster reshard ${entry} --slots ${list} --to ${nameOf(target)} --big-keys last\``
  })
  const more = targets.length > commands.length ? ' …' : ''
  const sources = new Set(left.map(({source}) => source))
  const [only] = sources
  const [stay, their, hold] = slots.size === 1 ? ['stays', 'its', 'it holds'] : ['stay', 'their', 'they hold']
  return new ManagerError(
    'big-key',
    `${counted(slots.size, 'slot')} (${slots}) ${stay} at ${their} source, for ${hold} keys over --big-key`,
    {
      node: sources.size === 1 ? nameOf(only!) : undefined,
      hint: `to move ${slots.size === 1 ? 'it' : 'them'}: ${commands.join(' and ')}${more}`,
    },
  )
}
