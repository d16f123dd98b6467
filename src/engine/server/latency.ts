/** The latency monitor: spikes above latency-monitor-threshold, by event. */

/** How many samples an event keeps (Redis: LATENCY_TS_LEN). */
const SAMPLES = 160

export interface LatencySample {
  /** Unix seconds. */
  readonly atSeconds: number
  readonly latencyMs: number
}

/** The samples of one event, oldest first. */
export class LatencySeries {
  #samples: LatencySample[] = []
  #maxMs = 0

  get samples(): readonly LatencySample[] {
    return this.#samples
  }

  /** The worst of all time, also of samples that are no longer kept. */
  get maxMs(): number {
    return this.#maxMs
  }

  /** Of several spikes in one second the worst is kept. */
  add(atSeconds: number, latencyMs: number): void {
    this.#maxMs = Math.max(this.#maxMs, latencyMs)
    const last = this.#samples.at(-1)
    if (last?.atSeconds === atSeconds) {
      if (last.latencyMs < latencyMs) this.#samples[this.#samples.length - 1] = {atSeconds, latencyMs}
      return
    }
    this.#samples.push({atSeconds, latencyMs})
    if (this.#samples.length > SAMPLES) this.#samples.shift()
  }
}

export class LatencyMonitor {
  readonly #series = new Map<string, LatencySeries>()
  /** Milliseconds from which something is a spike; 0: nothing is watched. */
  thresholdMs = 0

  get events(): Iterable<readonly [event: string, series: LatencySeries]> {
    return this.#series
  }

  get size(): number {
    return this.#series.size
  }

  /** Notes a spike of `event` (`command`, `fast-command`, `expire-cycle`…) when it was one. */
  sample(event: string, latencyMs: number, nowMs: number): void {
    if (this.thresholdMs === 0 || latencyMs < this.thresholdMs) return
    let series = this.#series.get(event)
    if (series === undefined) this.#series.set(event, (series = new LatencySeries()))
    series.add(Math.floor(nowMs / 1000), Math.floor(latencyMs))
  }

  find(event: string): LatencySeries | undefined {
    return this.#series.get(event)
  }

  /** @returns how many events were forgotten; without names all are */
  reset(events: readonly string[]): number {
    if (events.length > 0) return events.filter((event) => this.#series.delete(event)).length
    const {size} = this.#series
    this.#series.clear()
    return size
  }
}
