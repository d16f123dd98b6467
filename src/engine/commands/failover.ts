/** FAILOVER: a primary outside a cluster trades places with one of its replicas, and nothing written is lost. */
import {type Endpoint} from '../ports.js'
import {isAt} from '../replication/failover.js'
import {type Replication} from '../replication/replication.js'
import {parseSafeInteger} from '../resp/numbers.js'
import {type Call} from '../server/call.js'
import {NOT_AN_INTEGER, SYNTAX_ERROR} from './arguments.js'

interface Options {
  target: Endpoint | undefined
  timeoutMs: number | undefined
  isForced: boolean
  isAbort: boolean
}

/** `FAILOVER [TO host port [FORCE]] [ABORT] [TIMEOUT ms]`: its errors come in the order of Redis 7.0's failoverCommand. */
export function failover(call: Call): void {
  const {reply, server, nowMs} = call
  if (server.clusterEnabled) return reply.error('ERR FAILOVER not allowed in cluster mode.')
  const options = parseOptions(call)
  if (options === undefined) return
  const {replication} = server
  if (options.isAbort) {
    if (!replication.failover.isUnderWay) return reply.error('ERR No failover in progress.')
    replication.failover.abort('Failover manually aborted')
    return reply.ok()
  }
  const refusal = refusalOf(replication, options)
  if (refusal !== undefined) return reply.error(refusal)
  const {target, timeoutMs, isForced} = options
  replication.failover.start({target, isForced, endsAtMs: timeoutMs === undefined ? undefined : nowMs + timeoutMs})
  reply.ok()
}

/** @returns undefined when it has replied */
function parseOptions({argv, reply}: Call): Options | undefined {
  const options: Options = {target: undefined, timeoutMs: undefined, isForced: false, isAbort: false}
  for (let at = 1; at < argv.length; at++) {
    const word = argv[at]!.toLowerCase()
    const left = argv.length - 1 - at
    let error: string | undefined = SYNTAX_ERROR
    if (word === 'timeout' && left >= 1 && options.timeoutMs === undefined) error = takeTimeout(options, argv[++at]!)
    else if (word === 'to' && left >= 2 && options.target === undefined) {
      error = takeTarget(options, argv[at + 1]!, argv[at + 2]!)
      at += 2
    } else if (word === 'abort' && argv.length === 2) {
      options.isAbort = true
      error = undefined
    } else if (word === 'force' && !options.isForced) {
      options.isForced = true
      error = undefined
    }
    if (error === undefined) continue
    reply.error(error)
    return undefined
  }
  return options
}

function takeTimeout(options: Options, text: string): string | undefined {
  const timeoutMs = parseSafeInteger(text)
  if (timeoutMs === undefined) return NOT_AN_INTEGER
  if (timeoutMs <= 0) return 'ERR FAILOVER timeout must be greater than 0'
  options.timeoutMs = timeoutMs
  return undefined
}

function takeTarget(options: Options, host: string, portText: string): string | undefined {
  const port = parseSafeInteger(portText)
  if (port === undefined) return NOT_AN_INTEGER
  options.target = {host, port}
  return undefined
}

function refusalOf(replication: Replication, {target, timeoutMs, isForced}: Options): string | undefined {
  if (replication.failover.isUnderWay) return 'ERR FAILOVER already in progress.'
  if (replication.isReplica) return 'ERR FAILOVER is not valid when server is a replica.'
  const {all} = replication.replicas
  if (all.size === 0) return 'ERR FAILOVER requires connected replicas.'
  if (isForced && (timeoutMs === undefined || target === undefined)) {
    return 'ERR FAILOVER with force option requires both a timeout and target HOST and IP.'
  }
  if (target === undefined) return undefined
  const replica = [...all].find((peer) => isAt(peer, target))
  if (replica === undefined) return 'ERR FAILOVER target HOST and PORT is not a replica.'
  return replica.isOnline ? undefined : 'ERR FAILOVER target replica is not online.'
}
