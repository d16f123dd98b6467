/** How long the calls of one command took: counts in buckets that grow with the value, two significant digits. */

const SUB_BUCKETS = 256
const HALF = SUB_BUCKETS / 2
/** Redis' bounds: from a nanosecond to a second. */
const MAX_NS = 1_000_000_000
const BUCKETS = SUB_BUCKETS + HALF * 22
/** LATENCY HISTOGRAM shows powers of two from here. */
const FIRST_SHOWN_NS = 1024

/** One row of LATENCY HISTOGRAM: how many calls took at most so many microseconds. */
export interface LatencyStep {
  readonly upToUsec: number
  readonly calls: number
}

/** An HDR histogram of nanoseconds, laid out as Redis' (lowest 1, two digits), so that the same numbers are shown. */
export class LatencyHistogram {
  readonly #counts = new Uint32Array(BUCKETS)
  #calls = 0
  #maxIndex = 0

  get calls(): number {
    return this.#calls
  }

  record(usec: number): void {
    const ns = Math.min(MAX_NS, Math.max(1, Math.floor(usec * 1000)))
    const index = indexOf(ns)
    this.#counts[index]!++
    this.#calls++
    if (index > this.#maxIndex) this.#maxIndex = index
  }

  /** Microseconds that so many percent of the calls did not exceed. */
  percentileUsec(percent: number): number {
    const wanted = Math.max(1, Math.floor((percent / 100) * this.#calls + 0.5))
    let seen = 0
    for (let index = 0; index <= this.#maxIndex; index++) {
      seen += this.#counts[index]!
      if (seen >= wanted) return highestOf(index) / 1000
    }
    return 0
  }

  /** The cumulative distribution, in steps of powers of two; steps without calls of their own are left out. */
  steps(): LatencyStep[] {
    const steps: LatencyStep[] = []
    let seen = 0
    let index = 0
    for (let bound = FIRST_SHOWN_NS; seen < this.#calls; bound *= 2) {
      const last = indexOf(bound)
      const before = seen
      for (; index <= last && index < BUCKETS; index++) seen += this.#counts[index]!
      if (seen > before) steps.push({upToUsec: Math.floor(highestOf(last) / 1000), calls: seen})
    }
    return steps
  }
}

function indexOf(ns: number): number {
  if (ns < SUB_BUCKETS) return ns
  const shift = 24 - Math.clz32(ns)
  return SUB_BUCKETS + (shift - 1) * HALF + ((ns >>> shift) - HALF)
}

/** The largest value that is counted at an index. */
function highestOf(index: number): number {
  if (index < SUB_BUCKETS) return index
  const shift = Math.floor((index - SUB_BUCKETS) / HALF) + 1
  const sub = ((index - SUB_BUCKETS) % HALF) + HALF
  return (sub + 1) * 2 ** shift - 1
}
