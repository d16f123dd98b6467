/**
 * Atomic slot migration as Redis 8.4 has it: the target is asked and fetches the slots.
 * https://redis.io/docs/latest/commands/cluster-migration/
 */
import {SlotSet} from '../../../model/slot-set.js'
import {formatAddress} from '../../../model/address.js'
import {replyOf} from '../../error.js'
import type {NodeClient} from '../../ports.js'
import {listReply, textReply} from '../../reply.js'
import type {Obstacle} from '../patience.js'
import type {MigrationDriver, SlotJob} from './driver.js'
import type {Ends} from './export-driver.js'
import {fieldsOf} from '../../reply-fields.js'

/** A node has one task at a time, coming or going. */
const JOBS_AHEAD = 1
/** The target tries a failed task again by itself, for ever: so often is enough. */
const RETRIES = 3
const COMPLETED = 'completed'
const CANCELLED: ReadonlySet<string> = new Set(['canceled', 'cancelled'])
const HANDING_OVER: ReadonlySet<string> = new Set(['handoff', 'stream-eof', 'takeover'])
const BUSY = /another ASM task is already in progress|overlapping import exists/

export function importDriver(ends: Ends): MigrationDriver {
  return {
    jobsAhead: JOBS_AHEAD,
    start: (slots) => start(ends, slots),
    jobs: async () => {
      const rows = await rowsOf(await ends.connect(ends.target))
      return rows.filter((row) => row.get('operation') === 'import' && row.get('source') === ends.source).map(jobOf)
    },
    whyFailed: ({message}) => Promise.resolve(message),
    unfinished: async (slots) => {
      const found = await Promise.all(
        [ends.source, ends.target].map(async (id) => unfinishedImports(await ends.connect(id), slots)),
      )
      return found.flat()
    },
    cancel: (ids) => cancel(ends, ids),
  }
}

async function start({target, connect}: Ends, slots: SlotSet): Promise<string | undefined> {
  const node = await connect(target)
  try {
    return textReply(await node.call(['CLUSTER', 'MIGRATION', 'IMPORT', ...slots.ranges().flat()]), node)
  } catch (error) {
    if (BUSY.test(replyOf(error))) return undefined
    throw error
  }
}

/**
 * On both ends, the target first: it would only try again what is cancelled at the source alone. A source that does not know
 * the task answers 0.
 */
async function cancel(ends: Ends, ids: readonly string[]): Promise<boolean> {
  const own = (await rowsOf(await ends.connect(ends.target))).filter(
    (row) => ids.includes(row.get('id') ?? '') && !isFinished(row),
  )
  if (own.some((row) => HANDING_OVER.has(row.get('state') ?? ''))) return false
  for (const end of [ends.target, ends.source]) {
    const node = await ends.connect(end)
    for (const id of ids) await node.call(['CLUSTER', 'MIGRATION', 'CANCEL', 'ID', id])
  }
  return true
}

type Row = ReadonlyMap<string, string>

async function rowsOf(node: NodeClient): Promise<Row[]> {
  return listReply(await node.call(['CLUSTER', 'MIGRATION', 'STATUS', 'ALL']), node).map(fieldsOf)
}

/** What this node has a part in, be it the source or the target, and has not ended. */
export async function unfinishedImports(node: NodeClient, slots: SlotSet): Promise<Obstacle[]> {
  const rows = await rowsOf(node)
  return rows
    .filter((row) => !isFinished(row) && slotsOf(row).intersection(slots).size > 0)
    .map((row) => ({
      reason: `has a migration of slots ${row.get('slots')} to end first: ${row.get('state')}`,
      node: formatAddress(node.address),
      hint: 'CLUSTER MIGRATION CANCEL on its target, then on its source, would end it',
      pace: ['state', 'retries'].map((name) => row.get(name)).join(' '),
    }))
}

/** A source gives up with its first failure; a target goes on until it is cancelled. */
function isFinished(row: Row): boolean {
  const phase = row.get('state') ?? ''
  if (phase === COMPLETED || CANCELLED.has(phase)) return true
  return phase === 'failed' && row.get('operation') !== 'import'
}

function slotsOf(row: Row): SlotSet {
  return SlotSet.parse(row.get('slots') ?? '') ?? SlotSet.EMPTY
}

function jobOf(row: Row): SlotJob {
  const phase = row.get('state') ?? ''
  return {
    id: row.get('id') ?? '',
    slots: slotsOf(row),
    state: stateOf(phase, Number(row.get('retries') ?? 0)),
    phase,
    message: row.get('last_error') ?? '',
    bytesLeft: null,
    // cluster-slot-migration-sync-buffer-drain-timeout and its like end every phase.
    mayStall: false,
  }
}

function stateOf(phase: string, retries: number): SlotJob['state'] {
  if (phase === COMPLETED) return 'succeeded'
  if (CANCELLED.has(phase)) return 'failed'
  if (HANDING_OVER.has(phase)) return 'handing-over'
  return retries >= RETRIES ? 'failed' : 'running'
}
