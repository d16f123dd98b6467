/** A rehearsal's result in sentences: how long, what clients notice, what a death half-way would leave. */
import type {Clients, Forecast, Mishap} from '../../rehearsal/index.js'
import {count, formatBytes, formatDuration} from './numbers.js'

export function renderForecast(forecast: Forecast): string {
  const lines = [lasting(forecast), ...noticed(forecast.clients), ...forecast.mishaps.map(mishapLine)]
  return `${lines.join('\n')}\n`
}

function lasting({durationMs, ended, reason, slots, keys, bytesPerKey, roundTripMs, keysRehearsed}: Forecast): string {
  const what = [slots === 0 ? '' : count(slots, 'slot'), slots + keys === 0 ? '' : count(keys, 'key')].filter(Boolean)
  const work = what.length === 0 ? '' : `: ${what.join(', ')} of about ${formatBytes(bytesPerKey)}`
  const part = keysRehearsed < keys ? `; ${count(keysRehearsed, 'key')} rehearsed, the rest calculated` : ''
  if (ended !== 'applied') return `It would not succeed: it ${ended} after ${formatDuration(durationMs)} (${reason})`
  return `It takes about ${formatDuration(durationMs)}${work}, nodes ${roundTripMs} ms away${part}`
}

function noticed({operations, failures, medianMs, p99Ms, worstMs}: Clients): string[] {
  if (operations === 0) return []
  const failed = failures === 0 ? 'none fails' : `${count(failures, 'operation')} without an answer`
  return [
    `Clients wait ${medianMs} ms (median), ${p99Ms} ms (99 %), ${worstMs} ms (longest), redirections included; ${failed}`,
  ]
}

function mishapLine({node, role, ended, reason, slotsMoved, openSlots, failovers, lostWrites, fix}: Mishap): string {
  const why = reason === '' ? '' : ` (${reason})`
  const heir = failovers === 0 ? 'no replica takes its place' : 'a replica takes its place'
  return (
    `If the ${role} ${node} dies half-way: ${ended}${why}, ${count(slotsMoved, 'slot')} moved, ${openSlots} left open; ${heir}, ` +
    `${count(lostWrites, 'acknowledged write')} lost; one fix afterwards: ${fix}`
  )
}
