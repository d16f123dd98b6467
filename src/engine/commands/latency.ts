/** LATENCY: spikes, their history, and how long each command takes. */
import {type Call, type CommandSpec, type Handlers} from '../server/call.js'
import {type LatencySeries} from '../server/latency.js'
import {drawSparkline} from '../server/sparkline.js'
import {sendHelp} from './help.js'

function latest({server, reply}: Call): void {
  reply.array(server.latency.size)
  for (const [event, series] of server.latency.events) {
    const last = series.samples.at(-1)!
    reply.array(4)
    reply.bulk(event)
    reply.integer(last.atSeconds)
    reply.integer(last.latencyMs)
    reply.integer(series.maxMs)
  }
}

function history({server, argv, reply}: Call): void {
  const samples = server.latency.find(argv[2]!)?.samples ?? []
  reply.array(samples.length)
  for (const {atSeconds, latencyMs} of samples) {
    reply.array(2)
    reply.integer(atSeconds)
    reply.integer(latencyMs)
  }
}

function reset({server, argv, reply}: Call): void {
  reply.integer(server.latency.reset(argv.slice(2)))
}

function graph({server, argv, reply, nowMs}: Call): void {
  const event = argv[2]!
  const series = server.latency.find(event)
  if (series === undefined) return reply.error(`ERR No samples available for event '${event}'`)
  const values = series.samples.map(({latencyMs}) => latencyMs)
  const high = Math.max(...values)
  const low = Math.min(...values)
  const head = `${event} - high ${high} ms, low ${low} ms (all time high ${series.maxMs} ms)\n${'-'.repeat(80)}\n`
  const nowSeconds = Math.floor(nowMs / 1000)
  const points = series.samples.map(({atSeconds, latencyMs}) => ({
    value: latencyMs,
    label: formatAge(nowSeconds - atSeconds),
  }))
  reply.verbatim(head + drawSparkline(points))
}

function formatAge(seconds: number): string {
  if (seconds < 60) return `${seconds}s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`
  return seconds < 86_400 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 86_400)}d`
}

const DOCTOR_IS_OFF =
  "I'm sorry, Dave, I can't do that. Latency monitoring is disabled in this Redis instance. You may use \"CONFIG SET latency-monitor-threshold <milliseconds>.\" in order to enable it. If we weren't in a deep space mission I'd suggest to take a look at https://redis.io/topics/latency-monitor.\n"
const DOCTOR_IS_PLEASED =
  'Dave, no latency spike was observed during the lifetime of this Redis instance, not in the slightest bit. I honestly think you ought to sit down calmly, take a stress pill, and think things over.\n'

function doctor({server, reply}: Call): void {
  const {latency} = server
  if (latency.thresholdMs === 0) return reply.verbatim(DOCTOR_IS_OFF)
  if (latency.size === 0) return reply.verbatim(DOCTOR_IS_PLEASED)
  const lines = ['Latency spikes were observed in this node:', '']
  let number = 0
  for (const [event, series] of latency.events) lines.push(`${++number}. ${describe(event, series)}`)
  lines.push('', 'What may help:', '', ...adviceFor(server.latency.events))
  reply.verbatim(`${lines.join('\n')}\n`)
}

function describe(event: string, series: LatencySeries): string {
  const {samples} = series
  const average = samples.reduce((total, {latencyMs}) => total + latencyMs, 0) / samples.length
  const spread = samples.reduce((total, {latencyMs}) => total + Math.abs(latencyMs - average), 0) / samples.length
  const seconds = samples.at(-1)!.atSeconds - samples[0]!.atSeconds
  const period = (seconds / samples.length).toFixed(2)
  const worst = `Worst all time event ${series.maxMs}ms.`
  return `${event}: ${samples.length} latency spikes (average ${average.toFixed(0)}ms, mean deviation ${spread.toFixed(0)}ms, period ${period} sec). ${worst}`
}

function adviceFor(events: Iterable<readonly [string, LatencySeries]>): string[] {
  const advice: string[] = []
  for (const [event] of events) {
    if (event === 'command') {
      advice.push('- Look at SLOWLOG GET for the commands that took long, and break up those that touch many elements.')
    } else if (event === 'fast-command') {
      advice.push('- Even quick commands were slow: see whether the machine is short of CPU or memory (swapping).')
    } else {
      advice.push(`- LATENCY HISTORY ${event} tells when it happened: compare that with what ran then.`)
    }
  }
  return advice
}

function histogram({commands, argv, reply}: Call): void {
  const found: CommandSpec[] = []
  if (argv.length === 2) for (const spec of commands.all) collectUsed(spec, found)
  for (const word of argv.slice(2)) {
    const [name = '', sub] = word.toLowerCase().split('|')
    const spec = commands.find(name)
    const named = spec === undefined || sub === undefined ? spec : commands.findSubcommand(spec, sub)
    if (named !== undefined) collectUsed(named, found)
  }
  reply.map(found.length)
  for (const {fullName, stats} of found) {
    const steps = stats.histogram?.steps() ?? []
    reply.bulk(fullName)
    reply.map(2)
    reply.bulk('calls')
    reply.integer(stats.histogram?.calls ?? 0)
    reply.bulk('histogram_usec')
    reply.map(steps.length)
    for (const {upToUsec, calls} of steps) {
      reply.integer(upToUsec)
      reply.integer(calls)
    }
  }
}

function collectUsed(spec: CommandSpec, found: CommandSpec[]): void {
  if (spec.stats.histogram !== undefined && spec.stats.histogram.calls > 0) found.push(spec)
  for (const each of spec.subcommands?.values() ?? []) collectUsed(each, found)
}

const HELP = [
  'DOCTOR',
  '    Return a human readable latency analysis report.',
  'GRAPH <event>',
  '    Return an ASCII latency graph for the <event> class.',
  'HISTORY <event>',
  '    Return time-latency samples for the <event> class.',
  'LATEST',
  '    Return the latest latency samples for all events.',
  'RESET [<event> ...]',
  '    Reset latency data of one or more <event> classes.',
  '    (default: reset all data for all event classes)',
  'HISTOGRAM [COMMAND ...]',
  '    Return a cumulative distribution of latencies in the format of a histogram for the specified command names.',
  '    If no commands are specified then all histograms are replied.',
]

export const latencyHandlers: Handlers = {
  'latency|latest': latest,
  'latency|history': history,
  'latency|reset': reset,
  'latency|graph': graph,
  'latency|doctor': doctor,
  'latency|histogram': histogram,
  'latency|help': (call) => sendHelp(call, 'LATENCY', HELP),
}
