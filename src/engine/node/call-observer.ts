/** Watches commands go by: latency histograms, the slow log, latency spikes, MONITOR. */
import {formatEndpoint} from '../server/client-line.js'
import {type Call} from '../server/call.js'
import {LatencyHistogram} from '../server/latency-histogram.js'
import {formatMonitorLine} from '../server/monitor.js'
import {redact} from '../server/redaction.js'
import {type Server} from '../server/server.js'
import {type CallObserver} from './dispatch.js'

/** One observer for all of it: the common path costs a flag, a comparison and a size. */
export function makeCallObserver(server: Server): CallObserver {
  const {config, slowlog, latency, monitors} = server
  let tracks = true
  let slowerThanUs = 0
  let noticedFromUs = 0
  const adjust = (): void => {
    const spikeUs = latency.thresholdMs > 0 ? latency.thresholdMs * 1000 : Infinity
    noticedFromUs = Math.min(slowerThanUs < 0 ? Infinity : slowerThanUs, spikeUs)
  }
  config.watch('latency-tracking', (value) => (tracks = value === 'yes'))
  config.watch('slowlog-log-slower-than', (value) => {
    slowerThanUs = Number(value)
    adjust()
  })
  config.watch('slowlog-max-len', (value) => {
    slowlog.maxEntries = Number(value)
    slowlog.trim()
  })
  config.watch('latency-monitor-threshold', (value) => {
    latency.thresholdMs = Number(value)
    adjust()
  })
  return (call, usec) => {
    if (tracks) (call.spec.stats.histogram ??= new LatencyHistogram()).record(usec)
    if (usec >= noticedFromUs) noteSlow(call, usec, slowerThanUs >= 0 && usec >= slowerThanUs)
    if (monitors.size > 0) feedMonitors(call)
  }
}

function noteSlow(call: Call, usec: number, isSlow: boolean): void {
  const {server, spec, client} = call
  if (spec.fullName !== 'exec') {
    server.latency.sample(spec.flags.has('fast') ? 'fast-command' : 'command', usec / 1000, server.nowMs)
  }
  if (!isSlow || spec.flags.has('skip_slowlog') || client.blocked !== undefined) return
  server.slowlog.add({
    atSeconds: Math.floor(server.nowMs / 1000),
    usec: Math.floor(usec),
    words: redact(spec.fullName, call.argv),
    peer: formatEndpoint(client.peer),
    clientName: client.name,
  })
}

/** Administrative commands are not shown. */
function feedMonitors(call: Call): void {
  const {server, spec, client} = call
  if (spec.flags.has('skip_monitor') || spec.flags.has('admin')) return
  const line = formatMonitorLine(client, client.database.index, redact(spec.fullName, call.argv), server.nowUs)
  for (const monitor of server.monitors) {
    if (monitor.closing !== 'no') continue
    monitor.output.status(line)
    server.queueForWriting(monitor)
  }
}
