/**
 * Compares two sides in two rounds, so that it takes as much memory as their differences and not as their data: first a digest of
 * each slot, then, for the slots whose digests differ, key by key.
 */
import {formatDigest} from '../../model/digest.js'
import type {SlotId} from '../../model/slot.js'
import {SlotSet} from '../../model/slot-set.js'
import {compareTables, type Comparison} from './compare.js'
import {isCanary} from './canary/canary-keys.js'
import type {KeyRecord, TakeKey} from './key-record.js'
import {KeyTable, type Row} from './key-table.js'
import type {Side} from './side.js'
import {SlotSums} from './slot-sums.js'

export interface SideOptions {
  readonly slots: SlotSet
  /** Two times to live that end this near each other are the same. */
  readonly ttlToleranceMs: number
  /** Unix ms. */
  readonly nowMs: () => number
  /** Told before each round. @param slots that are looked into key by key; `null`: all of them, by their digests */
  readonly onRound?: (slots: SlotSet | null) => void
  /** How many differing keys are named. */
  readonly namesAtMost: number
}

export type Difference = 'missing-in-a' | 'missing-in-b' | 'different' | 'ttl'

export interface DifferingKey {
  readonly key: string
  readonly slot: SlotId
  readonly database: number
  readonly difference: Difference
}

export interface DifferingSlot {
  readonly slot: SlotId
  readonly keysA: number
  readonly keysB: number
  readonly digestA: string
  readonly digestB: string
  readonly missingInA: number
  readonly missingInB: number
  readonly different: number
  readonly ttl: number
}

export interface SidesReport {
  readonly keysA: number
  readonly keysB: number
  readonly missingInA: number
  readonly missingInB: number
  readonly different: number
  readonly ttl: number
  /** Went by their own time to live while they were compared. */
  readonly expired: number
  /** In both; a value could not be read. */
  readonly unread: number
  readonly differing: readonly DifferingSlot[]
  readonly keys: readonly DifferingKey[]
}

/** Keys that are held at once in the second round: some 200 MB. */
const KEYS_AT_ONCE = 2_000_000

/** @throws ManagerError when one of the sides cannot be read */
export async function compareSides(a: Side, b: Side, options: SideOptions): Promise<SidesReport> {
  const {slots, ttlToleranceMs, nowMs, onRound} = options
  const startMs = nowMs()
  // Those whose time had come before may still be in a file, or not yet have been swept out.
  const living =
    (take: TakeKey): TakeKey =>
    (record: KeyRecord): void => {
      if ((record.expireAtMs === 0 || record.expireAtMs > startMs) && !isCanary(record.key)) take(record)
    }
  onRound?.(null)
  const [sumsA, sumsB] = [new SlotSums(startMs), new SlotSums(startMs)]
  await Promise.all([
    a.read(
      slots,
      living((record) => sumsA.add(record)),
    ),
    b.read(
      slots,
      living((record) => sumsB.add(record)),
    ),
  ])
  const report = new ReportBuilder(sumsA, sumsB, options)
  for (const part of parts(sumsA.differing(sumsB, ttlToleranceMs), sumsA, sumsB)) {
    onRound?.(part)
    const [tableA, tableB] = [new KeyTable(), new KeyTable()]
    await Promise.all([
      a.read(
        part,
        living((record) => void tableA.add(record)),
      ),
      b.read(
        part,
        living((record) => void tableB.add(record)),
      ),
    ])
    report.add(tableA, tableB, compareTables(tableA, tableB, {ttlMs: ttlToleranceMs, nowMs: nowMs()}))
  }
  return report.finish()
}

/** Slots whose keys can be held together. */
function parts(slots: SlotSet, a: SlotSums, b: SlotSums): SlotSet[] {
  const lists: SlotId[][] = []
  let room = 0
  for (const slot of slots) {
    const keys = a.keysOf(slot) + b.keysOf(slot)
    if (lists.length === 0 || keys > room) {
      lists.push([])
      room = KEYS_AT_ONCE
    }
    lists.at(-1)!.push(slot)
    room -= keys
  }
  return lists.map((list) => SlotSet.of(list))
}

type Counts = {-readonly [Name in 'missingInA' | 'missingInB' | 'different' | 'ttl']: number}

const COUNTED: {readonly [Each in Difference]: keyof Counts} = {
  'missing-in-a': 'missingInA',
  'missing-in-b': 'missingInB',
  different: 'different',
  ttl: 'ttl',
}

class ReportBuilder {
  readonly #a: SlotSums
  readonly #b: SlotSums
  readonly #namesAtMost: number
  readonly #slots = new Map<SlotId, Counts>()
  readonly #keys: DifferingKey[] = []
  readonly #totals: Counts = noCounts()
  #expired = 0
  #unread = 0

  constructor(a: SlotSums, b: SlotSums, {namesAtMost}: SideOptions) {
    this.#a = a
    this.#b = b
    this.#namesAtMost = namesAtMost
  }

  add(a: KeyTable, b: KeyTable, comparison: Comparison): void {
    this.#expired += comparison.expired
    this.#unread += comparison.unread
    this.#take(b, comparison.added, 'missing-in-a')
    this.#take(a, comparison.missing, 'missing-in-b')
    this.#take(a, comparison.different, 'different')
    this.#take(a, comparison.timesDiffer, 'ttl')
  }

  finish(): SidesReport {
    const differing = [...this.#slots].sort(([one], [other]) => one - other).map((each) => this.#slot(...each))
    const {keyCount: keysA} = this.#a
    const {keyCount: keysB} = this.#b
    return {keysA, keysB, ...this.#totals, expired: this.#expired, unread: this.#unread, differing, keys: this.#keys}
  }

  #slot(slot: SlotId, counts: Counts): DifferingSlot {
    return {
      slot,
      keysA: this.#a.keysOf(slot),
      keysB: this.#b.keysOf(slot),
      digestA: formatDigest(this.#a.digestOf(slot)),
      digestB: formatDigest(this.#b.digestOf(slot)),
      ...counts,
    }
  }

  #take(table: KeyTable, rows: readonly Row[], difference: Difference): void {
    for (const row of rows) {
      const slot = table.slot(row)
      const counts = this.#slots.get(slot) ?? noCounts()
      this.#slots.set(slot, counts)
      counts[COUNTED[difference]]++
      this.#totals[COUNTED[difference]]++
      if (this.#keys.length >= this.#namesAtMost) continue
      this.#keys.push({key: nameOf(table, row), slot, database: table.database(row), difference})
    }
  }
}

/** As JSON and people can read it; bytes that are no text show as replacement characters. */
export function nameOf(table: KeyTable, row: Row): string {
  return Buffer.from(table.name(row)).toString()
}

function noCounts(): Counts {
  return {missingInA: 0, missingInB: 0, different: 0, ttl: 0}
}
