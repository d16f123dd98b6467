/** MEMORY. What one value takes is reckoned as Redis would hold it; all else is about this process. */
import {parseSafeInteger} from '../resp/numbers.js'
import {type Call, type Handlers} from '../server/call.js'
import {formatBytes} from '../server/human.js'
import {approximateBytes, approximateKeyBytes} from '../values/memory-usage.js'
import {NOT_AN_INTEGER, SYNTAX_ERROR} from './arguments.js'
import {sendHelp} from './help.js'
import {backlogBytes, bufferBytes} from './info-text.js'

const DEFAULT_SAMPLES = 5
/** Below this MEMORY DOCTOR has nothing to judge. */
const SMALL_BYTES = 5 * 1024 * 1024

function usage({server, argv, db, reply}: Call): void {
  let samples = DEFAULT_SAMPLES
  for (let at = 3; at < argv.length; at += 2) {
    if (argv[at]!.toLowerCase() !== 'samples' || at + 1 >= argv.length) return reply.error(SYNTAX_ERROR)
    const wanted = parseSafeInteger(argv[at + 1]!)
    if (wanted === undefined) return reply.error(NOT_AN_INTEGER)
    if (wanted < 0) return reply.error(SYNTAX_ERROR)
    samples = wanted
  }
  const key = argv[2]!
  const value = db.look(key)
  if (value === undefined) return reply.null()
  reply.integer(approximateBytes(value, samples) + approximateKeyBytes(key, server.clusterEnabled))
}

interface Stat {
  readonly name: string
  readonly value: number
  readonly isRatio?: boolean
}

function stats({server, reply}: Call): void {
  const {residentBytes} = server.measureMemory()
  const {usedBytes, peakBytes, startupBytes} = server.memory
  const buffers = bufferBytes(server)
  const keys = server.databases.reduce((total, {size}) => total + size, 0)
  const overhead = startupBytes + buffers.normal + buffers.replicas
  const dataset = Math.max(0, usedBytes - overhead)
  const growth = Math.max(0, usedBytes - startupBytes)
  const all: readonly Stat[] = [
    {name: 'peak.allocated', value: peakBytes},
    {name: 'total.allocated', value: usedBytes},
    {name: 'startup.allocated', value: startupBytes},
    {name: 'replication.backlog', value: backlogBytes(server)},
    {name: 'clients.slaves', value: buffers.replicas},
    {name: 'clients.normal', value: buffers.normal},
    {name: 'cluster.links', value: 0},
    {name: 'aof.buffer', value: 0},
    {name: 'lua.caches', value: 0},
    {name: 'functions.caches', value: 0},
    {name: 'overhead.total', value: overhead},
    {name: 'keys.count', value: keys},
    {name: 'keys.bytes-per-key', value: keys === 0 ? 0 : Math.floor(growth / keys)},
    {name: 'dataset.bytes', value: dataset},
    {name: 'dataset.percentage', value: growth === 0 ? 0 : (dataset / growth) * 100, isRatio: true},
    {name: 'peak.percentage', value: peakBytes === 0 ? 0 : (usedBytes / peakBytes) * 100, isRatio: true},
    {name: 'fragmentation', value: usedBytes === 0 ? 0 : residentBytes / usedBytes, isRatio: true},
    {name: 'fragmentation.bytes', value: residentBytes - usedBytes},
  ]
  reply.map(all.length)
  for (const {name, value, isRatio} of all) {
    reply.bulk(name)
    if (isRatio === true) reply.double(value)
    else reply.integer(value)
  }
}

const EMPTY_DIAGNOSIS =
  "Hi Sam, this instance is empty or is using very little memory, my issues detector can't be used in these conditions. Please, leave for your mission on Earth and fill it with some data. The new Sam and I will be back to our programming as soon as I finished rebooting.\n"
const HEALTHY_DIAGNOSIS =
  "Hi Sam, I can't find any memory issue in your instance. I can only account for what occurs on this base.\n"

function doctor({server, reply}: Call): void {
  const {residentBytes} = server.measureMemory()
  const {usedBytes, peakBytes} = server.memory
  if (usedBytes < SMALL_BYTES) return reply.verbatim(EMPTY_DIAGNOSIS)
  const issues: string[] = []
  if (peakBytes > usedBytes * 1.5) {
    issues.push(
      ` * Peak memory: in the past this process used ${formatBytes(peakBytes)}, more than 150% of what it uses now. The heap shrinks when the garbage collector finds time.`,
    )
  }
  if (residentBytes > usedBytes * 1.4 && residentBytes - usedBytes > SMALL_BYTES * 20) {
    issues.push(
      ` * High fragmentation: the process holds ${formatBytes(residentBytes)} for ${formatBytes(usedBytes)} in use.`,
    )
  }
  const buffers = bufferBytes(server)
  if (buffers.normal > 200 * 1024 * server.clients.size) {
    issues.push(' * Big client buffers: clients have more than 200K each waiting, on average. See CLIENT LIST.')
  }
  if (issues.length === 0) return reply.verbatim(HEALTHY_DIAGNOSIS)
  reply.verbatim(`Sam, I detected a few issues in this instance memory:\n\n${issues.join('\n\n')}\n`)
}

function allocatorStatistics({server, reply}: Call): void {
  const {usedMemoryBytes, residentBytes} = server.measureMemory()
  reply.verbatim(`Memory is managed by V8: ${usedMemoryBytes} bytes in use, ${residentBytes} bytes resident.\n`)
}

const HELP = [
  'DOCTOR',
  '    Return memory problems reports.',
  'MALLOC-STATS',
  '    Return internal statistics report from the memory allocator.',
  'PURGE',
  '    Attempt to purge dirty pages for reclamation by the allocator.',
  'STATS',
  '    Return information about the memory usage of the server.',
  'USAGE <key> [SAMPLES <count>]',
  '    Return memory in bytes used by <key> and its value. Nested values are',
  '    sampled up to <count> times (default: 5, 0 means sample all).',
]

export const memoryHandlers: Handlers = {
  'memory|usage': usage,
  'memory|stats': stats,
  'memory|doctor': doctor,
  'memory|malloc-stats': allocatorStatistics,
  'memory|purge': ({reply}) => reply.ok(),
  'memory|help': (call) => sendHelp(call, 'MEMORY', HELP),
}
