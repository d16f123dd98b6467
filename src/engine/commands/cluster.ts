/** CLUSTER and its subcommands, ASKING, READONLY, READWRITE: arguments in, the bus does it, its words out. */
import {keySlot} from '../keyspace/key-slot.js'
import {isSlot, type SlotId} from '../../model/slot.js'
import {type SlotRange} from '../../model/slot-set.js'
import {parseSafeInteger} from '../resp/numbers.js'
import {type ClusterBus} from '../cluster/cluster-bus.js'
import {type Call, type CommandFamily, type Handler, type Handlers} from '../server/call.js'
import {integerOrReply, SYNTAX_ERROR} from './arguments.js'
import {CLUSTER_HELP} from './cluster-help.js'
import {sendLinks, sendShards, sendSlots} from './cluster-replies.js'
import {sendHelp} from './help.js'
import {clusterFacts} from './specs/cluster.js'
import {slotMigrationHandlers} from './cluster-slot-migration.js'

const NOT_IN_CLUSTER = 'ERR This instance has cluster support disabled'
const BAD_SLOT = 'ERR Invalid or out of range slot'
const BAD_SETSLOT = 'ERR Invalid CLUSTER SETSLOT action or number of arguments. Try CLUSTER HELP'

type ClusterHandler = (call: Call, bus: ClusterBus) => void

/** Outside a cluster every one of these is refused, whatever its arguments. */
function inCluster(handle: ClusterHandler): Handler {
  return (call) => {
    const {cluster} = call.server
    if (cluster === undefined) call.reply.error(NOT_IN_CLUSTER)
    else handle(call, cluster)
  }
}

/** The client does not speak TLS: where the cluster does, it is told of other ports. */
function isPlain({client}: Call): boolean {
  return client.local.isSecure !== true
}

/** `ok`, or the reason of the bus. */
function sendOutcome({reply}: Call, outcome: string): void {
  if (outcome === 'ok') reply.ok()
  else reply.error(`ERR ${outcome}`)
}

/** A slot number as it is written; -1 for anything else, which the bus refuses. */
function slotAt({argv}: Call, at: number): SlotId {
  const slot = parseSafeInteger(argv[at] ?? '')
  return slot !== undefined && isSlot(slot) ? slot : -1
}

/** ADDSLOTS 1 2 3: each slot is a range of one. */
function singleSlots(call: Call): SlotRange[] {
  return call.argv.slice(2).map((_, index): SlotRange => [slotAt(call, index + 2), slotAt(call, index + 2)])
}

/** ADDSLOTSRANGE 0 5 10 20; undefined after the error for an odd number of words. */
function slotRangesOrReply(call: Call): SlotRange[] | undefined {
  const {argv, reply, spec} = call
  if (argv.length % 2 !== 0) {
    reply.error(`ERR wrong number of arguments for '${spec.fullName}' command`)
    return undefined
  }
  const ranges: SlotRange[] = []
  for (let at = 2; at < argv.length; at += 2) ranges.push([slotAt(call, at), slotAt(call, at + 1)])
  return ranges
}

function addSlotsRange(call: Call, bus: ClusterBus): void {
  const ranges = slotRangesOrReply(call)
  if (ranges !== undefined) sendOutcome(call, bus.addSlots(ranges))
}

function delSlotsRange(call: Call, bus: ClusterBus): void {
  const ranges = slotRangesOrReply(call)
  if (ranges !== undefined) sendOutcome(call, bus.delSlots(ranges))
}

function meet(call: Call, bus: ClusterBus): void {
  const {argv, reply} = call
  if (argv.length > 5) return reply.error(`ERR wrong number of arguments for '${call.spec.fullName}' command`)
  const port = parseSafeInteger(argv[3]!)
  if (port === undefined) return reply.error(`ERR Invalid TCP base port specified: ${argv[3]!}`)
  const busPort = argv[4] === undefined ? 0 : parseSafeInteger(argv[4])
  if (busPort === undefined) return reply.error(`ERR Invalid TCP bus port specified: ${argv[4]!}`)
  sendOutcome(call, bus.meet(argv[2]!, port, busPort))
}

function setSlot(call: Call, bus: ClusterBus): void {
  const {argv, reply} = call
  if (!bus.isPrimary) return reply.error('ERR Please use SETSLOT only with masters.')
  const slot = slotAt(call, 2)
  if (slot < 0) return reply.error(BAD_SLOT)
  const {slotMigrations} = call.server
  if (slotMigrations?.isSlotImporting(slot) === true) return reply.error('ERR Slot import in progress.')
  if (slotMigrations?.isSlotExporting(slot) === true) return reply.error('ERR Slot export in progress.')
  const action = argv[3]!.toLowerCase()
  if (action === 'stable' && argv.length === 4) return sendOutcome(call, bus.setSlot(slot, {kind: 'stable'}))
  const opens = action === 'migrating' || action === 'importing' || action === 'node'
  if (!opens || argv.length !== 5) return reply.error(BAD_SETSLOT)
  sendOutcome(call, bus.setSlot(slot, {kind: action, id: argv[4]!}))
}

