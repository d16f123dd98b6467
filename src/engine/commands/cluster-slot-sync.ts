/** CLUSTER SYNCSLOTS: what the source of an atomic slot migration says to the target, and the target to its replicas and its AOF. */
import {type ClusterBus} from '../cluster/cluster-bus.js'
import {type NodeId, NODE_ID_LENGTH} from '../../model/node-id.js'
import {type Call} from '../server/call.js'
import {SlotImportPeer} from '../server/slot-import-peer.js'
import {type ImportJob} from '../slot-migration/import-job.js'
import {type SlotMigrations} from '../slot-migration/slot-migrations.js'
import {SYNTAX_ERROR} from './arguments.js'
import {ownedRangesOrReply, type ParsedRanges, slotRangesOrReply, startRefusal} from './cluster-slot-ranges.js'

interface Context {
  readonly call: Call
  readonly bus: ClusterBus
  readonly migrations: SlotMigrations
}

/** What the source says of a migration under way. */
const STREAM_WORDS: ReadonlyMap<string, (job: ImportJob) => void> = new Map([
  ['ack', (job) => job.acknowledged()],
  ['snapshot-eof', (job) => job.snapshotEnded()],
  ['paused', (job) => job.sourcePaused()],
  ['failover-granted', (job) => job.failoverGranted()],
])

/** What a target says: it never comes as a client. */
const TARGET_WORDS: ReadonlySet<string> = new Set(['request-pause', 'request-failover'])

/** Source: Valkey 9.1's clusterCommandSyncSlots. */
export function syncSlotsCommand(context: Context): void {
  const {call} = context
  const {argv, client, reply} = call
  const word = argv[2]!.toLowerCase()
  if (word === 'establish') return establish(context)
  if (word === 'finish') return finish(context)
  const job = client.slotImport
  // Said to our primary, which obeys it: what follows from it comes to us as FINISH.
  if (job === undefined && client.kind === 'primary') return
  const say = STREAM_WORDS.get(word)
  if (say === undefined && !TARGET_WORDS.has(word)) {
    // Neither side has anything to offer yet: not even an answer is due.
    if (word !== 'capa') unknownWord(call)
  } else if (job === undefined || say === undefined) {
    reply.error(`ERR CLUSTER SYNCSLOTS ${word.toUpperCase()} should only be used by slot migration clients`)
  } else say(job)
}

function unknownWord({client: {slotImport: job}, server, reply}: Call): void {
  if (job === undefined) return reply.error(SYNTAX_ERROR)
  server.log(
    'warning',
    `Received unknown SYNCSLOTS subcommand from slot migration ${job.description}. Failing the migration.`,
  )
  job.finish('failed', 'Unknown SYNCSLOTS subcommand used')
}

interface Establishment {
  name: string | undefined
  source: NodeId | undefined
  slots: ParsedRanges | undefined
  owner: NodeId | undefined
}

/** The only word of SYNCSLOTS that is answered. */
function establish(context: Context): void {
  const {call, bus, migrations} = context
  const {client, reply, server} = call
  const isTracking = client.kind === 'primary'
  const refusal = isTracking ? undefined : startRefusal(bus)
  if (refusal !== undefined) return reply.error(refusal)
  const said = establishmentOrReply(context, isTracking)
  if (said === undefined) return
  const {name, source, slots, owner} = said
  if (name === undefined || slots === undefined || (source === undefined && !isTracking)) {
    return reply.error(SYNTAX_ERROR)
  }
  if (source !== owner) {
    return reply.error('ERR Target node does not agree about current slot ownership')
  }
  const request = {name, ranges: slots.ranges, source}
  if (isTracking) migrations.startImport(request, undefined)
  else {
    const peer = new SlotImportPeer(server, client)
    client.slotImport = migrations.startImport(request, peer)
    reply.ok()
    peer.turnIntoStream()
  }
  call.propagateAs(...call.argv)
}

/**
 * Words in any order, each once. Our primary, and a file of ours, may know other nodes and owners than we do: what they say is only
 * kept track of, so that no key is seen too early, and neither source nor owner is looked for.
 */
function establishmentOrReply({call, bus, migrations}: Context, isTracking: boolean): Establishment | undefined {
  const {argv, reply} = call
  const said: Establishment = {name: undefined, source: undefined, slots: undefined, owner: undefined}
  for (let at = 3; at < argv.length;) {
    const word = argv[at]!.toLowerCase()
    if (word === 'slotsrange' && said.slots === undefined) {
      const owned = isTracking ? undefined : ownedRangesOrReply(call, bus, at + 1)
      said.slots = isTracking ? slotRangesOrReply(call, at + 1) : owned
      said.owner = owned?.owner.id
      if (said.slots === undefined) return undefined
      if (isImportingAny(migrations, said.slots)) {
        return void reply.error('ERR Slot is already being imported on the target by a different migration')
      }
      at = said.slots.next
      continue
    }
    const value = argv[at + 1]
    const isTwice = (word === 'name' && said.name !== undefined) || (word === 'source' && said.source !== undefined)
    if (value?.length !== NODE_ID_LENGTH || isTwice || (word !== 'name' && word !== 'source')) {
      return void reply.error(SYNTAX_ERROR)
    }
    if (word === 'name') said.name = value
    else if (!isTracking) {
      const refusal = sourceRefusal(bus, value)
      if (refusal !== undefined) return void reply.error(refusal)
      said.source = value
    }
    at += 2
  }
  return said
}

function sourceRefusal({state, myId}: ClusterBus, id: NodeId): string | undefined {
  if (!state.nodes.has(id)) return 'ERR Target node does not know the source node'
  return id === myId ? 'ERR Source node is target node itself' : undefined
}

function isImportingAny(migrations: SlotMigrations, {ranges}: ParsedRanges): boolean {
  for (const [first, last] of ranges) {
    for (let slot = first; slot <= last; slot++) if (migrations.isSlotImporting(slot)) return true
  }
  return false
}

/** The target tells those that follow it how an import ended. */
function finish({call, migrations}: Context): void {
  const {argv, reply} = call
  const said = new Map<string, string>()
  for (let at = 3; at < argv.length; at += 2) {
    const word = argv[at]!.toLowerCase()
    const value = argv[at + 1]
    const isKnown = word === 'state' || word === 'name' || word === 'message'
    if (!isKnown || said.has(word) || value === undefined || (word === 'name' && value.length !== NODE_ID_LENGTH)) {
      return reply.error(SYNTAX_ERROR)
    }
    said.set(word, value)
  }
  const name = said.get('name')
  const state = said.get('state')?.toLowerCase()
  if (name === undefined || state === undefined) return reply.error(SYNTAX_ERROR)
  const job = migrations.find(name)
  if (job === undefined) return reply.error('ERR No such slot migration job')
  if (state !== 'success' && state !== 'failed') return reply.error(SYNTAX_ERROR)
  reply.ok()
  call.propagateAs(...argv)
  job.finish(state, said.get('message'))
}
