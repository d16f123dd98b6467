/**
 * Atomic slot migration as Valkey 9 has it: the source copies whole slots and hands them over at once
 * (https://valkey.io/commands/cluster-migrateslots/). Clients see no redirection, and no slot is ever open.
 */
import {formatAddress} from '../../../model/address.js'
import {SlotSet} from '../../../model/slot-set.js'
import {ManagerError} from '../../error.js'
import {readNode} from '../../observe.js'
import type {StepOf} from '../../plan/step.js'
import type {NodeClient, Reply} from '../../ports.js'
import {listReply} from '../../reply.js'
import {countKeysInSlots} from '../../slot-counts.js'
import {waitUntilClear} from '../patience.js'
import {checkpoint, type StepContext} from '../step-context.js'
import {slotsOf} from './node-commands.js'

interface Job {
  readonly name: string
  readonly state: string
  readonly message: string
  /** Bytes; '' where the server does not tell. */
  readonly remaining: string
  /** Changes as long as the target confirms what it received. */
  readonly pace: string
}

export async function migrateSlots(step: StepOf<'migrate-slots'>, context: StepContext): Promise<void> {
  checkpoint(context)
  const source = await context.connect(step.source)
  const target = await readNode(await context.connect(step.target))
  const slots = slotsOf(step.slots).minus(target.line.slots)
  if (slots.size === 0) return
  const list = [...slots]
  const counts = await countKeysInSlots(source, list)
  const before = new Set((await jobsOf(source, slots)).map(({name}) => name))
  await source.call(['CLUSTER', 'MIGRATESLOTS', 'SLOTSRANGE', ...slots.ranges().flat(), 'NODE', step.target])
  await untilHandedOver(source, slots, before, context)
  list.forEach((slot, index) => {
    const keys = counts[index]!
    if (keys > 0) context.emit({kind: 'keys-moved', step: context.id, keys})
    context.emit({kind: 'slot-moved', step: context.id, slot, source: step.source, target: step.target, keys})
  })
}

/** A first stop lets the job end, as it has nothing to be continued from; a second one cancels it. */
async function untilHandedOver(
  source: NodeClient,
  slots: SlotSet,
  before: ReadonlySet<string>,
  context: StepContext,
): Promise<void> {
  // Whether the job is still there to be cancelled is for the nodes to know; what matters is told by how it ends.
  const cancel = (): void => void source.call(['CLUSTER', 'CANCELSLOTMIGRATIONS']).catch(() => undefined)
  context.kill.addEventListener('abort', cancel, {once: true})
  try {
    await waitUntilClear({...context, stop: context.kill}, async () => {
      const job = (await jobsOf(source, slots)).find(({name}) => !before.has(name))
      if (job?.state === 'success') return []
      if (job?.state === 'failed' || job?.state === 'cancelled') throw failed(job, source)
      return [
        {
          reason: `is moving slots ${slots}: ${job?.state ?? 'queued'} ${job?.remaining ?? ''}`.trimEnd(),
          node: formatAddress(source.address),
          hint: 'the job was cancelled: the slots stay at their source; look into the logs of both nodes',
          pace: job?.pace ?? '',
        },
      ]
    })
  } catch (error) {
    if (error instanceof ManagerError && error.code === 'timed-out') cancel()
    throw error
  } finally {
    context.kill.removeEventListener('abort', cancel)
  }
}

/** The source's exports of exactly these slots, newest first. */
async function jobsOf(source: NodeClient, slots: SlotSet): Promise<Job[]> {
  const rows = listReply(await source.call(['CLUSTER', 'GETSLOTMIGRATIONS']), source)
  return rows.flatMap((row) => {
    const fields = fieldsOf(row)
    const moving = SlotSet.parse(fields.get('slot_ranges') ?? '')
    if (fields.get('operation') !== 'EXPORT' || moving?.equals(slots) !== true) return []
    return [
      {
        name: fields.get('name') ?? '',
        state: fields.get('state') ?? '',
        message: fields.get('message') ?? '',
        remaining: fields.get('remaining_repl_size') ?? '',
        pace: ['state', 'remaining_repl_size', 'last_ack_time'].map((name) => fields.get(name)).join(' '),
      },
    ]
  })
}

/** A map in RESP2: keys and values in turn. */
function fieldsOf(row: Reply): ReadonlyMap<string, string> {
  const fields = new Map<string, string>()
  if (!Array.isArray(row)) return fields
  for (let index = 0; index + 1 < row.length; index += 2) fields.set(String(row[index]), String(row[index + 1]))
  return fields
}

function failed(job: Job, source: NodeClient): ManagerError {
  return new ManagerError('error-reply', `atomic slot migration ${job.state}: ${job.message || 'no reason given'}`, {
    node: formatAddress(source.address),
    reply: job.message,
    hint: 'no slot was left open; run the command again, or without --atomic',
  })
}
