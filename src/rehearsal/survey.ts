/** What a twin has to know of a live cluster: who believes what, how many keys and how large, how far and how fast. Reads no value, changes nothing. */
import {parseAddress, type Address} from '../model/address.js'
import type {NodeId} from '../model/node-id.js'
import type {SlotId} from '../model/slot.js'
import {SlotSet} from '../model/slot-set.js'
import {scanKeys} from '../manager/execute/import/scan.js'
import {connectDatabase, observe} from '../manager/observe.js'
import type {Plan} from '../manager/plan/plan.js'
import type {Argument, ManagerClock, NodeClient, NodePool, Reply} from '../manager/ports.js'
import {listReply, numberReply, textReply} from '../manager/reply.js'
import {countKeysInSlots} from '../manager/slot-counts.js'

/** One node as it stands. */
export interface SurveyedNode {
  readonly id: NodeId
  readonly address: Address
  /** Its own account, as CLUSTER NODES tells it. */
  readonly account: string
}

export interface SurveyedSlot {
  readonly slot: SlotId
  readonly holder: NodeId
  readonly keys: number
}

/** The standalone server that an import reads from. */
export interface SurveyedSource {
  readonly address: Address
  readonly database: number
  readonly keys: number
}

export interface Survey {
  readonly nodes: readonly SurveyedNode[]
  /** The slots whose keys the plan moves. */
  readonly slots: readonly SurveyedSlot[]
  readonly source?: SurveyedSource
  /** Of a key with its value, in memory: the mean of those that were looked at. */
  readonly bytesPerKey: number
  readonly nodeTimeoutMs: number
  /** From here to a node and back. */
  readonly roundTripMs: number
  /** What a node takes for the smallest of commands, and we to ask it, in a pipeline; ms. */
  readonly commandMs: number
}

const PINGS = 21
const PIPELINED_PINGS = 2_000
const PIPELINE_ROUNDS = 3
const SAMPLED_SLOTS = 40
const SAMPLED_KEYS_IN_SLOT = 10
const DEFAULT_NODE_TIMEOUT_MS = 15_000
const CHANNEL = 'survey'

/** @throws ManagerError when a node of the plan, or the source of an import, does not answer */
export async function survey(
  {pool, source: sourcePool}: {readonly pool: NodePool; readonly source: NodePool | undefined},
  plan: Plan,
  clock: ManagerClock,
): Promise<Survey> {
  const nodes = await surveyNodes(pool, plan)
  const moved = movedSlots(plan)
  const slots = (
    await Promise.all([...moved].map(([holder, set]) => countSlots(pool, addressOf(nodes, holder), holder, set)))
  ).flat()
  const first = await pool.connect(addressOf(nodes, [...moved.keys()][0] ?? nodes[0]!.id), CHANNEL)
  const origin = sourcePool && (await surveySource(sourcePool, plan))
  return {
    nodes,
    slots,
    ...(origin !== undefined && {source: origin.source}),
    bytesPerKey: origin?.bytesPerKey ?? (await meanBytes(pool, nodes, slots)),
    nodeTimeoutMs: await nodeTimeout(first),
    roundTripMs: await roundTrip(first, clock),
    commandMs: await commandTime(first, clock),
  }
}

async function surveyNodes(pool: NodePool, plan: Plan): Promise<SurveyedNode[]> {
  const entries = plan.entries.flatMap((text) => parseAddress(text) ?? [])
  const members =
    entries.length === 0 ? [] : (await observe(pool, entries)).nodes.map(({id, address}) => ({id, address}))
  const newcomers = plan.nodes
    .filter(({id}) => plan.newcomers.includes(id))
    .flatMap(({id, address: text}) => {
      const address = parseAddress(text)
      return address === undefined ? [] : [{id, address}]
    })
  return Promise.all(
    [...members, ...newcomers].map(async ({id, address}) => {
      const client = await pool.connect(address, CHANNEL)
      return {id, address, account: textReply(await client.call(['CLUSTER', 'NODES']), client)}
    }),
  )
}

/** By who holds their keys now. */
export function movedSlots(plan: Plan): Map<NodeId, SlotSet> {
  const moved = new Map<NodeId, SlotSet>()
  for (const step of plan.phases.flatMap(({steps}) => steps)) {
    const slots =
      step.kind === 'move-slots' || step.kind === 'migrate-slots'
        ? (SlotSet.parse(step.slots) ?? SlotSet.EMPTY)
        : step.kind === 'collect-keys'
          ? SlotSet.of([step.slot])
          : undefined
    if (slots === undefined || !('source' in step)) continue
    moved.set(step.source, (moved.get(step.source) ?? SlotSet.EMPTY).union(slots))
  }
  return moved
}

