/** What stands before each command of a client, in the order of Redis 7.0's processCommand. */
import {isUnsupported, unsupportedError} from '../commands/known-only.js'
import {type Call, type CommandSpec} from '../server/call.js'
import {isLoopback} from '../server/access.js'
import {type Client} from '../server/client.js'
import {type Server} from '../server/server.js'
import {type Guard, PARKED} from './dispatch.js'

/** Commands that a RESP2 client may still send while it is subscribed. */
const IN_PUBSUB = new Set([
  'ping',
  'subscribe',
  'ssubscribe',
  'psubscribe',
  'unsubscribe',
  'sunsubscribe',
  'punsubscribe',
  'quit',
  'reset',
])

/** Commands that change no data but reach the replicas (Redis' CMD_MAY_REPLICATE): a pause of writes holds them too. */
const MAY_REPLICATE = new Set(['publish', 'spublish', 'pfcount'])

/** Commands that redis.conf must allow, and how its error names them. */
const PROTECTED: ReadonlyMap<string, string> = new Map([
  ['debug', 'DEBUG'],
  ['module|load', 'MODULE'],
  ['module|loadex', 'MODULE'],
  ['module|unload', 'MODULE'],
])

/** What a client may say in MULTI however little memory there is. */
const ENDS_MULTI = new Set(['discard', 'multi', 'watch', 'unwatch', 'reset', 'quit'])

/** Before the cluster's: who is asking, and is this command possible here at all. */
export function makeFirstGuard(server: Server): Guard {
  const mayDebug = guardDebug(server)
  const isLoggedIn = guardLogin(server)
  return (call, keys) => mayDebug(call, keys) ?? isLoggedIn(call, keys) ?? guardTransaction(call, keys)
}

/** Behind the cluster's: is this the time for this command. */
export function makeLastGuard(server: Server): Guard {
  const hasMemory = guardMemory(server)
  const canKeep = guardDisk(server)
  const mayWrite = guardWrites(server)
  const isFresh = guardStaleData(server)
  const isLoaded = guardLoading(server)
  const isUnpaused = guardPause(server)
  return (call, keys) =>
    hasMemory(call, keys) ??
    canKeep(call, keys) ??
    mayWrite(call, keys) ??
    guardPubSub(call, keys) ??
    isFresh(call, keys) ??
    isLoaded(call, keys) ??
    guardFollower(call, keys) ??
    isUnpaused(call, keys)
}

/** Commands that arrive from our own primary, or from the AOF, are obeyed whatever we think of them. */
function mustObey(client: Client): boolean {
  return client.kind === 'primary'
}

/** EXEC is what its queue is. */
function writes({spec, client}: Call): boolean {
  return spec.isWrite || (spec.fullName === 'exec' && client.transaction?.hasWrite === true)
}

function guardDebug(server: Server): Guard {
  return ({spec, client}) => {
    if (spec.isReadonly || spec.isWrite) return undefined
    const command = PROTECTED.get(spec.fullName)
    if (command === undefined) return undefined
    const directive = `enable-${command.toLowerCase()}-command`
    const permission = server.config.text(directive)
    if (permission === 'yes' || (permission === 'local' && isLoopback(client.peer.host))) return undefined
    return `ERR ${command} command not allowed. If the ${directive} option is set to "local", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.`
  }
}

function guardLogin(server: Server): Guard {
  const {access} = server
  return ({client, spec}) =>
    access.admits(client) || spec.flags.has('no_auth') ? undefined : 'NOAUTH Authentication required.'
}

const guardTransaction: Guard = ({client, spec}) => {
  if (client.transaction === undefined) return undefined
  if (spec.flags.has('no_multi')) return 'ERR Command not allowed inside a transaction'
  return isUnsupported(spec) ? unsupportedError(spec) : undefined
}

/** With maxmemory reached nothing may grow. In MULTI no command is queued either: EXEC would refuse them all. */
function guardMemory(server: Server): Guard {
  const {memory} = server
  let mostBytes = 0
  let spares = true
  server.config.watch('maxmemory', (value) => (mostBytes = Number(value)))
  server.config.watch('replica-ignore-maxmemory', (value) => (spares = value === 'yes'))
  return ({spec, client}) => {
    if (mostBytes === 0 || memory.usedBytes <= mostBytes || mustObey(client)) return undefined
    if (server.isReplica && spares) return undefined
    const {transaction} = client
    const isDenied =
      spec.flags.has('denyoom') ||
      (transaction !== undefined &&
        (spec.fullName === 'exec' ? transaction.hasDenyOom : !ENDS_MULTI.has(spec.fullName)))
    return isDenied ? "OOM command not allowed when used memory > 'maxmemory'." : undefined
  }
}

