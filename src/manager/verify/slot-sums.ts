/** What is known of each slot without keeping its keys: how many they are, and one digest of all of them, in any order. */
import {DigestSum, formatDigest, sameDigest, type Digest} from '../../model/digest.js'
import {SLOT_COUNT, type SlotId} from '../../model/slot.js'
import {SlotSet} from '../../model/slot-set.js'
import {digestOfKey, digestOfRecord, type KeyRecord} from './key-record.js'

export interface SlotSum {
  readonly slot: SlotId
  readonly keys: number
  readonly digest: string
}

/** Keys weigh 1 to WEIGHTS in the sum of times, so that two times that are wrong by the same rarely make up for each other. */
const WEIGHTS = 61

/** Bounded: some 100 bytes a slot, however many keys there are. */
export class SlotSums {
  readonly #sums = new Map<SlotId, DigestSum>()
  readonly #keys = new Float64Array(SLOT_COUNT)
  /** Of times to live: in ms since `#epochMs`, so that the sums of small numbers stay exact. */
  readonly #times = new Float64Array(SLOT_COUNT)
  readonly #epochMs: number

  /** @param epochMs Unix ms, near the times that are summed up; the same for sums that are compared */
  constructor(epochMs: number) {
    this.#epochMs = epochMs
  }

  add(record: KeyRecord): void {
    const {slot, expireAtMs} = record
    const key = digestOfKey(record)
    let sum = this.#sums.get(slot)
    if (sum === undefined) this.#sums.set(slot, (sum = new DigestSum()))
    sum.add(digestOfRecord(record, key))
    this.#keys[slot]!++
    if (expireAtMs !== 0) this.#times[slot]! += ((key.d % WEIGHTS) + 1) * (expireAtMs - this.#epochMs)
  }

  get keyCount(): number {
    return this.#keys.reduce((sum, each) => sum + each, 0)
  }

  keysOf(slot: SlotId): number {
    return this.#keys[slot]!
  }

  digestOf(slot: SlotId): Digest {
    return this.#sums.get(slot)?.value() ?? NOTHING
  }

  /** Slots that have keys, lowest first. */
  slots(): SlotSum[] {
    const full = [...this.#sums.keys()].sort((a, b) => a - b)
    return full.map((slot) => ({slot, keys: this.keysOf(slot), digest: formatDigest(this.digestOf(slot))}))
  }

  /** Slots to look into key by key: another number of keys, another digest, or times that differ by more than the tolerance. */
  differing(other: SlotSums, toleranceMs: number): SlotSet {
    const differ = (slot: SlotId): boolean =>
      this.keysOf(slot) !== other.keysOf(slot) ||
      !sameDigest(this.digestOf(slot), other.digestOf(slot)) ||
      Math.abs(this.#times[slot]! - other.#times[slot]!) > toleranceMs
    return SlotSet.of([...new Set([...this.#sums.keys(), ...other.#sums.keys()])].filter(differ))
  }
}

const NOTHING: Digest = {a: 0, b: 0, c: 0, d: 0}
