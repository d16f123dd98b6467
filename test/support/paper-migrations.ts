/** Two primaries on paper that migrate slots atomically as Valkey 9.1 tells of it: each look at the log is a step in time. */
import type {ManagerClock} from '../../src/manager/ports.js'
import type {Pace} from '../../src/manager/execute/pace/pace.js'
import {openPace} from './free-pace.js'
import {paperContext} from './paper-context.js'
import {address, type Address} from '../../src/model/address.js'
import type {NodeId} from '../../src/model/node-id.js'
import {SlotSet} from '../../src/model/slot-set.js'
import type {ExecutionEvent} from '../../src/manager/execute/event.js'
import type {StepContext} from '../../src/manager/execute/step-context.js'
import {DEFAULT_SETTINGS, type PlanSettings} from '../../src/manager/plan/plan.js'
import type {Reply} from '../../src/manager/ports.js'
import {errorReply, handClock, scriptedPool, type ScriptedPool} from './scripted-pool.js'

export const SOURCE = 'a'.repeat(40)
export const TARGET = 'b'.repeat(40)

const ADDRESSES = new Map<NodeId, Address>([
  [SOURCE, address('source', 1)],
  [TARGET, address('target', 1)],
])

/** Phases in turn, one for each look; the last one stays. `snapshotting:1000` has 1000 bytes left. `failed:why` says why. */
export type Course = readonly string[]

export interface PaperJob {
  readonly name: string
  readonly slots: SlotSet
  readonly course: string[]
  phase: string
}

export interface PaperMigrations {
  readonly pool: ScriptedPool
  readonly context: StepContext
  readonly events: ExecutionEvent[]
  readonly stop: AbortController
  /** Steers the lane of `context`. */
  readonly pace: Pace
  readonly kill: AbortController
  /** Newest first. */
  readonly jobs: PaperJob[]
  owned(id: NodeId): string
}

export interface PaperOptions {
  /** Of the source; default 0-99. */
  readonly slots?: string
  readonly keysInSlot?: number
  /** What becomes of the n-th job, from 0; an Error refuses it. Default: it succeeds at once. */
  readonly course?: (nth: number, slots: SlotSet) => Course | Error
  /** Why the target says that its part of every job failed; default: it knows of none. */
  readonly targetSays?: string
  /** A job that somebody began before. */
  readonly running?: {readonly slots: string; readonly course: Course}
  readonly settings?: Partial<PlanSettings>
  /** Default: time passes while somebody sleeps. */
  readonly clock?: ManagerClock
}

const FINAL = /^(success|failed|cancelled)/

export function paperMigrations(options: PaperOptions = {}): PaperMigrations {
  const {keysInSlot = 0, course = (): Course => ['success'], running, settings, targetSays} = options
  const owners = new Map<NodeId, SlotSet>([
    [SOURCE, SlotSet.parse(options.slots ?? '0-99')!],
    [TARGET, SlotSet.EMPTY],
  ])
  const jobs: PaperJob[] = []
  const begin = (slots: SlotSet, phases: Course): void => {
    jobs.unshift({name: String(jobs.length).padStart(40, '0'), slots, course: [...phases], phase: 'connecting'})
  }
  if (running !== undefined) begin(SlotSet.parse(running.slots)!, running.course)
  let asked = 0
  const pool = scriptedPool((node, command, argv) => {
    const id = node === 'source:1' ? SOURCE : TARGET
    const [name, sub] = argv.map(String)
    if (name === 'INFO') {
      const keyspace = keysInSlot > 0 ? 'db0:keys=1,expires=0\r\n' : ''
      return `cluster_enabled:1\r\nredis_version:7.2.4\r\nvalkey_version:9.1.2\r\nrole:master\r\n${keyspace}`
    }
    if (command === 'CLUSTER NODES') {
      return `${id} ${node}@10001 myself,master - 0 0 1 connected ${owners.get(id)}`.trimEnd()
    }
    if (command === 'CLUSTER INFO') return 'cluster_state:ok\r\n'
    if (sub === 'COUNTKEYSINSLOT') return owners.get(id)!.has(Number(argv[2])) ? keysInSlot : 0
    if (sub === 'GETKEYSINSLOT') return []
    if (sub === 'SETSLOT' && argv[3] === 'NODE') give(owners, SlotSet.of([Number(argv[2])]))
    if (sub === 'MIGRATESLOTS') {
      const slots = rangesOf(argv.slice(3, -2).map(Number))
      const phases = course(asked++, slots)
      if (phases instanceof Error) return phases
      begin(slots, phases)
      return 'OK'
    }
    if (sub === 'CANCELSLOTMIGRATIONS') {
      const open = jobs.filter(({phase}) => !FINAL.test(phase))
      for (const job of open) job.phase = 'cancelled'
      return open.length > 0 ? 'OK' : errorReply('ERR No migrations ongoing')
    }
    if (sub === 'GETSLOTMIGRATIONS') {
      if (id === TARGET) return targetSays === undefined ? [] : jobs.map((job) => importOf(job, targetSays))
      for (const job of jobs) advance(job, owners)
      return jobs.map(rowOf)
    }
    return 'OK'
  })
  const [stop, kill] = [new AbortController(), new AbortController()]
  const {clock = handClock()} = options
  const pace = openPace(clock, {stop: stop.signal, kill: kill.signal})
  const {context, events} = paperContext(pool, ADDRESSES, {
    clock,
    pace: pace.lane,
    settings: {...DEFAULT_SETTINGS, ...settings},
    stop: stop.signal,
    kill: kill.signal,
  })
  return {pool, context, events, stop, kill, pace: pace.pace, jobs, owned: (id) => owners.get(id)!.toString()}
}

function advance(job: PaperJob, owners: Map<NodeId, SlotSet>): void {
  if (FINAL.test(job.phase)) return
  job.phase = job.course.length > 1 ? job.course.shift()! : job.course[0]!
  if (job.phase === 'success') give(owners, job.slots)
}

function give(owners: Map<NodeId, SlotSet>, slots: SlotSet): void {
  owners.set(SOURCE, owners.get(SOURCE)!.minus(slots))
  owners.set(TARGET, owners.get(TARGET)!.union(slots))
}

function rowOf({name, slots, phase}: PaperJob): Reply {
  const [state = '', detail = ''] = phase.split(/:(.*)/s)
  return [
    ...['name', name, 'operation', 'EXPORT', 'slot_ranges', slots.toString(), 'target_node', TARGET],
    ...['source_node', SOURCE, 'last_ack_time', 0, 'state', state, 'message', FINAL.test(state) ? detail : ''],
    ...['remaining_repl_size', FINAL.test(state) ? 0 : Number(detail)],
  ]
}

function importOf({name, slots}: PaperJob, message: string): Reply {
  return ['name', name, 'operation', 'IMPORT', 'slot_ranges', slots.toString(), 'state', 'failed', 'message', message]
}

function rangesOf(bounds: readonly number[]): SlotSet {
  return SlotSet.fromRanges(
    bounds.flatMap((first, index) => (index % 2 === 0 ? [[first, bounds[index + 1]!] as const] : [])),
  )
}
