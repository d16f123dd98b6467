/** A plan carried out on a twin: how long it takes, what clients notice, and what becomes of it when a node dies half-way. */
import {derivedRng} from '../engine/sim/seeded-rng.js'
import {formatAddress, type Address} from '../model/address.js'
import type {NodeId} from '../model/node-id.js'
import {execute} from '../manager/execute/executor.js'
import type {Outcome} from '../manager/execute/outcome.js'
import type {Plan} from '../manager/plan/plan.js'
import type {ManagerClock, NodePool} from '../manager/ports.js'
import {withAllKeyCounts} from '../manager/observe.js'
import {repair, withoutRewrites} from './carry-out.js'
import {addressOf} from './ground.js'
import {isReplica} from './node-facts.js'
import {movedSlots, survey, type Survey} from './survey.js'
import {ToolProcess} from './tool-process.js'
import {Twin} from './twin.js'
import {Writer} from './writer.js'

export interface Clients {
  /** Acknowledged operations while the plan was carried out. */
  readonly operations: number
  /** Operations that nobody answered. */
  readonly failures: number
  readonly medianMs: number
  readonly p99Ms: number
  readonly worstMs: number
}

/** What becomes of it when one node dies when half of the work is done, and does not come back. */
export interface Mishap {
  /** `host:port`. */
  readonly node: string
  readonly role: 'source' | 'target'
  readonly ended: Outcome['status']
  readonly reason: string
  readonly slotsMoved: number
  /** Slots that are left open on some node. */
  readonly openSlots: number
  /** Replicas that took a primary's place. */
  readonly failovers: number
  /** Writes that were acknowledged and are lost: replication is asynchronous. */
  readonly lostWrites: number
  /** How one `tscluster fix` ends afterwards. */
  readonly fix: string
}

export interface Forecast {
  readonly durationMs: number
  readonly ended: Outcome['status']
  readonly reason: string
  readonly slots: number
  readonly keys: number
  readonly bytesPerKey: number
  readonly roundTripMs: number
  /** Keys of the twin, where the cluster has too many for it: the rest is calculated. */
  readonly keysRehearsed: number
  readonly clients: Clients
  readonly mishaps: readonly Mishap[]
}

export interface ForecastOptions {
  readonly seed: number
  /** Clients that write and read all the while. */
  readonly clients: number
  /** Also try what happens when a node dies. */
  readonly mishaps: boolean
  readonly onProgress: (what: string) => void
}

/** More are not put into a twin: what more would take is calculated from what these take. */
const MOST_KEYS = 40_000
const DEADLINE_MS = 24 * 3_600_000
const CLIENT_PAUSE_MS = 10
const CLIENT_KEYS = 500
/** After a node has died: detection, election, and clients that find the heir. */
const AFTERMATH_TIMEOUTS = 4

/** Who can be asked. */
export interface LiveNodes {
  readonly pool: NodePool
  /** The server that an import reads from. */
  readonly source: NodePool | undefined
}

/** Asks the live nodes, and changes nothing on them. @throws ManagerError when they cannot be asked */
export async function forecast(
  live: LiveNodes,
  plan: Plan,
  clock: ManagerClock,
  options: ForecastOptions,
): Promise<Forecast> {
  options.onProgress('looking at the keys that will move …')
  const surveyed = await survey(live, plan, clock)
  const keys = surveyed.slots.reduce((sum, slot) => sum + slot.keys, surveyed.source?.keys ?? 0)
  const share = Math.min(1, MOST_KEYS / Math.max(1, keys))
  options.onProgress('rehearsing …')
  const whole = await rehearse(surveyed, plan, share, options)
  const half = share === 1 ? undefined : await rehearse(surveyed, plan, share / 2, {...options, clients: 0})
  const mishaps: Mishap[] = []
  if (options.mishaps) {
    for (const [role, id] of busiestNodes(plan)) {
      options.onProgress(`rehearsing it once more: the ${role} dies half-way …`)
      mishaps.push(await rehearseMishap(surveyed, plan, share, options, {role, id, atMs: whole.elapsedMs / 2}))
    }
  }
  return {
    durationMs: Math.round(half === undefined ? whole.elapsedMs : extrapolated(whole, half, share)),
    ended: whole.outcome.status,
    reason: whole.outcome.error?.message ?? '',
    slots: surveyed.slots.length,
    keys,
    bytesPerKey: surveyed.bytesPerKey,
    roundTripMs: Math.round(surveyed.roundTripMs * 1000) / 1000,
    keysRehearsed: Math.min(keys, MOST_KEYS),
    clients: whole.clients,
    mishaps,
  }
}

interface Rehearsed {
  readonly outcome: Outcome
  readonly elapsedMs: number
  readonly clients: Clients
}

/** Twice as many keys take so much longer: the rest takes as much longer again, and what is the same for any number stays. */
function extrapolated(whole: Rehearsed, half: Rehearsed, share: number): number {
  const perShareMs = (whole.elapsedMs - half.elapsedMs) / (share / 2)
  return whole.elapsedMs + Math.max(0, perShareMs) * (1 - share)
}

