/** Keys that leave for other nodes (MIGRATE): one cached connection per target, closed when it has been idle. */
import {type Endpoint} from '../ports.js'
import {type Links} from './links.js'
import {type MigrationJob, MigrationLane} from './migration-lane.js'

/** Redis' MIGRATE_SOCKET_CACHE_TTL and MIGRATE_SOCKET_CACHE_ITEMS. */
const IDLE_MS = 10_000
const MOST_LANES = 64

export class Migrator {
  readonly #links: Links
  readonly #nowMs: () => number
  readonly #lanes = new Map<string, MigrationLane>()

  constructor(links: Links, nowMs: () => number) {
    this.#links = links
    this.#nowMs = nowMs
  }

  /** The connections that stand or are being made: INFO's migrate_cached_sockets. */
  get cachedConnections(): number {
    return this.#lanes.size
  }

  start(job: MigrationJob): void {
    this.#laneTo(job.request.target).add(job)
  }

  /** A connection on which nothing is under way, for a job that cannot wait for another: a second one if it must be. */
  idleLane(target: Endpoint): MigrationLane {
    const lane = this.#laneTo(target)
    return lane.idleSinceMs === undefined ? this.#laneTo(target, 'second') : lane
  }

  /** At the end of each turn: jobs that waited too long, connections that nobody uses. */
  beforeSleep(): void {
    for (const [name, lane] of this.#lanes) {
      lane.timeOut()
      const idleSinceMs = lane.idleSinceMs
      if (idleSinceMs === undefined || this.#nowMs() - idleSinceMs < IDLE_MS) continue
      lane.close()
      this.#lanes.delete(name)
    }
  }

  get nextWakeMs(): number {
    let earliest = Infinity
    for (const {deadlineMs} of this.#lanes.values()) earliest = Math.min(earliest, deadlineMs)
    return earliest
  }

  /** The node becomes a replica: its keys are no longer its own to give. */
  abandonAll(): void {
    for (const lane of this.#lanes.values()) lane.abandon()
    this.#lanes.clear()
  }

  #laneTo(target: Endpoint, which: 'first' | 'second' = 'first'): MigrationLane {
    const name = `${which} ${target.host}:${target.port}`
    let lane = this.#lanes.get(name)
    if (lane === undefined) {
      if (this.#lanes.size >= MOST_LANES) this.#closeIdleLane()
      lane = new MigrationLane(target, this.#links, this.#nowMs)
      this.#lanes.set(name, lane)
    }
    return lane
  }

  #closeIdleLane(): void {
    for (const [name, lane] of this.#lanes) {
      if (lane.idleSinceMs === undefined) continue
      lane.close()
      this.#lanes.delete(name)
      return
    }
  }
}
