/**
 * Atomic slot migration as Valkey 9 has it, and the bundled engine with it: the source is asked, copies the slots, streams
 * what is written meanwhile, and hands over. https://valkey.io/commands/cluster-migrateslots/
 */
import {formatAddress} from '../../../model/address.js'
import type {NodeId} from '../../../model/node-id.js'
import {SlotSet} from '../../../model/slot-set.js'
import {replyOf} from '../../error.js'
import type {NodeClient, Reply} from '../../ports.js'
import {listReply, unexpected} from '../../reply.js'
import type {Obstacle} from '../patience.js'
import type {MigrationDriver, SlotJob} from './driver.js'
import {fieldsOf} from '../../reply-fields.js'

/** One that copies, and one that has introduced itself to the target and waits for the source's only child process. */
const JOBS_AHEAD = 2
/** In these the writes are held, or the target may already own the slots. */
const HANDING_OVER: ReadonlySet<string> = new Set(['failover-paused', 'failover-granted'])
/** As long as clients write faster than the stream drains, a job stays in these: no time limit of the server ends them. */
const ENDLESS: ReadonlySet<string> = new Set(['replicating', 'waiting-to-pause'])
const OVER: ReadonlySet<string> = new Set(['success', 'failed', 'cancelled'])

/** Connections are asked for anew each time: a source that gives away its last slot may turn replica, and hangs up. */
export interface Ends {
  readonly source: NodeId
  readonly target: NodeId
  readonly connect: (id: NodeId) => Promise<NodeClient>
}

export function exportDriver(ends: Ends): MigrationDriver {
  const {source, target} = ends
  return {
    jobsAhead: JOBS_AHEAD,
    start: (slots) => start(ends, slots),
    jobs: async () => {
      const rows = await rowsOf(await ends.connect(source))
      return rows
        .filter((row) => row.get('operation') === 'EXPORT' && row.get('target_node') === target)
        .map((row) => jobOf(row))
    },
    whyFailed: (job) => whyFailed(ends, job),
    unfinished: async (slots) => {
      const found = await Promise.all(
        [source, target].map(async (id) => unfinishedExports(await ends.connect(id), slots)),
      )
      return found.flat()
    },
    cancel: (ids) => cancel(ends, ids),
  }
}

async function start({source, target, connect}: Ends, slots: SlotSet): Promise<string> {
  const node = await connect(source)
  const [begun, log] = await node.pipeline([
    ['CLUSTER', 'MIGRATESLOTS', 'SLOTSRANGE', ...slots.ranges().flat(), 'NODE', target],
    ['CLUSTER', 'GETSLOTMIGRATIONS'],
  ])
  if (begun instanceof Error) throw begun
  // The newest comes first, and no other client can have come between the two commands with the same slots.
  const own = parseRows(log!, node).find((row) => slotsOf(row).equals(slots) && row.get('operation') === 'EXPORT')
  if (own === undefined) throw unexpected(node)
  return own.get('name') ?? ''
}

/** A source that lost its target knows no more than that; the target knows that its memory was full. */
async function whyFailed({target, connect}: Ends, {id, message}: SlotJob): Promise<string> {
  if (!/on the target node/.test(message)) return message
  const own = (await rowsOf(await connect(target))).find((row) => row.get('name') === id)
  const words = own?.get('message') ?? ''
  return words === '' || /on the source node/.test(words) ? message : words
}

/**
 * The server knows no single cancellation: all exports of the source end. The target hears of it by the lost connection, and
 * cleans up.
 */
async function cancel(ends: Ends, ids: readonly string[]): Promise<boolean> {
  const {source, connect} = ends
  const node = await connect(source)
  const running = (await rowsOf(node)).filter((row) => row.get('operation') === 'EXPORT' && !isFinished(row))
  if (!running.some((row) => ids.includes(row.get('name') ?? ''))) return true
  if (running.some((row) => HANDING_OVER.has(row.get('state') ?? ''))) return false
  try {
    await node.call(['CLUSTER', 'CANCELSLOTMIGRATIONS'])
  } catch (error) {
    if (!replyOf(error).includes('No migrations ongoing')) throw error
  }
  return true
}

/** Changes while the ends hear of each other, and less often where that could go on for ever. */
function paceOf(row: Row): string {
  const phase = row.get('state') ?? ''
  return ENDLESS.has(phase) ? phase : `${phase} ${row.get('last_ack_time')}`
}

/** What this node has a part in, be it the source or the target, and has not ended. */
export async function unfinishedExports(node: NodeClient, slots: SlotSet): Promise<Obstacle[]> {
  const rows = await rowsOf(node)
  return rows
    .filter((row) => !isFinished(row) && slotsOf(row).intersection(slots).size > 0)
    .map((row) => ({
      reason: `has a migration of slots ${row.get('slot_ranges')} to end first: ${row.get('state')}`,
      node: formatAddress(node.address),
      hint: 'CLUSTER CANCELSLOTMIGRATIONS on its source would end it',
      pace: paceOf(row),
    }))
}

type Row = ReadonlyMap<string, string>

async function rowsOf(node: NodeClient): Promise<Row[]> {
  return parseRows(await node.call(['CLUSTER', 'GETSLOTMIGRATIONS']), node)
}

/** @throws ManagerError when it is no list */
function parseRows(reply: Reply | Error, node: NodeClient): Row[] {
  return listReply(reply, node).map(fieldsOf)
}

function isFinished(row: Row): boolean {
  return OVER.has(row.get('state') ?? '')
}

function slotsOf(row: Row): SlotSet {
  return SlotSet.parse(row.get('slot_ranges') ?? '') ?? SlotSet.EMPTY
}

function jobOf(row: Row): SlotJob {
  const phase = row.get('state') ?? ''
  // Valkey 9.0 does not tell.
  const remaining = Number(row.get('remaining_repl_size') ?? NaN)
  return {
    id: row.get('name') ?? '',
    slots: slotsOf(row),
    state: stateOf(phase),
    phase,
    message: phase === 'cancelled' ? 'cancelled' : (row.get('message') ?? ''),
    bytesLeft: Number.isFinite(remaining) ? remaining : null,
    mayStall: ENDLESS.has(phase),
  }
}

function stateOf(phase: string): SlotJob['state'] {
  if (phase === 'success') return 'succeeded'
  if (OVER.has(phase)) return 'failed'
  return HANDING_OVER.has(phase) ? 'handing-over' : 'running'
}
