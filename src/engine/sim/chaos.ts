/** Faults by chance: which, whom, when and for how long come from the seed. */
import {below, fraction, pick, shuffle} from '../chance.js'
import {type Rng} from '../ports.js'
import {derivedRng} from './seeded-rng.js'
import {type SimNode} from './sim-node.js'
import {type Simulator} from './simulator.js'
import {USUAL_DISK} from './virtual-disk.js'

export const FAULT_KINDS = [
  'kill',
  'power',
  'pause',
  'partition',
  'slow',
  'cut',
  'disk-slow',
  'disk-full',
  'drift',
  'jump',
] as const

export type FaultKind = (typeof FAULT_KINDS)[number]

export interface ChaosOptions {
  /** Default: all. */
  readonly kinds?: readonly FaultKind[]
  /** Ms between the beginnings of two faults, at most. Default 4000. */
  readonly everyMs?: number
  /** Ms that a fault lasts, at most. Default 12,000. */
  readonly lastsMs?: number
}

const DEFAULT_EVERY_MS = 4000
const DEFAULT_LASTS_MS = 12_000
const LONGEST_DELAY_MS = 300
const LARGEST_PPM = 500
/** Clocks that are kept by NTP are set by little; more would end every lease. */
const LARGEST_JUMP_MS = 400
const LONGEST_SYNC_MS = 200

/** One fault after another, overlapping, until `stop`; then everything is mended. */
export class Chaos {
  readonly #sim: Simulator
  readonly #rng: Rng
  readonly #options: Required<ChaosOptions>
  /** What is yet to be mended; a cure may be called once. */
  readonly #cures = new Set<() => void>()
  #cancel: (() => void) | undefined

  constructor(sim: Simulator, options: ChaosOptions = {}) {
    this.#sim = sim
    this.#rng = derivedRng(sim.seed, 'chaos')
    const {kinds = FAULT_KINDS, everyMs = DEFAULT_EVERY_MS, lastsMs = DEFAULT_LASTS_MS} = options
    this.#options = {kinds, everyMs, lastsMs}
  }

  start(): void {
    this.#cancel = this.#sim.schedule(this.#options.everyMs * fraction(this.#rng), () => {
      this.#strike(pick(this.#rng, this.#options.kinds), pick(this.#rng, this.#sim.nodes))
      this.start()
    })
  }

  /** No more faults, and those that last are mended: every node runs again. */
  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
    for (const cure of [...this.#cures]) cure()
    for (const node of this.#sim.nodes) restartIfPossible(node)
  }

  #strike(kind: FaultKind, node: SimNode): void {
    const cure = this.#begin(kind, node)
    if (cure === undefined) return
    const once = (): void => {
      if (this.#cures.delete(once)) cure()
    }
    this.#cures.add(once)
    this.#sim.schedule(this.#options.lastsMs * fraction(this.#rng), once)
  }

  /** @returns what ends it; undefined when it is over at once */
  #begin(kind: FaultKind, node: SimNode): (() => void) | undefined {
    const {faults} = this.#sim
    switch (kind) {
      case 'kill':
      case 'power':
        node.crash(kind === 'kill' ? 'process' : 'machine')
        return () => restartIfPossible(node)
      case 'pause':
        node.pause()
        return () => node.resume()
      case 'partition':
        faults.partition(this.#someNodes())
        return () => faults.heal()
      case 'slow':
        faults.slow(node, Math.ceil(LONGEST_DELAY_MS * fraction(this.#rng)))
        return () => faults.slow(node, 0)
      case 'cut':
        faults.cutConnections(node)
        return undefined
      case 'disk-slow':
        faults.slowDisk(node, {syncMs: Math.ceil(LONGEST_SYNC_MS * fraction(this.#rng)), megabyteMs: 10})
        return () => faults.slowDisk(node, USUAL_DISK)
      case 'disk-full':
        faults.failDisk(node)
        return () => {
          faults.mendDisk(node)
          restartIfPossible(node)
        }
      case 'drift':
        faults.drift(node, below(this.#rng, 2 * LARGEST_PPM) - LARGEST_PPM)
        return undefined
      case 'jump':
        faults.jump(node, below(this.#rng, 2 * LARGEST_JUMP_MS) - LARGEST_JUMP_MS)
        return undefined
    }
  }

  /** At least one, and not all. */
  #someNodes(): SimNode[] {
    const nodes = shuffle(this.#rng, [...this.#sim.nodes])
    return nodes.slice(0, 1 + below(this.#rng, Math.max(1, nodes.length - 1)))
  }
}

/** A node cannot start from a disk that fails; it is started when the disk is mended. */
function restartIfPossible(node: SimNode): void {
  if (!node.isRunning && node.disk.failure === undefined) node.restart()
}
