/** Slot ranges as MIGRATESLOTS and SYNCSLOTS take them, and whether a migration may begin at all. */
import {type ClusterBus} from '../cluster/cluster-bus.js'
import {ownerOf, type ClusterNode} from '../cluster/state.js'
import {type SlotRange} from '../../model/slot-set.js'
import {isSlot} from '../../model/slot.js'
import {parseInteger} from '../resp/numbers.js'
import {type Call} from '../server/call.js'
import {formatRanges, overlap} from '../slot-migration/slot-ranges.js'

/** Ranges of slots of one owner, and where the words go on behind them. */
export interface ParsedRanges {
  readonly ranges: readonly SlotRange[]
  readonly owner: ClusterNode
  readonly next: number
}

/** Why no migration may begin here; undefined when one may. */
export function startRefusal({state, isPrimary}: ClusterBus): string | undefined {
  if (!isPrimary) return 'ERR Slot migration can only be used on primary nodes.'
  if (state.importingFrom.size > 0) return 'ERR Slots are being manually imported'
  if (state.migratingTo.size > 0) return 'ERR Slots are being manually migrated'
  return undefined
}

/** Reads pairs of slots up to the first word that is no number. Source: Valkey's parseSlotRangesOrReply. */
export function slotRangesOrReply({argv, reply}: Call, bus: ClusterBus, first: number): ParsedRanges | undefined {
  const ranges: SlotRange[] = []
  let owner: ClusterNode | undefined
  let at = first
  for (; at < argv.length && parseInteger(argv[at]!) !== undefined; at += 2) {
    const range = rangeAt(argv, at)
    if (typeof range === 'string') return void reply.error(range)
    const owned = ownerOfRange(bus, range, owner)
    if (typeof owned === 'string') return void reply.error(owned)
    const other = ranges.find((each) => overlap(each, range))
    if (other !== undefined) {
      return void reply.error(
        `ERR Slot range ${formatRanges([range])} overlaps with previous range ${formatRanges([other])}.`,
      )
    }
    owner = owned
    ranges.push(range)
  }
  if (owner === undefined) return void reply.error('ERR No slot ranges specified')
  return {ranges, owner, next: at}
}

function rangeAt(argv: readonly string[], at: number): SlotRange | string {
  const first = Number(parseInteger(argv[at]!))
  if (!isSlot(first)) return 'ERR Invalid or out of range slot'
  if (at + 1 >= argv.length) return 'ERR No end slot for final slot range'
  const last = Number(parseInteger(argv[at + 1]!) ?? -1)
  if (!isSlot(last)) return 'ERR Invalid or out of range slot'
  return first <= last ? [first, last] : `ERR Start slot number ${first} is greater than end slot number ${last}.`
}

function ownerOfRange(
  {state}: ClusterBus,
  [first, last]: SlotRange,
  owner: ClusterNode | undefined,
): ClusterNode | string {
  let common = owner
  for (let slot = first; slot <= last; slot++) {
    const node = ownerOf(state, slot)
    if (node === null) return `ERR Slot ${slot} has no node served.`
    common ??= node
    if (common !== node) return 'ERR Requested slots span multiple shards'
  }
  return common!
}
