/** Looks at the sizes of all keys that a plan will move, so that the plan can say which are big: 2 µs a key and node. */
import {assert} from '../../model/assert.js'
import {parseAddress, type Address} from '../../model/address.js'
import type {NodeId} from '../../model/node-id.js'
import type {SlotId} from '../../model/slot.js'
import {SlotSet} from '../../model/slot-set.js'
import {bigKeysAmong} from '../key-sizes.js'
import {connectDatabase, readNode} from '../observe.js'
import {DEFAULT_BIG_KEYS, type BigKey} from '../plan/big-keys.js'
import type {Plan} from '../plan/plan.js'
import {expectedStallMs} from '../plan/stall.js'
import type {Step, StepOf} from '../plan/step.js'
import type {NodeClient, NodePool} from '../ports.js'
import {countKeysInSlots} from '../slot-counts.js'
import {fullSlots, slotsTogether} from './migration/slot-keys.js'

/** Slots asked about at once, and how many keys of one are listed at most: more would stop the node itself. */
const SLOTS_AT_ONCE = 512
const LISTED_AT_MOST = 200_000

/** Connections of its own: nothing waits behind these questions. */
const CHANNEL = 'sizes'

/**
 * The same plan with `bigKeys`, the longest stall first; its `move-slots` steps name the slots that hold one. Nothing is changed
 * on any node. A plan that moves no slot by MIGRATE is given back as it is: slots that go whole take their big keys along. Of a
 * slot with more than 200,000 keys only so many are looked at.
 * @throws ManagerError when a source does not answer, or the user may not MEMORY USAGE
 */
export async function scanSizes(pool: NodePool, plan: Plan): Promise<Plan> {
  const limit = (plan.settings.bigKeys ?? DEFAULT_BIG_KEYS).bytes
  const moves = plan.phases.flatMap(({steps}) => steps).filter((step) => step.kind === 'move-slots')
  if (moves.length === 0) return plan
  const sources = [...new Set(moves.map(({source}) => source))]
  const found = await Promise.all(
    sources.map((source) => {
      const slots = moves.filter((step) => step.source === source).map((step) => slotsOf(step.slots))
      const all = slots.reduce((sum, each) => sum.union(each), SlotSet.EMPTY)
      return scanNode(pool, source, addressIn(plan, source), [...all], limit)
    }),
  )
  const bigKeys = found.flat().sort((a, b) => b.stallMs - a.stallMs)
  const phases = plan.phases.map((phase) => ({...phase, steps: phase.steps.map((step) => marked(step, bigKeys))}))
  return {...plan, phases, bigKeys}
}

function marked(step: Step, bigKeys: readonly BigKey[]): Step {
  if (step.kind !== 'move-slots') return step
  const here = slotsOf(step.slots).intersection(SlotSet.of(bigKeys.map(({slot}) => slot)))
  return here.size === 0 ? step : ({...step, bigKeySlots: here.toString()} satisfies StepOf<'move-slots'>)
}

async function scanNode(
  pool: NodePool,
  id: NodeId,
  address: Address,
  slots: readonly SlotId[],
  limit: number,
): Promise<BigKey[]> {
  const {server} = await readNode(await pool.connect(address, CHANNEL))
  const found: BigKey[] = []
  for (const database of server.keysByDatabase.keys()) {
    const [client, gauge] = await Promise.all([
      connectDatabase(pool, address, database, CHANNEL),
      pool.connectLines(address, `${CHANNEL} ${database}`),
    ])
    if (database > 0) await gauge.call(['SELECT', database])
    for (let from = 0; from < slots.length; from += SLOTS_AT_ONCE) {
      found.push(...(await scanSlots({client, gauge, node: id}, slots.slice(from, from + SLOTS_AT_ONCE), limit)))
    }
  }
  return found
}

interface Scan {
  readonly node: NodeId
  /** For the names of keys. */
  readonly client: NodeClient
  /** For their sizes, which are lines. */
  readonly gauge: NodeClient
}

async function scanSlots({node, client, gauge}: Scan, slots: readonly SlotId[], limit: number): Promise<BigKey[]> {
  const counts = await countKeysInSlots(gauge, slots)
  const found: BigKey[] = []
  for await (const groups of slotsTogether(client, fullSlots(slots, counts), LISTED_AT_MOST)) {
    const slotOf = new Map(groups.flatMap(({slot, keys}) => keys.map((key) => [key, slot] as const)))
    for (const {key, size} of await bigKeysAmong(gauge, [...slotOf.keys()], limit)) {
      const stallMs = Math.round(expectedStallMs(size))
      found.push({key: Buffer.from(key).toString(), slot: slotOf.get(key)!, node, ...size, stallMs})
    }
  }
  return found
}

function addressIn(plan: Plan, id: NodeId): Address {
  const text = plan.nodes.find((node) => node.id === id)?.address
  const address = text === undefined ? undefined : parseAddress(text)
  assert(address !== undefined, 'a plan lists every node that its steps name')
  return address
}

function slotsOf(text: string): SlotSet {
  return SlotSet.parse(text) ?? SlotSet.EMPTY
}
