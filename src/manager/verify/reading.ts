/** All that is known of some slots at one moment: their keys, where these are, and what clients had done to the nodes by then. */
import type {Address} from '../../model/address.js'
import type {NodeId} from '../../model/node-id.js'
import type {SlotId} from '../../model/slot.js'
import {SlotSet} from '../../model/slot-set.js'
import {countKeys} from '../observe.js'
import type {NodePool} from '../ports.js'
import type {ClusterView} from '../view/cluster-view.js'
import type {NodeView} from '../view/node-view.js'
import {toTopology} from '../view/topology.js'
import {isCanary} from './canary/canary-keys.js'
import {readWriteCounts, type WriteCounts} from './client-writes.js'
import type {KeyRecord} from './key-record.js'
import {KeyTable} from './key-table.js'
import {databasesOf} from './live-sides.js'
import {readSlots, readStandalone} from './read-slots.js'
import {SlotSums} from './slot-sums.js'

/** Keys of more slots are counted, and not looked at: some 100 bytes of memory each. */
export const KEYS_AT_MOST = 10_000_000

export interface Reading {
  /** Those whose keys were read; of all that were asked for, where these are not too many. */
  readonly slots: SlotSet
  readonly keys: KeyTable
  readonly sums: SlotSums
  readonly owners: ReadonlyMap<SlotId, NodeId>
  readonly addresses: ReadonlyMap<NodeId, Address>
  /** Keys on primaries that do not own their slot, by slot. */
  readonly strays: ReadonlyMap<SlotId, number>
  readonly writes: ReadonlyMap<NodeId, WriteCounts | undefined>
}

export interface ReadingOptions {
  readonly slots: SlotSet
  readonly moment: 'before' | 'after'
  /** Read what stands on nodes that do not own the slot as well: before a repair, and after half a move, keys may be anywhere. */
  readonly everywhere: boolean
  /** Unix ms, the same for readings that are compared. */
  readonly epochMs: number
  /** Keep no other keys than these. */
  readonly only?: KeyTable
}

/** @throws ManagerError when a node that has keys of the slots does not answer */
export async function readNow(pool: NodePool, view: ClusterView, options: ReadingOptions): Promise<Reading> {
  const primaries = view.nodes.filter(({line}) => !line.flags.has('replica'))
  const writes = new Map<NodeId, WriteCounts | undefined>()
  const countWrites = async (): Promise<void> => {
    const all = primaries.map(async ({id, address}) => {
      writes.set(id, await readWriteCounts(await pool.connect(address)))
    })
    await Promise.all(all)
  }
  // Before an operation the count of writes comes first, after it last: what clients do while keys are read counts, too.
  if (options.moment === 'before') await countWrites()
  const counts = await countKeys(pool, {...view, nodes: primaries}, options.slots)
  const owners = ownersIn(view)
  const slots = notTooMany(options.slots, counts)
  const taken = new Taken(options)
  const {everywhere} = options
  await Promise.all(primaries.map((node) => readNode(pool, node, {slots, counts, owners, everywhere}, taken)))
  if (options.moment === 'after') await countWrites()
  return {
    ...taken.found(),
    slots,
    owners,
    addresses: new Map(primaries.map(({id, address}) => [id, address])),
    strays: straysIn(counts, owners),
    writes,
  }
}

/** Where an import reads from, beside the nodes of the cluster. */
export const SOURCE_ID = 'source'

/**
 * The keys of a standalone server, as they will be in the cluster: in its database 0.
 * @param before the cluster's own reading, for what clients do there
 */
export async function readSource(
  pool: NodePool,
  address: Address,
  database: number,
  before: Reading,
  epochMs: number,
): Promise<Reading> {
  const writes = await readWriteCounts(await pool.connect(address))
  const taken = new Taken({epochMs})
  await readStandalone({pool, address, databases: [database], slots: SlotSet.ALL}, (record) =>
    taken.take({...record, database: 0}),
  )
  const {keys, sums} = taken
  const slots = SlotSet.of(sums.slots().map(({slot}) => slot))
  const owners = new Map([...slots].map((slot) => [slot, SOURCE_ID] as const))
  return {...before, keys, sums, slots, owners, writes: new Map([...before.writes, [SOURCE_ID, writes]])}
}

/** `reading` with what clients have done to the source of an import by now. */
export async function withSourceWrites(pool: NodePool, address: Address, reading: Reading): Promise<Reading> {
  const writes = await readWriteCounts(await pool.connect(address))
  return {...reading, writes: new Map([...reading.writes, [SOURCE_ID, writes]])}
}

type Counts = ReadonlyMap<SlotId, ReadonlyMap<NodeId, number>>

class Taken {
  readonly keys = new KeyTable()
  readonly sums: SlotSums

  readonly #only: KeyTable | undefined

  constructor({epochMs, only}: Pick<ReadingOptions, 'epochMs' | 'only'>) {
    this.sums = new SlotSums(epochMs)
    this.#only = only
  }

  take(record: KeyRecord): void {
    if (isCanary(record.key)) return
    if (this.#only !== undefined && !this.#only.has(record)) return
    this.keys.add(record)
    this.sums.add(record)
  }

  found(): Pick<Reading, 'keys' | 'sums'> {
    return {keys: this.keys, sums: this.sums}
  }
}

async function readNode(
  pool: NodePool,
  node: NodeView,
  what: {
    readonly slots: SlotSet
    readonly counts: Counts
    readonly owners: ReadonlyMap<SlotId, NodeId>
    readonly everywhere: boolean
  },
  taken: Taken,
): Promise<void> {
  const {id, address} = node
  const here = [...what.slots].filter((slot) => {
    const keys = what.counts.get(slot)?.get(id) ?? 0
    return keys > 0 && (what.everywhere || what.owners.get(slot) === id)
  })
  if (here.length === 0) return
  const slots = SlotSet.of(here)
  const importing = SlotSet.of(node.line.importing.keys()).intersection(slots)
  await readSlots({pool, address, databases: databasesOf(node), slots, importing}, (record) => taken.take(record))
}

function ownersIn(view: ClusterView): ReadonlyMap<SlotId, NodeId> {
  const {owners} = toTopology(view)
  return new Map(owners.flatMap((id, slot) => (id === null ? [] : [[slot, id] as const])))
}

function straysIn(counts: Counts, owners: ReadonlyMap<SlotId, NodeId>): ReadonlyMap<SlotId, number> {
  const strays = new Map<SlotId, number>()
  for (const [slot, byNode] of counts) {
    for (const [node, keys] of byNode) {
      if (keys > 0 && owners.get(slot) !== node) strays.set(slot, (strays.get(slot) ?? 0) + keys)
    }
  }
  return strays
}

function notTooMany(slots: SlotSet, counts: Counts): SlotSet {
  let keys = 0
  return SlotSet.of(
    [...slots].filter((slot) => {
      for (const count of counts.get(slot)?.values() ?? []) keys += count
      return keys <= KEYS_AT_MOST
    }),
  )
}
