/**
 * What clients did to a node meanwhile, by its own count of commands (INFO commandstats). It tells a key that a client took away from
 * one that was lost: where no command ran that could have done it, nobody did.
 */
import {errorCode} from '../../model/redis-error.js'
import {replyOf} from '../error.js'
import type {NodeClient, Reply} from '../ports.js'
import {FieldLines} from '../../model/field-lines.js'
import {listReply, textReply} from '../reply.js'

/** Counters at one moment. */
export interface WriteCounts {
  /** Changes when the server is started anew: then its counters mean nothing. */
  readonly runId: string
  /** By name in lower case; subcommands as `xgroup|create`. */
  readonly calls: ReadonlyMap<string, number>
  /** Names of the commands that change keys. */
  readonly writes: ReadonlySet<string>
  readonly expired: number
  readonly evicted: number
}

/** What may have happened between two moments; `true` where it cannot be told. */
export interface Meddling {
  /** A client changed a value. */
  readonly wrote: boolean
  /** A client, a time to live set meanwhile, or an eviction took a key away. */
  readonly removed: boolean
}

const ANYTHING: Meddling = {wrote: true, removed: true}

/** How keys are moved, by us and by the servers themselves. */
const OUR_OWN = new Set(['migrate', 'restore', 'restore-asking'])

/** Writing commands after which the key is there, whatever it was before. All others count as able to take one away. */
const KEEPING = new Set(
  (
    'append bitfield copy decr decrby geoadd getset hincrby hincrbyfloat hmset hset hsetnx incr incrby incrbyfloat linsert lpush ' +
    'lpushx lset mset msetnx persist pfadd pfmerge psetex rpush rpushx sadd set setbit setex setnx setrange xack xadd xautoclaim ' +
    'xclaim xgroup xreadgroup xsetid zadd zincrby'
  ).split(' '),
)

/** @returns `undefined` when the node does not tell, or does not let us ask */
export async function readWriteCounts(node: NodeClient): Promise<WriteCounts | undefined> {
  const [stats, info, server, commands] = await node.pipeline([
    ['INFO', 'commandstats'],
    ['INFO', 'stats'],
    ['INFO', 'server'],
    ['COMMAND'],
  ])
  if ([stats, info, server, commands].some((reply) => reply instanceof Error)) {
    const refused = [stats, info, server, commands].find((reply) => reply instanceof Error)
    if (errorCode(replyOf(refused)) === '') throw refused as Error
    return undefined
  }
  const fields = new FieldLines(textReply(info!, node))
  return {
    runId: new FieldLines(textReply(server!, node)).get('run_id') ?? '',
    calls: callsIn(textReply(stats!, node)),
    writes: writingCommands(listReply(commands!, node)),
    expired: Number(fields.get('expired_keys') ?? 0),
    evicted: Number(fields.get('evicted_keys') ?? 0),
  }
}

/** @param ours what our own writers had carried out there, by name */
export function meddlingBetween(
  before: WriteCounts | undefined,
  after: WriteCounts | undefined,
  ours: ReadonlyMap<string, number>,
): Meddling {
  if (before === undefined || after === undefined || before.runId !== after.runId) return ANYTHING
  let [wrote, removed] = [false, false]
  for (const [name, calls] of after.calls) {
    const [family = name] = name.split('|')
    const isWrite = after.writes.has(name) || after.writes.has(family) || family === 'xgroup'
    if (!isWrite || OUR_OWN.has(name)) continue
    const theirs = calls - (before.calls.get(name) ?? 0) - (ours.get(name) ?? 0)
    // Counters that went back were reset by somebody.
    if (theirs < 0) return ANYTHING
    if (theirs === 0) continue
    wrote = true
    removed ||= !KEEPING.has(family)
  }
  const ended = after.evicted !== before.evicted || (wrote && after.expired !== before.expired)
  return {wrote, removed: removed || ended}
}

/** `cmdstat_set:calls=12,usec=…` */
function callsIn(text: string): ReadonlyMap<string, number> {
  const lines = [...new FieldLines(text).matching(/^cmdstat_([^:]+):calls=(\d+)/gm)]
  return new Map(lines.map(([, name, calls]) => [name!, Number(calls)]))
}

/** Of COMMAND: name, arity, flags, … */
function writingCommands(commands: readonly Reply[]): ReadonlySet<string> {
  const names = commands.flatMap((command) => {
    const [name, , flags] = (Array.isArray(command) ? command : []) as readonly Reply[]
    return Array.isArray(flags) && (flags as readonly Reply[]).includes('write') ? [String(name).toLowerCase()] : []
  })
  return new Set(names)
}