async function countSlots(pool: NodePool, at: Address, holder: NodeId, set: SlotSet): Promise<SurveyedSlot[]> {
  const slots = [...set]
  const counts = await countKeysInSlots(await pool.connectLines(at, CHANNEL), slots)
  return slots.map((slot, index) => ({slot, holder, keys: counts[index]!}))
}

async function meanBytes(
  pool: NodePool,
  nodes: readonly SurveyedNode[],
  slots: readonly SurveyedSlot[],
): Promise<number> {
  const full = slots.filter(({keys}) => keys > 0)
  const step = Math.max(1, Math.floor(full.length / SAMPLED_SLOTS))
  const sizes: number[] = []
  for (let index = 0; index < full.length; index += step) {
    const {slot, holder} = full[index]!
    const client = await pool.connect(addressOf(nodes, holder), CHANNEL)
    const names = listReply(
      await client.call(['CLUSTER', 'GETKEYSINSLOT', slot, SAMPLED_KEYS_IN_SLOT], {bytes: true}),
      client,
    )
    sizes.push(...(await sizesOf(client, names as Buffer[])))
  }
  return meanOf(sizes)
}

/** `undefined` where the plan imports nothing. */
async function surveySource(
  pool: NodePool,
  plan: Plan,
): Promise<{readonly source: SurveyedSource; readonly bytesPerKey: number} | undefined> {
  const step = plan.phases.flatMap(({steps}) => steps).find(({kind}) => kind === 'copy-keys')
  const address = step?.kind === 'copy-keys' ? parseAddress(step.from) : undefined
  if (step?.kind !== 'copy-keys' || address === undefined) return undefined
  const {database} = step
  const client = await connectDatabase(pool, address, database, CHANNEL)
  const keys = numberReply(await client.call(['DBSIZE']), client)
  const names = await firstNames(client, SAMPLED_SLOTS * SAMPLED_KEYS_IN_SLOT)
  return {source: {address, database, keys}, bytesPerKey: meanOf(await sizesOf(client, names))}
}

/** Some keys, in the order of the server's table: as good as by lot. */
async function firstNames(client: NodeClient, wanted: number): Promise<Argument[]> {
  const names: Argument[] = []
  for await (const page of scanKeys(client)) {
    names.push(...page)
    if (names.length >= wanted) break
  }
  return names.slice(0, wanted)
}

async function sizesOf(client: NodeClient, names: readonly Argument[]): Promise<number[]> {
  const usage = await client.pipeline(names.map((name) => ['MEMORY', 'USAGE', name]))
  return usage.filter((bytes) => typeof bytes === 'number')
}

function meanOf(sizes: readonly number[]): number {
  return sizes.length === 0 ? 0 : Math.round(sizes.reduce((sum, size) => sum + size, 0) / sizes.length)
}

async function nodeTimeout(client: NodeClient): Promise<number> {
  const [reply] = await client.pipeline([['CONFIG', 'GET', 'cluster-node-timeout']])
  const ms = Array.isArray(reply) ? Number((reply as readonly Reply[])[1]) : NaN
  return Number.isFinite(ms) && ms > 0 ? ms : DEFAULT_NODE_TIMEOUT_MS
}

async function roundTrip(client: NodeClient, clock: ManagerClock): Promise<number> {
  const times: number[] = []
  for (let count = 0; count < PINGS; count++) {
    const startMs = clock.nowMs()
    await client.call(['PING'])
    times.push(clock.nowMs() - startMs)
  }
  return times.sort((a, b) => a - b)[Math.floor(PINGS / 2)]!
}

/** The best of some rounds: the others were disturbed. */
async function commandTime(client: NodeClient, clock: ManagerClock): Promise<number> {
  let best = Infinity
  const pings = Array.from({length: PIPELINED_PINGS}, () => ['PING'])
  for (let round = 0; round < PIPELINE_ROUNDS; round++) {
    const startMs = clock.nowMs()
    await client.pipeline(pings)
    best = Math.min(best, (clock.nowMs() - startMs) / PIPELINED_PINGS)
  }
  return best
}

function addressOf(nodes: readonly SurveyedNode[], id: NodeId): Address {
  return nodes.find((node) => node.id === id)?.address ?? nodes[0]!.address
}
