/** The words of progress: one line for the whole, and on a terminal one for each lane. */
import type {LaneProgress, Part, ProgressReport} from '../progress-tally.js'
import {count, formatBytes, formatCount, formatDuration} from './numbers.js'
import {paceInWords} from './pace-words.js'
import type {Theme} from './theme.js'

const BAR_WIDTH = 24
const LANE_BAR_WIDTH = 10
const MOST_LANES = 6

export interface ProgressLook {
  readonly theme: Theme
  /** No line is longer; `Infinity`: not a terminal, only the line for the whole is asked for. */
  readonly columns: number
  /** A last line, '' for none. */
  readonly hint: string
}

/** The first is the whole. */
export function progressLines(report: ProgressReport, {theme, columns, hint}: ProgressLook): string[] {
  if (columns === Infinity) return [wholeLine(report, '')]
  const bar = (part: number, width: number): string =>
    '█'.repeat(full(part, width)) + '░'.repeat(width - full(part, width))
  const lines = [wholeLine(report, `${bar(partDone(report), BAR_WIDTH)} `)]
  const {lanes} = report
  // A single lane is the whole.
  if (lanes.length > 1) {
    const shown = lanes.slice(0, MOST_LANES)
    const width = Math.max(...shown.map((lane) => nameOf(lane).length))
    for (const lane of shown) {
      const part = lane.slots.done / Math.max(1, lane.slots.all ?? 0)
      lines.push(`  ${nameOf(lane).padEnd(width)} ${bar(part, LANE_BAR_WIDTH)} ${laneInWords(lane)}`)
    }
    if (lanes.length > MOST_LANES) lines.push(`  … and ${count(lanes.length - MOST_LANES, 'more lane')}`)
  }
  const fitting = lines.map((line) => coloured(cut(line, columns), theme))
  return hint === '' ? fitting : [...fitting, theme.faint(cut(hint, columns))]
}

function full(part: number, width: number): number {
  return Math.round(Math.min(1, Math.max(0, part)) * width)
}

/** By keys where it is known how many there are: slots are not alike. */
function partDone({keys, slots, steps}: ProgressReport): number {
  const measure = keys.all !== null && keys.all > 0 ? keys : (slots.all ?? 0) > 0 ? slots : steps
  return measure.done / Math.max(1, measure.all ?? 0)
}

function wholeLine(report: ProgressReport, bar: string): string {
  const {phase, waiting} = report
  return `${phase}: ${waiting === '' ? bar : ''}${wholeInWords(report)}`
}

/** What is done of all there is to do, how fast it goes, and what slows it down. */
export function wholeInWords(report: ProgressReport): string {
  const {waiting, slots, keys, steps, bytes, keysPerSecond, leftMs, pace} = report
  if (waiting !== '') return waiting
  return [
    ...(slots.all === 0 ? [] : [parts(slots, 'slots')]),
    ...(keys.done === 0 && (keys.all ?? 0) === 0 ? [] : [parts(keys, 'keys')]),
    ...(slots.all === 0 && keys.done === 0 && (keys.all ?? 0) === 0 ? [parts(steps, 'steps')] : []),
    ...(bytes === 0 ? [] : [formatBytes(bytes)]),
    ...(keysPerSecond === 0 || pace.paused ? [] : [`${formatCount(keysPerSecond)} keys/s`]),
    ...(leftMs === null || leftMs === 0 ? [] : [`${formatDuration(leftMs)} left`]),
    ...paceInWords(pace),
  ].join(', ')
}

/** What one lane has done, and how fast it goes. */
export function laneInWords({slots, keys, bytes, keysPerSecond, bytesLeft, waiting}: LaneProgress): string {
  if (bytesLeft !== null) return `${parts(slots, 'slots')}, ${formatBytes(bytesLeft)} left to send`
  if (waiting !== '') return waiting
  return [
    parts(slots, 'slots'),
    ...(keys.done === 0 ? [] : [parts(keys, 'keys')]),
    ...(bytes === 0 ? [] : [formatBytes(bytes)]),
    ...(keysPerSecond === 0 ? [] : [`${formatCount(keysPerSecond)} keys/s`]),
  ].join(', ')
}

function parts({done, all}: Part, noun: string): string {
  return all === null ? `${formatCount(done)} ${noun}` : `${formatCount(done)} of ${formatCount(all)} ${noun}`
}

function nameOf({source, target}: LaneProgress): string {
  return `${source.address} → ${target.address}`
}

/** Every character of these lines is one column wide. */
function cut(line: string, columns: number): string {
  return line.length <= columns ? line : `${line.slice(0, columns - 1)}…`
}

/** After the cut: escape codes take no room. */
function coloured(line: string, theme: Theme): string {
  return line.replace(/█+/g, (bar) => theme.accent(bar)).replace(/░+/g, (bar) => theme.faint(bar))
}
