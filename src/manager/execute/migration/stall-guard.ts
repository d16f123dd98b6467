/** Keeps a big key from making its node look dead: one for all lanes of a run, which share what the run has learned. */
import {ManagerError, toManagerError} from '../../error.js'
import type {NodeId} from '../../../model/node-id.js'
import type {ManagerClock, NodePool} from '../../ports.js'
import type {KeySize} from '../../plan/big-keys.js'
import {expectedStallMs, longestStallMs, SAFE_PART} from '../../plan/stall.js'
import {NodeTimeouts, type Member} from './node-timeouts.js'
import {StallEstimate} from './stall-estimate.js'

/** How many times the stall that is expected the raised timeouts allow: it is an estimate. */
const MARGIN = 4

export interface Stall {
  /** How long it is expected to last. */
  readonly stallMs: number
  /** Who would take silence for death. */
  readonly members: readonly Member[]
  /** Who will be silent. */
  readonly ends: readonly NodeId[]
  /** The node timeouts are this long now, at least. */
  readonly onRaised: (neededMs: number) => void
}

export class StallGuard {
  readonly timeouts: NodeTimeouts
  readonly #clock: ManagerClock
  readonly #estimate = new StallEstimate()
  /** Stalls that are under way: who is silent, and when it ends. */
  readonly #underWay = new Map<readonly NodeId[], Promise<void>>()

  constructor(pool: NodePool, clock: ManagerClock) {
    this.timeouts = new NodeTimeouts(pool, clock)
    this.#clock = clock
  }

  /** For how long the move of a key of this size stops its nodes, ms: as measured, and as this run has shown. */
  expectedMs(size: KeySize): number {
    return this.#estimate.refine(expectedStallMs(size))
  }

  /** Could any key, were it all that a node of so many bytes holds, stop it for longer than `nodeTimeoutMs` allows? */
  couldEndanger(usedBytes: number, nodeTimeoutMs: number): boolean {
    return this.#estimate.refine(longestStallMs(usedBytes)) > nodeTimeoutMs * SAFE_PART
  }

  /** Whether a stall of `stallMs` could make a node look dead to `members`. @throws ManagerError when they do not tell */
  async isDangerous(stallMs: number, members: readonly Member[]): Promise<boolean> {
    return stallMs > (await this.timeouts.shortestMs(members)) * SAFE_PART
  }

  /**
   * Until no long stall is under way at any of `nodes`. Other lanes wait here: a command to a silent node would run into its time
   * limit, and a MIGRATE to it would silence its own source as well. One that is sent already is answered while the node
   * timeouts are raised, before the stall begins.
   */
  async untilClear(nodes: readonly NodeId[]): Promise<void> {
    for (;;) {
      const stall = [...this.#underWay].find(([ends]) => ends.some((id) => nodes.includes(id)))
      if (stall === undefined) return
      await stall[1]
    }
  }

  /** Why a stall of `stallMs` must not be risked; `undefined` when it is harmless, or the node timeouts can be raised. */
  async refusal(stallMs: number, members: readonly Member[]): Promise<ManagerError | undefined> {
    try {
      if (await this.isDangerous(stallMs, members)) await this.timeouts.mayRaise(members)
      return undefined
    } catch (error) {
      return unprotected(error)
    }
  }

  /**
   * Does the work that is expected to stop the ends for so long; where that is dangerous, under raised node timeouts.
   * @throws ManagerError `big-key` when they cannot be raised: the work was not begun then
   */
  async move({stallMs, members, ends, onRaised}: Stall, work: () => Promise<void>): Promise<void> {
    let begun = false
    const timed = async (): Promise<void> => {
      begun = true
      const startedMs = this.#clock.nowMs()
      await work()
      this.#estimate.learn(stallMs, this.#clock.nowMs() - startedMs)
    }
    try {
      if (!(await this.isDangerous(stallMs, members))) return await timed()
      await this.untilClear(ends)
      const neededMs = Math.ceil(stallMs * MARGIN)
      await this.#alone(ends, () =>
        this.timeouts.during({members, neededMs, ends}, () => {
          onRaised(neededMs)
          return timed()
        }),
      )
    } catch (error) {
      throw begun ? error : unprotected(error)
    }
  }

  async #alone(ends: readonly NodeId[], work: () => Promise<void>): Promise<void> {
    const {promise, resolve} = gate()
    this.#underWay.set(ends, promise)
    try {
      await work()
    } finally {
      this.#underWay.delete(ends)
      resolve()
    }
  }
}

function unprotected(error: unknown): ManagerError {
  const {message, node, reply} = toManagerError(error)
  return new ManagerError('big-key', `cluster-node-timeout cannot be raised for it: ${message}`, {
    node,
    reply,
    cause: error,
  })
}

/** A promise, and what fulfils it. */
function gate(): {promise: Promise<void>; resolve: () => void} {
  let resolve = (): void => undefined
  const promise = new Promise<void>((fulfil) => (resolve = fulfil))
  return {promise, resolve}
}
