/** The pace of an operation in words. */
import type {PaceState} from '../../manager/execute/pace/pace-control.js'
import type {PaceLimits} from '../../manager/plan/pace-limits.js'
import {formatBytes, formatCount} from './numbers.js'

/** Nothing at full speed without limits: `paused`, `1/4 speed`, `limit 20,000 keys/s`. */
export function paceInWords({paused, speed, limits}: PaceState): string[] {
  return [
    ...(paused ? ['paused'] : []),
    ...(speed === 1 ? [] : [`1/${Math.round(1 / speed)} speed`]),
    ...limitsInWords(limits).map((limit) => `limit ${limit}`),
  ]
}

/** `5 ms`, `50 MiB/s`, `20,000 keys/s`. */
export function limitsInWords({maxLatencyMs, bytesPerSecond, keysPerSecond}: PaceLimits): string[] {
  return [
    ...(maxLatencyMs === null ? [] : [`${maxLatencyMs} ms`]),
    ...(bytesPerSecond === null ? [] : [`${formatBytes(bytesPerSecond)}/s`]),
    ...(keysPerSecond === null ? [] : [`${formatCount(keysPerSecond)} keys/s`]),
  ]
}
