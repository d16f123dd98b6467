/** What happened to a large simulated cluster, for people. */
import type {Moment, SizeVerdict} from '../../rehearsal/index.js'
import {count, formatCount} from './numbers.js'

const TIME_WIDTH = 9

/** `  5.657 s after the crash: one node suspects it (PFAIL)` */
export function describeMoment({what, afterMs, since}: Moment): string {
  return `${`${(afterMs / 1000).toFixed(3)} s`.padStart(TIME_WIDTH)} after ${since}: ${what}`
}

/** The last lines: of what size the cluster was, and what was not reached. */
export function describeSize({nodes, nodeTimeoutMs, missing, virtualMs, messages, hash}: SizeVerdict): string {
  const lines = [
    ...missing.map((what) => `NOT IN TIME: ${what}`),
    `${count(nodes, 'node')}, cluster-node-timeout ${formatCount(nodeTimeoutMs)} ms, ` +
      `${count(virtualMs / 1000, 'virtual second')}, ${count(messages, 'message')}`,
    `trace ${hash}`,
  ]
  return `${lines.join('\n')}\n`
}
