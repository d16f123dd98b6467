/** The machine's clock and timers. */
import {performance} from 'node:perf_hooks'
import {type Clock, type Stopwatch} from '../ports.js'

/** Further apart than this, and the wall clock was set: then follow it. */
const LARGEST_DRIFT_MS = 2

/** Wall time with microseconds: Date.now() alone knows only whole milliseconds. */
export class SystemClock implements Clock {
  #originMs = Date.now() - performance.now()

  nowMs(): number {
    const wallMs = Date.now()
    const nowMs = this.#originMs + performance.now()
    if (Math.abs(nowMs - wallMs) <= LARGEST_DRIFT_MS) return nowMs
    this.#originMs = wallMs - performance.now()
    return wallMs
  }

  every(ms: number, run: () => void): () => void {
    const timer = setInterval(run, ms)
    return () => clearInterval(timer)
  }

  after(ms: number, run: () => void): () => void {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  }

  soon(run: () => void): void {
    setImmediate(run)
  }
}

export const systemStopwatch: Stopwatch = () => performance.now() * 1000
