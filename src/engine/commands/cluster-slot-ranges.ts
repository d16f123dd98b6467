/** Slot ranges as MIGRATESLOTS and SYNCSLOTS take them, and whether a migration may begin at all. */
import {type ClusterBus} from '../cluster/cluster-bus.js'
import {ownerOf, type ClusterNode} from '../cluster/state.js'
import {type SlotRange} from '../../model/slot-set.js'
import {isSlot} from '../../model/slot.js'
import {parseInteger} from '../resp/numbers.js'
import {type Call} from '../server/call.js'
import {formatRanges, overlap} from '../slot-migration/slot-ranges.js'

/** Ranges of slots, and where the words go on behind them. */
export interface ParsedRanges {
  readonly ranges: readonly SlotRange[]
  readonly next: number
}

/** The same, all of one owner. */
export interface OwnedRanges extends ParsedRanges {
  readonly owner: ClusterNode
}

/** Why no migration may begin here; undefined when one may. */
export function startRefusal({state, isPrimary}: ClusterBus): string | undefined {
  if (!isPrimary) return 'ERR Slot migration can only be used on primary nodes.'
  if (state.importingFrom.size > 0) return 'ERR Slots are being manually imported'
  if (state.migratingTo.size > 0) return 'ERR Slots are being manually migrated'
  return undefined
}

/** Ranges of one owner as this node sees it. */
export function ownedRangesOrReply(call: Call, bus: ClusterBus, first: number): OwnedRanges | undefined {
  let owner: ClusterNode | undefined
  const parsed = slotRangesOrReply(call, first, (range) => {
    const owned = ownerOfRange(bus, range, owner)
    if (typeof owned === 'string') return owned
    owner = owned
    return undefined
  })
  return parsed === undefined ? undefined : {...parsed, owner: owner!}
}

/**
 * Reads pairs of slots up to the first word that is no number. Source: Valkey's parseSlotRangesOrReply.
 * @param refusalOf what is wrong with a range; default: nothing
 */
export function slotRangesOrReply(
  {argv, reply}: Call,
  first: number,
  refusalOf: (range: SlotRange) => string | undefined = () => undefined,
): ParsedRanges | undefined {
  const ranges: SlotRange[] = []
  let at = first
  for (; at < argv.length && parseInteger(argv[at]!) !== undefined; at += 2) {
    const range = rangeAt(argv, at)
    if (typeof range === 'string') return void reply.error(range)
    const refusal = refusalOf(range)
    if (refusal !== undefined) return void reply.error(refusal)
    const other = ranges.find((each) => overlap(each, range))
    if (other !== undefined) {
      return void reply.error(
        `ERR Slot range ${formatRanges([range])} overlaps with previous range ${formatRanges([other])}.`,
      )
    }
    ranges.push(range)
  }
  if (ranges.length === 0) return void reply.error('ERR No slot ranges specified')
  return {ranges, next: at}
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