async function rehearse(surveyed: Survey, plan: Plan, share: number, options: ForecastOptions): Promise<Rehearsed> {
  const twin = new Twin({survey: surveyed, seed: options.seed, share})
  const load = new Load(twin, options)
  const tool = new ToolProcess(twin.stage)
  const startedMs = twin.stage.nowMs
  const work = carryOutOn(tool, plan, twin)
  const outcome = (await twin.stage.until('the plan', work, DEADLINE_MS))!
  const elapsedMs = twin.stage.nowMs - startedMs
  tool.exit()
  return {outcome, elapsedMs, clients: load.end()}
}

async function rehearseMishap(
  surveyed: Survey,
  plan: Plan,
  share: number,
  options: ForecastOptions,
  {role, id, atMs}: {readonly role: Mishap['role']; readonly id: NodeId; readonly atMs: number},
): Promise<Mishap> {
  const twin = new Twin({survey: surveyed, seed: options.seed, share})
  const load = new Load(twin, options)
  const tool = new ToolProcess(twin.stage)
  const victim = twin.node(id)!
  twin.stage.simulator.schedule(atMs, () => {
    twin.losses.goingDown(victim)
    victim.crash()
  })
  const outcome = (await twin.stage.until('the plan', carryOutOn(tool, plan, twin), DEADLINE_MS))!
  tool.exit()
  twin.simulator.run(AFTERMATH_TIMEOUTS * surveyed.nodeTimeoutMs)
  const openSlots = countOpenSlots(twin)
  load.end()
  const fixer = new ToolProcess(twin.stage)
  const entries = surveyed.nodes.filter((node) => node.id !== id).map(({address}) => address)
  const errand = {tool: fixer, entries, tell: () => undefined, countKeys: withAllKeyCounts}
  const fixed = (await twin.stage.until('fix', repair(errand), DEADLINE_MS))!
  return {
    ...{node: victim.name, role, ended: outcome.status, reason: outcome.error?.message ?? ''},
    ...{slotsMoved: outcome.slotsMoved, openSlots, failovers: twin.losses.failovers},
    lostWrites: twin.ledger.excusedAcknowledged,
    fix: fixed.reason === '' ? fixed.status : `${fixed.status}: ${fixed.reason}`,
  }
}

function carryOutOn(tool: ToolProcess, plan: Plan, {nodes}: Twin): Promise<Outcome> {
  const addresses = new Map<NodeId, Address>(nodes.map((node) => [node.id!, addressOf(node)]))
  return execute(withoutRewrites(plan), {
    pool: tool.pool,
    clock: tool.clock,
    emit: () => undefined,
    addresses,
    primaries: nodes.filter((node) => !isReplica(node)).map(({id}) => id!),
    entry: plan.entries[0] ?? plan.nodes[0]!.address,
    stop: tool.stop,
    kill: tool.kill,
    source: tool.pool,
  })
}

/** The first source, and the first target, that keys move between. */
function busiestNodes(plan: Plan): (readonly [Mishap['role'], NodeId])[] {
  const step = plan.phases
    .flatMap(({steps}) => steps)
    .find(({kind}) => kind === 'move-slots' || kind === 'migrate-slots')
  if (step === undefined || !('source' in step) || movedSlots(plan).size === 0) return []
  return [
    ['source', step.source],
    ['target', step.target],
  ]
}

function countOpenSlots({nodes}: Twin): number {
  const open = new Set<number>()
  for (const node of nodes) {
    if (!node.isRunning || isReplica(node)) continue
    const {migratingTo, importingFrom} = node.core.server.cluster!.state
    for (const slot of [...migratingTo.keys(), ...importingFrom.keys()]) open.add(slot)
  }
  return open.size
}

/** Clients of the twin, and what they notice. */
class Load {
  readonly #writers: Writer[]
  readonly #waits: number[] = []

  constructor({simulator, ledger, nodes}: Twin, {seed, clients}: ForecastOptions) {
    const keys = Array.from({length: CLIENT_KEYS}, (_, index) => `w:{${index}}`)
    const entries = nodes.map(({address}) => formatAddress(address))
    this.#writers = Array.from({length: clients}, (_, index) => {
      return new Writer({
        ...{simulator, ledger, entries, keys, name: String(index), pauseMs: CLIENT_PAUSE_MS},
        rng: derivedRng(seed, 'client', index),
        onMissing: () => undefined,
        onDone: (elapsedMs) => this.#waits.push(elapsedMs),
      })
    })
  }

  end(): Clients {
    for (const writer of this.#writers) writer.stop()
    const waits = this.#waits.sort((a, b) => a - b)
    const at = (part: number): number => Math.round((waits[Math.floor((waits.length - 1) * part)] ?? 0) * 100) / 100
    return {
      operations: waits.length,
      failures: this.#writers.reduce((sum, {failures}) => sum + failures, 0),
      medianMs: at(0.5),
      p99Ms: at(0.99),
      worstMs: at(1),
    }
  }
}
