/** What clients may keep and how long they may be silent; and the figures that are taken every 100 ms. */
import {classOf, formatClientLine} from '../server/client-line.js'
import {type Client} from '../server/client.js'
import {type OutputClass, type OutputLimits, parseOutputLimits} from '../server/directive-specials.js'
import {type Server} from '../server/server.js'
import {type NodePart} from './core.js'

/** Output limits of replicas are kept by replication, which knows what it holds for each. */
export function makeClientCron(server: Server): NodePart {
  const {config, stats} = server
  let limits = parseOutputLimits(config.text('client-output-buffer-limit'))
  let idleMs = 0
  /** No client with less in its output is beyond any limit: nearly all of them are passed over with one comparison. */
  let leastLimit = leastOf(limits)
  config.watch('client-output-buffer-limit', (value) => {
    limits = parseOutputLimits(value)
    leastLimit = leastOf(limits)
  })
  config.watch('timeout', (value) => (idleMs = Number(value) * 1000))
  const checkOutput = (client: Client, nowMs: number): void => {
    if (client.aboveSoftLimitSinceMs === 0 && client.output.pendingBytes + client.unsentBytes <= leastLimit) return
    const kind = classOf(client)
    if (kind !== 'normal' && kind !== 'pubsub') return
    if (client.closing === 'now' || !exceeds(client, limits[kind], nowMs)) return
    server.log(
      'warning',
      `Client ${formatClientLine(client, nowMs)} scheduled to be closed ASAP for overcoming of output buffer limits.`,
    )
    server.dropClient(client)
  }
  return {
    tick(nowMs) {
      server.measureMemory()
      stats.commandRate.sample(stats.totalCommands, nowMs)
      stats.inputRate.sample(stats.netInputBytes, nowMs)
      stats.outputRate.sample(stats.netOutputBytes, nowMs)
      for (const client of server.clients.values()) {
        if (client.unsentBytes > 0) checkOutput(client, nowMs)
        if (idleMs > 0 && isIdle(client, nowMs - idleMs)) {
          server.log('verbose', 'Closing idle client')
          server.dropClient(client)
        }
      }
    },
    beforeSleep(nowMs) {
      for (const client of server.writable) {
        stats.netOutputBytes += client.output.pendingBytes
        stats.writesProcessed++
        checkOutput(client, nowMs)
      }
    },
  }
}

function leastOf({normal, pubsub}: Readonly<Record<OutputClass, OutputLimits>>): number {
  const set = [normal.hardBytes, normal.softBytes, pubsub.hardBytes, pubsub.softBytes].filter((bytes) => bytes > 0)
  return Math.min(...set)
}

/** Source: Redis' checkClientOutputBufferLimits: the soft limit must have been exceeded for longer than its seconds. */
function exceeds(client: Client, {hardBytes, softBytes, softSeconds}: OutputLimits, nowMs: number): boolean {
  const waiting = client.output.pendingBytes + client.unsentBytes
  if (hardBytes > 0 && waiting > hardBytes) return true
  if (softBytes === 0 || waiting <= softBytes) {
    client.aboveSoftLimitSinceMs = 0
    return false
  }
  if (client.aboveSoftLimitSinceMs === 0) client.aboveSoftLimitSinceMs = nowMs
  return nowMs - client.aboveSoftLimitSinceMs > softSeconds * 1000
}

/** Whoever waits for something, or for messages, is not idle. */
function isIdle(client: Client, beforeMs: number): boolean {
  return (
    client.kind === 'normal' &&
    client.closing === 'no' &&
    client.blocked === undefined &&
    !client.isMonitor &&
    !client.isSubscriber &&
    client.lastActiveMs < beforeMs
  )
}