function setConfigEpoch(call: Call, bus: ClusterBus): void {
  const epoch = integerOrReply(call, 2)
  if (epoch !== undefined) sendOutcome(call, bus.setConfigEpoch(epoch))
}

function failover(call: Call, bus: ClusterBus): void {
  const {argv, reply} = call
  const mode = argv[2]?.toLowerCase() ?? 'normal'
  if (argv.length > 3 || (argv.length === 3 && mode !== 'force' && mode !== 'takeover')) {
    return reply.error(SYNTAX_ERROR)
  }
  sendOutcome(call, bus.failover(mode === 'force' || mode === 'takeover' ? mode : 'normal'))
}

function reset(call: Call, bus: ClusterBus): void {
  const {argv, reply} = call
  const kind = argv[2]?.toLowerCase() ?? 'soft'
  if (argv.length > 3 || (kind !== 'soft' && kind !== 'hard')) return reply.error(SYNTAX_ERROR)
  sendOutcome(call, bus.reset(kind === 'hard'))
}

function replicas(call: Call, bus: ClusterBus): void {
  const lines = bus.replicas(call.argv[2]!, isPlain(call))
  if (typeof lines === 'string') call.reply.error(`ERR ${lines}`)
  else call.reply.bulks(lines)
}

function countFailureReports(call: Call, bus: ClusterBus): void {
  const count = bus.countFailureReports(call.argv[2]!)
  if (typeof count === 'string') call.reply.error(`ERR ${count}`)
  else call.reply.integer(count)
}

function countKeysInSlot(call: Call): void {
  const slot = integerOrReply(call, 2)
  if (slot === undefined) return
  if (!isSlot(slot)) return call.reply.error('ERR Invalid slot')
  call.reply.integer(call.server.databases[0]!.countKeysInSlot(slot))
}

function getKeysInSlot(call: Call): void {
  const slot = integerOrReply(call, 2)
  if (slot === undefined) return
  const most = integerOrReply(call, 3)
  if (most === undefined) return
  if (!isSlot(slot) || most < 0) return call.reply.error('ERR Invalid slot or number of keys')
  const keys: string[] = []
  for (const key of call.server.databases[0]!.keysInSlot(slot).keys()) {
    if (keys.length >= most) break
    keys.push(key)
  }
  call.reply.bulks(keys)
}

/** Flags of the connection, which only a cluster has a use for. */
function connectionFlag(set: (call: Call) => void): Handler {
  return inCluster((call) => {
    set(call)
    call.reply.ok()
  })
}

const handlers: Handlers = {
  ...slotMigrationHandlers,
  asking: connectionFlag(({client}) => (client.asking = true)),
  readonly: connectionFlag(({client}) => (client.readonlyMode = true)),
  readwrite: connectionFlag(({client}) => (client.readonlyMode = false)),
  'cluster|addslots': inCluster((call, bus) => sendOutcome(call, bus.addSlots(singleSlots(call)))),
  'cluster|addslotsrange': inCluster(addSlotsRange),
  'cluster|bumpepoch': inCluster((call, bus) => call.reply.status(bus.bumpEpoch())),
  'cluster|count-failure-reports': inCluster(countFailureReports),
  'cluster|countkeysinslot': inCluster(countKeysInSlot),
  'cluster|delslots': inCluster((call, bus) => sendOutcome(call, bus.delSlots(singleSlots(call)))),
  'cluster|delslotsrange': inCluster(delSlotsRange),
  'cluster|failover': inCluster(failover),
  'cluster|flushslots': inCluster((call, bus) => sendOutcome(call, bus.flushSlots())),
  'cluster|forget': inCluster((call, bus) => sendOutcome(call, bus.forget(call.argv[2]!))),
  'cluster|getkeysinslot': inCluster(getKeysInSlot),
  'cluster|help': inCluster((call) => sendHelp(call, 'CLUSTER', CLUSTER_HELP)),
  'cluster|info': inCluster((call, bus) => call.reply.verbatim(bus.info())),
  'cluster|keyslot': inCluster((call) => call.reply.integer(keySlot(call.argv[2]!))),
  'cluster|links': inCluster((call, bus) => sendLinks(call.reply, bus.links())),
  'cluster|meet': inCluster(meet),
  'cluster|myid': inCluster((call, bus) => call.reply.bulk(bus.myId)),
  'cluster|nodes': inCluster((call, bus) => call.reply.verbatim(bus.nodes(isPlain(call)))),
  'cluster|replicas': inCluster(replicas),
  'cluster|replicate': inCluster((call, bus) => sendOutcome(call, bus.replicate(call.argv[2]!))),
  'cluster|reset': inCluster(reset),
  'cluster|saveconfig': inCluster((call, bus) => sendOutcome(call, bus.saveConfig())),
  'cluster|set-config-epoch': inCluster(setConfigEpoch),
  'cluster|setslot': inCluster(setSlot),
  'cluster|shards': inCluster((call, bus) => sendShards(call.reply, bus.shards())),
  'cluster|slaves': inCluster(replicas),
  'cluster|slots': inCluster((call, bus) => sendSlots(call.reply, bus.slots(isPlain(call)))),
}

export const clusterFamily: CommandFamily = {group: 'cluster', facts: clusterFacts, handlers}
