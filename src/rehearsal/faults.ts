/** What goes wrong, and when: drawn from the seed before anything begins, so that it can be said in advance and repeated. */
import {below, fraction, pick, shuffle} from '../engine/chance.js'
import type {Rng} from '../engine/ports.js'

export const FAULT_KINDS = [
  'crash',
  'pause',
  'partition',
  'slow-link',
  'cut-connections',
  'slow-disk',
  'failing-disk',
  'clock-drift',
  'kill-tool',
  'interrupt-tool',
  'second-tool',
  'failover',
  'out-of-memory',
] as const

/** What is drawn from where nobody says. */
export const USUAL_FAULTS: readonly FaultKind[] = FAULT_KINDS

export type FaultKind = (typeof FAULT_KINDS)[number]

/** One thing that goes wrong. Nodes are numbers: the order in which the simulation made them. */
export type Fault =
  | {readonly kind: 'kill-tool'; readonly afterCommands: number}
  | {readonly kind: 'interrupt-tool'; readonly atMs: number; readonly again: boolean}
  | {readonly kind: 'second-tool'; readonly atMs: number}
  | {readonly kind: 'partition'; readonly atMs: number; readonly forMs: number; readonly away: readonly number[]}
  | {readonly kind: 'cut-connections'; readonly atMs: number; readonly node: number}
  | {
      readonly kind: 'failover'
      readonly atMs: number
      readonly node: number
      /** Not `takeover`: it takes an epoch without a vote, and two that do so claim the same slots with the same epoch. */
      readonly mode: 'normal' | 'force'
    }
  | {readonly kind: 'clock-drift'; readonly atMs: number; readonly node: number; readonly ppm: number}
  | {
      readonly kind: 'slow-link'
      readonly atMs: number
      readonly forMs: number
      readonly node: number
      readonly ms: number
    }
  | {
      readonly kind: 'crash' | 'pause' | 'slow-disk' | 'failing-disk' | 'out-of-memory'
      readonly atMs: number
      readonly forMs: number
      readonly node: number
    }

const MOST_FAULTS = 3
/** Work on a small cluster in virtual time takes from some milliseconds to some seconds: any moment of it is as likely on a log scale. */
const EARLIEST_MS = 1
const LATEST_MS = 1_000
const SHORTEST_MS = 20
/** What is over sooner than this is noticed by nobody but who waits for an answer; what lasts longer leads to a failover. */
const NOTICED_MS = 1_000
const LONGEST_MS = 12_000
const MOST_COMMANDS = 1_500
const SLOWEST_LINK_MS = 200
const LARGEST_DRIFT_PPM = 20_000

/** @param kinds of which to draw; none: no fault. @param nodes how many there are */
export function drawFaults(rng: Rng, kinds: readonly FaultKind[], nodes: number): Fault[] {
  if (kinds.length === 0) return []
  const count = 1 + below(rng, MOST_FAULTS)
  return Array.from({length: count}, () => drawFault(rng, pick(rng, kinds), nodes))
}

function drawFault(rng: Rng, kind: FaultKind, nodes: number): Fault {
  const atMs = between(rng, EARLIEST_MS, LATEST_MS)
  const forMs = below(rng, 3) === 0 ? between(rng, SHORTEST_MS, NOTICED_MS) : between(rng, NOTICED_MS, LONGEST_MS)
  const node = below(rng, nodes)
  switch (kind) {
    case 'kill-tool':
      return {kind, afterCommands: Math.round(between(rng, 1, MOST_COMMANDS))}
    case 'interrupt-tool':
      return {kind, atMs, again: below(rng, 2) === 0}
    case 'second-tool':
      return {kind, atMs}
    case 'partition':
      return {kind, atMs, forMs, away: drawSome(rng, nodes)}
    case 'cut-connections':
      return {kind, atMs, node}
    case 'failover':
      return {kind, atMs, node, mode: pick(rng, ['normal', 'force'] as const)}
    case 'clock-drift':
      return {kind, atMs, node, ppm: below(rng, 2 * LARGEST_DRIFT_PPM) - LARGEST_DRIFT_PPM}
    case 'slow-link':
      return {kind, atMs, forMs, node, ms: between(rng, 1, SLOWEST_LINK_MS)}
    case 'crash':
    case 'pause':
    case 'slow-disk':
    case 'failing-disk':
    case 'out-of-memory':
      return {kind, atMs, forMs, node}
  }
}

/** In milliseconds, with microseconds; small values as likely as large ones. Without a power or a root: those differ between machines. */
function between(rng: Rng, least: number, most: number): number {
  const octaves = [least]
  for (let start = 2 * least; start < most; start *= 2) octaves.push(start)
  const value = pick(rng, octaves) * (1 + fraction(rng))
  return Math.min(most, Math.round(value * 1000) / 1000)
}

/** Fewer than all, at least one. */
function drawSome(rng: Rng, nodes: number): number[] {
  const all = shuffle(
    rng,
    Array.from({length: nodes}, (_, index) => index),
  )
  return all.slice(0, 1 + below(rng, Math.max(1, nodes - 1))).sort((a, b) => a - b)
}

/** As the trace and the command line say it. */
export function describeFault(fault: Fault): string {
  switch (fault.kind) {
    case 'kill-tool':
      return `kill-tool after ${fault.afterCommands} commands`
    case 'interrupt-tool':
      return `interrupt-tool at ${fault.atMs} ms${fault.again ? ', twice' : ''}`
    case 'second-tool':
      return `second-tool at ${fault.atMs} ms`
    case 'partition':
      return `partition at ${fault.atMs} ms for ${fault.forMs} ms: away ${fault.away.map(nodeName).join(' ')}`
    case 'cut-connections':
      return `cut-connections of ${nodeName(fault.node)} at ${fault.atMs} ms`
    case 'failover':
      return `failover (${fault.mode}) to ${nodeName(fault.node)} at ${fault.atMs} ms`
    case 'clock-drift':
      return `clock-drift of ${nodeName(fault.node)} by ${fault.ppm} ppm at ${fault.atMs} ms`
    case 'slow-link':
      return `slow-link of ${nodeName(fault.node)} by ${fault.ms} ms at ${fault.atMs} ms for ${fault.forMs} ms`
    default:
      return `${fault.kind} of ${nodeName(fault.node)} at ${fault.atMs} ms for ${fault.forMs} ms`
  }
}

function nodeName(index: number): string {
  return `node ${index + 1}`
}
