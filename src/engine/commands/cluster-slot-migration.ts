/** CLUSTER MIGRATESLOTS, GETSLOTMIGRATIONS, CANCELSLOTMIGRATIONS, SYNCSLOTS: slots move whole, as in Valkey 9.1. */
import {type ClusterBus} from '../cluster/cluster-bus.js'
import {NODE_ID_LENGTH} from '../../model/node-id.js'
import {type Call, type Handlers} from '../server/call.js'
import {formatClientLine} from '../server/client-line.js'
import {type Job} from '../slot-migration/job.js'
import {type ExportRequest, type SlotMigrations} from '../slot-migration/slot-migrations.js'
import {formatRanges, overlap} from '../slot-migration/slot-ranges.js'
import {SYNTAX_ERROR} from './arguments.js'
import {type OwnedRanges, ownedRangesOrReply, startRefusal} from './cluster-slot-ranges.js'
import {syncSlotsCommand} from './cluster-slot-sync.js'

const NOT_IN_CLUSTER = 'ERR This instance has cluster support disabled'

interface Context {
  readonly call: Call
  readonly bus: ClusterBus
  readonly migrations: SlotMigrations
}

function inCluster(handle: (context: Context) => void): (call: Call) => void {
  return (call) => {
    const {cluster, slotMigrations} = call.server
    if (cluster === undefined || slotMigrations === undefined) call.reply.error(NOT_IN_CLUSTER)
    else handle({call, bus: cluster, migrations: slotMigrations})
  }
}

function migrateSlots({call, bus, migrations}: Context): void {
  const {argv, reply} = call
  const refusal = startRefusal(bus)
  if (refusal !== undefined) return reply.error(refusal)
  const requests: ExportRequest[] = []
  for (let at = 2; at < argv.length;) {
    if (argv[at]!.toLowerCase() !== 'slotsrange') return reply.error(SYNTAX_ERROR)
    const parsed = ownedRangesOrReply(call, bus, at + 1)
    if (parsed === undefined) return
    const request = exportRequest(argv, bus, migrations, parsed, requests)
    if (typeof request === 'string') return reply.error(request)
    requests.push(request)
    at = parsed.next + 2
  }
  migrations.startExports(requests, userOf(call))
  reply.ok()
}

function exportRequest(
  argv: readonly string[],
  bus: ClusterBus,
  migrations: SlotMigrations,
  {ranges, owner, next}: OwnedRanges,
  others: readonly ExportRequest[],
): ExportRequest | string {
  if (owner.id !== bus.myId) return 'ERR Slots are not served by this node.'
  for (const [first, last] of ranges) {
    for (let slot = first; slot <= last; slot++) {
      if (migrations.isSlotExporting(slot)) return `ERR I am already migrating slot ${slot}.`
    }
  }
  if (others.some((other) => other.ranges.some((one) => ranges.some((range) => overlap(one, range))))) {
    return 'ERR Slot ranges in migrations overlap'
  }
  const target = argv[next + 1]
  if (target === undefined || argv[next]!.toLowerCase() !== 'node') return SYNTAX_ERROR
  if (target.length !== NODE_ID_LENGTH) return `ERR Invalid node name: ${target}`
  if (!bus.state.nodes.has(target)) return `ERR Unknown node name: ${target}`
  if (target === bus.myId) return 'ERR Target node can not be this node.'
  return {ranges, target}
}

function cancelSlotMigrations({call, migrations}: Context): void {
  if (migrations.cancelExports(userOf(call))) call.reply.ok()
  else call.reply.error('ERR No migrations ongoing')
}

function getSlotMigrations({call: {reply}, migrations}: Context): void {
  const {jobs} = migrations
  reply.array(jobs.length)
  for (const job of jobs) {
    const fields = fieldsOf(job)
    reply.map(fields.length)
    for (const [name, value] of fields) {
      reply.bulk(name)
      if (typeof value === 'number') reply.integer(value)
      else reply.bulk(value)
    }
  }
}

/** Nothing is forked, so there is no copy on write to tell of. */
function fieldsOf(job: Job): readonly (readonly [name: string, value: string | number])[] {
  const {name, operation, ranges, source = '', target = ''} = job.facts
  const seconds = (ms: number): number => Math.floor(ms / 1000)
  return [
    ['name', name],
    ['operation', operation],
    ['slot_ranges', formatRanges(ranges)],
    ...(job.isTracking
      ? []
      : ([
          ['target_node', target],
          ['source_node', source],
        ] as const)),
    ['create_time', seconds(job.createdMs)],
    ['last_update_time', seconds(job.updatedMs)],
    ['last_ack_time', seconds(job.ackedMs)],
    ['state', job.state],
    ['message', job.message],
    ['cow_size', 0],
    ['remaining_repl_size', job.remainingBytes],
  ]
}

/** DEBUG SLOTMIGRATION PREVENT-PAUSE|PREVENT-FAILOVER 0|1: a migration stands still there, for tests. */
export function debugSlotMigration({argv, server, reply}: Call): void {
  const brakes = server.slotMigrations?.brakes
  const what = argv[2]!.toLowerCase()
  if (brakes === undefined) return reply.error(NOT_IN_CLUSTER)
  if (what === 'prevent-pause') brakes.preventsPause = Number.parseInt(argv[3]!, 10) !== 0
  else if (what === 'prevent-failover') brakes.preventsFailover = Number.parseInt(argv[3]!, 10) !== 0
  else return reply.error(SYNTAX_ERROR)
  reply.ok()
}

/** Who asked, in a line of the log. */
function userOf({client, nowMs}: Call): string {
  return formatClientLine(client, nowMs)
    .split(' ')
    .filter((field) => /^(id|addr|laddr|fd|name|user)=/.test(field))
    .join(' ')
}

export const slotMigrationHandlers: Handlers = {
  'cluster|cancelslotmigrations': inCluster(cancelSlotMigrations),
  'cluster|getslotmigrations': inCluster(getSlotMigrations),
  'cluster|migrateslots': inCluster(migrateSlots),
  'cluster|syncslots': inCluster(syncSlotsCommand),
}
