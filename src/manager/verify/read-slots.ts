/** All keys of slots of one cluster node, or of a server without slots, as records: in bounded memory, whatever is there. */
import type {Address} from '../../model/address.js'
import {slotOf, type SlotId} from '../../model/slot.js'
import {SlotSet} from '../../model/slot-set.js'
import {groupBy} from '../check/naming.js'
import {fullSlots, slotsTogether, type SlotKeys} from '../execute/migration/slot-keys.js'
import {scanKeys} from '../execute/import/scan.js'
import type {NodePool} from '../ports.js'
import {countKeysInSlots} from '../slot-counts.js'
import {openKeyReader, type KeyReader} from './key-reader.js'
import type {TakeKey} from './key-record.js'
import {readKeys, type KeyGroup} from './read-keys.js'

export interface NodeToRead {
  readonly pool: NodePool
  readonly address: Address
  readonly databases: readonly number[]
  readonly slots: SlotSet
  /** Slots that the node is importing: it answers for them only after ASKING. */
  readonly importing?: SlotSet
}

/** Of a slot with more, the names would come in one reply that stops the node: they are found with SCAN. */
const LISTED_AT_MOST = 50_000
const SLOTS_AT_ONCE = 512
/** Groups that are read side by side: while the node looks for one, we digest the other. */
const GROUPS_AT_ONCE = 3

/** @throws ManagerError when the node does not answer, or the user may not ask */
export async function readSlots(node: NodeToRead, take: TakeKey): Promise<void> {
  const {pool, address, databases} = node
  for (const database of databases) {
    const reader = await openKeyReader(pool, address, database, {hasSlots: true})
    await readGroups(reader, groupsOf(reader, node), take)
  }
}

/** The keys of a server in standalone mode, by SCAN; a key that SCAN tells twice is taken twice. */
export async function readStandalone(node: Omit<NodeToRead, 'importing'>, take: TakeKey): Promise<void> {
  const {pool, address, databases, slots} = node
  for (const database of databases) {
    const reader = await openKeyReader(pool, address, database, {hasSlots: false})
    await readGroups(reader, scanned(reader, slots), take)
  }
}

async function readGroups(reader: KeyReader, groups: AsyncGenerator<KeyGroup>, take: TakeKey): Promise<void> {
  const worker = async (): Promise<void> => {
    for (let next = await groups.next(); next.done !== true; next = await groups.next()) {
      for (const record of await readKeys(reader, next.value)) take(record)
    }
  }
  await Promise.all(Array.from({length: GROUPS_AT_ONCE}, worker))
}

async function* groupsOf(reader: KeyReader, {slots, importing}: NodeToRead): AsyncGenerator<KeyGroup> {
  const list = [...slots]
  const crowded: SlotId[] = []
  for (let from = 0; from < list.length; from += SLOTS_AT_ONCE) {
    const some = list.slice(from, from + SLOTS_AT_ONCE)
    const full = fullSlots(some, await countKeysInSlots(reader.lines, some))
    crowded.push(...full.filter(({keys}) => keys > LISTED_AT_MOST).map(({slot}) => slot))
    const listed = full.filter(({keys}) => keys <= LISTED_AT_MOST)
    for await (const together of slotsTogether(reader.client, listed, LISTED_AT_MOST)) {
      yield* halves(together, importing)
    }
  }
  if (crowded.length > 0) yield* scanned(reader, SlotSet.of(crowded), importing)
}

/** Slots that the node imports apart from those that it owns: they are asked about in another way. */
function* halves(together: readonly SlotKeys[], importing: SlotSet | undefined): Generator<KeyGroup> {
  for (const asking of [false, true]) {
    const slots = together.filter(({slot}) => (importing?.has(slot) ?? false) === asking)
    if (slots.length > 0) yield {slots, asking}
  }
}

async function* scanned(reader: KeyReader, slots: SlotSet, importing?: SlotSet): AsyncGenerator<KeyGroup> {
  for await (const page of scanKeys(reader.client)) {
    const bySlot = groupBy(page, slotOf)
    const wanted = [...bySlot].filter(([slot]) => slots.has(slot)).map(([slot, keys]) => ({slot, keys}))
    yield* halves(wanted, importing)
  }
}
