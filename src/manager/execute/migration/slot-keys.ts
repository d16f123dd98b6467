/** The keys of slots, read ahead: the next are asked for while those before are on their way. */
import type {SlotId} from '../../../model/slot.js'
import type {NodeClient, Reply} from '../../ports.js'
import {listReply} from '../../reply.js'

/** Keys asked for in one write. More would block the node for longer than a batch of MIGRATE does. */
const KEYS_AHEAD = 1_000

export interface CountedSlot {
  readonly slot: SlotId
  readonly keys: number
}

export interface SlotKeys {
  readonly slot: SlotId
  readonly keys: readonly Uint8Array[]
}

/**
 * The keys of each of `slots`; of a slot with very many only the first. The slots must be on their way out: then no new key
 * can appear in one, and what is read stays to be moved.
 * @param slots with their keys as counted before, to size the requests; wrong numbers cost only speed
 * @param atMost keys of one slot
 */
export async function* keysOfSlots(
  node: NodeClient,
  slots: readonly CountedSlot[],
  atMost = KEYS_AHEAD,
): AsyncGenerator<SlotKeys> {
  const groups = groupByKeys(slots)
  let ahead = groups.length > 0 ? fetchKeys(node, groups[0]!, atMost) : undefined
  for (let index = 0; index < groups.length; index++) {
    const found = await ahead!
    const next = groups[index + 1]
    ahead = next === undefined ? undefined : fetchKeys(node, next, atMost)
    // An error surfaces where it is awaited; until then it must not count as unhandled.
    ahead?.catch(() => undefined)
    yield* found
  }
}

/** The same, some hundreds of keys together: to ask something about each in few writes. */
export async function* slotsTogether(
  node: NodeClient,
  slots: readonly CountedSlot[],
  atMost: number,
): AsyncGenerator<readonly SlotKeys[]> {
  let together: SlotKeys[] = []
  let keys = 0
  for await (const each of keysOfSlots(node, slots, atMost)) {
    together.push(each)
    keys += each.keys.length
    if (keys < KEYS_AHEAD) continue
    yield together
    together = []
    keys = 0
  }
  if (keys > 0) yield together
}

/** Those of `slots` that have keys, each with their number. */
export function fullSlots(slots: readonly SlotId[], counts: readonly number[]): CountedSlot[] {
  return slots.flatMap((slot, index) => (counts[index]! > 0 ? [{slot, keys: counts[index]!}] : []))
}

async function fetchKeys(node: NodeClient, slots: readonly SlotId[], atMost: number): Promise<SlotKeys[]> {
  const replies = await node.pipeline(
    slots.map((slot) => ['CLUSTER', 'GETKEYSINSLOT', slot, atMost]),
    {bytes: true},
  )
  return slots.map((slot, index) => ({slot, keys: keysIn(replies[index]!, node)}))
}

function keysIn(reply: Reply | Error, node: NodeClient): Uint8Array[] {
  return listReply(reply, node).map((key) => (Buffer.isBuffer(key) ? key : Buffer.from(String(key))))
}

/** Neighbours whose keys together fit into one request. */
function groupByKeys(slots: readonly CountedSlot[]): SlotId[][] {
  const groups: SlotId[][] = []
  let room = 0
  for (const {slot, keys} of slots) {
    if (groups.length === 0 || keys > room) {
      groups.push([])
      room = KEYS_AHEAD
    }
    groups.at(-1)!.push(slot)
    room -= keys
  }
  return groups
}
