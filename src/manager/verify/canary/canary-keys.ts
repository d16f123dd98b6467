/** Keys of the canary writers: in a namespace of their own, in the slots that move. */
import {slotOf, type SlotId} from '../../../model/slot.js'
import type {SlotSet} from '../../../model/slot-set.js'

/** No key of an application: comparisons pass over it. */
export const CANARY_PREFIX = 'tscluster:canary:'

/** After this they go by themselves, if nobody is left to remove them. */
export const CANARY_LIFE_MS = 60 * 60 * 1000

export type CanaryKind = 'string' | 'counter' | 'list' | 'set' | 'hash' | 'zset' | 'stream'

export const CANARY_KINDS: readonly CanaryKind[] = ['string', 'counter', 'list', 'set', 'hash', 'zset', 'stream']

export interface CanaryKey {
  readonly kind: CanaryKind
  readonly slot: SlotId
  /** `tscluster:canary:ID:{TAG}:list` */
  readonly key: string
}

const PREFIX_BYTES = Buffer.from(CANARY_PREFIX)

export function isCanary(key: Uint8Array): boolean {
  return key.length > PREFIX_BYTES.length && PREFIX_BYTES.every((byte, index) => key[index] === byte)
}

/** Keys of all kinds in so many of the slots, evenly spread: the lowest and the highest are always among them. */
export function canaryKeys(id: string, slots: SlotSet, howMany: number): CanaryKey[] {
  return tagsFor(spread([...slots], howMany)).flatMap(({slot, tag}) =>
    CANARY_KINDS.map((kind) => ({kind, slot, key: `${CANARY_PREFIX}${id}:{${tag}}:${kind}`})),
  )
}

function spread(slots: readonly SlotId[], howMany: number): SlotId[] {
  if (slots.length <= howMany) return [...slots]
  const step = (slots.length - 1) / Math.max(1, howMany - 1)
  return Array.from({length: howMany}, (_, index) => slots[Math.round(index * step)]!)
}

/** Tags are found by trying: of 16,384 slots each is hit once in as many numbers. */
function tagsFor(slots: readonly SlotId[]): {readonly slot: SlotId; readonly tag: string}[] {
  const wanted = new Set(slots)
  const found: {slot: SlotId; tag: string}[] = []
  for (let number = 0; wanted.size > 0; number++) {
    const tag = number.toString(36)
    const slot = slotOf(Buffer.from(tag))
    if (wanted.delete(slot)) found.push({slot, tag})
  }
  return found
}