/** A replica that we feed, and MONITOR, look on only. */
const guardFollower: Guard = ({client, spec}) => {
  if (client.kind !== 'replica' && !client.isMonitor) return undefined
  const touches = spec.isReadonly || spec.isWrite || MAY_REPLICATE.has(spec.fullName)
  return touches ? "ERR Replica can't interact with the keyspace" : undefined
}

/** What could not be kept on disk is not taken. What our primary says cannot be refused: the node ends, or is told not to mind. */
function guardDisk(server: Server): Guard {
  return (call) => {
    if (server.diskRefusal === undefined || (!writes(call) && call.spec.fullName !== 'ping')) return undefined
    if (!mustObey(call.client)) return server.diskRefusal
    if (call.spec.fullName === 'ping' || server.config.flag('replica-ignore-disk-write-errors')) return undefined
    throw new Error('Replica was unable to write command to disk.')
  }
}

/** A primary with too few good replicas, and a replica, take no writes. */
function guardWrites(server: Server): Guard {
  let wantedReplicas = 0
  let maxLagSeconds = 0
  let readOnly = true
  server.config.watch('min-replicas-to-write', (value) => (wantedReplicas = Number(value)))
  server.config.watch('min-replicas-max-lag', (value) => (maxLagSeconds = Number(value)))
  server.config.watch('replica-read-only', (value) => (readOnly = value === 'yes'))
  return (call) => {
    if (!writes(call)) return undefined
    if (!server.isReplica) {
      const isShort = wantedReplicas > 0 && maxLagSeconds > 0 && server.goodReplicas < wantedReplicas
      return isShort ? 'NOREPLICAS Not enough good replicas to write.' : undefined
    }
    if (!readOnly || mustObey(call.client)) return undefined
    return "READONLY You can't write against a read only replica."
  }
}

const guardPubSub: Guard = ({client, spec}) => {
  if (!client.isSubscriber || client.protocol === 3 || IN_PUBSUB.has(spec.fullName)) return undefined
  return `ERR Can't execute '${spec.fullName}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context`
}

/** A replica without its primary answers from old data, unless it is told not to. */
function guardStaleData(server: Server): Guard {
  let servesStaleData = true
  server.config.watch('replica-serve-stale-data', (value) => (servesStaleData = value === 'yes'))
  return ({spec, client}) => {
    if (servesStaleData || !server.isReplica || server.primaryLinkIsUp || mustObey(client)) return undefined
    if (!refuses(spec, client, 'stale')) return undefined
    return "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'."
  }
}

function guardLoading(server: Server): Guard {
  return ({spec, client}) => {
    if (!server.loading && !server.asyncLoading) return undefined
    if (mustObey(client)) return undefined
    const isRefused = server.loading ? refuses(spec, client, 'loading') : spec.flags.has('no_async_loading')
    return isRefused ? 'LOADING Redis is loading the dataset in memory' : undefined
  }
}

function refuses(spec: CommandSpec, client: Client, permission: 'stale' | 'loading'): boolean {
  if (!spec.flags.has(permission)) return true
  if (spec.fullName !== 'exec' || client.transaction === undefined) return false
  return permission === 'stale' ? client.transaction.hasDenyStale : client.transaction.hasDenyLoading
}

/** CLIENT PAUSE: the command waits until the pause is over. Replicas and our primary are never held. */
function guardPause(server: Server): Guard {
  const {pause, blocking} = server
  return (call) => {
    if (pause.isEmpty || call.client.kind !== 'normal') return undefined
    const kind = pause.kindAt(server.nowMs)
    if (kind === 'no' || (kind === 'write' && !writes(call) && !MAY_REPLICATE.has(call.spec.fullName))) return undefined
    blocking.block(call.client, {kind: 'pause', timeoutAtMs: pause.untilMs, onTimeout: () => undefined})
    return PARKED
  }
}
