/** Which steps of a phase may begin now: in their order, but those that must wait for one that runs let others pass. */
import type {NodeId} from '../../model/node-id.js'
import type {Step} from '../plan/step.js'
import {busyNodes, movesSlots} from './limits.js'

export interface Scheduled {
  readonly step: Step
  /** Its place in the phase. */
  readonly index: number
}

/**
 * What runs is remembered by node, so that thousands of steps (`rebalance --defragment all` of a large cluster) are scheduled in no
 * time. Two steps that keep the same node busy wait for each other. So do slots that would go to a node that gives some away:
 * whoever takes a slot raises its config epoch and announces all that it has; what it is giving away just then would be among that,
 * and with the higher epoch it would take it back from the new owner, together with the writes that this one has acknowledged.
 */
export class Schedule {
  readonly #waiting: Scheduled[]
  readonly #mostAtOnce: number
  readonly #busy = new Tally()
  readonly #giving = new Tally()
  readonly #taking = new Tally()
  #running = 0

  constructor(steps: readonly Step[], mostAtOnce: number) {
    this.#waiting = steps.map((step, index) => ({step, index}))
    this.#mostAtOnce = mostAtOnce
  }

  /** Steps that have not begun. */
  get left(): number {
    return this.#waiting.length
  }

  /** Those that begin now; each is to be reported `done`. */
  take(): Scheduled[] {
    const begun: Scheduled[] = []
    for (let at = 0; at < this.#waiting.length && this.#running < this.#mostAtOnce;) {
      const next = this.#waiting[at]!
      if (!this.#mayBegin(next.step)) {
        at++
        continue
      }
      this.#waiting.splice(at, 1)
      this.#count(next.step, 1)
      begun.push(next)
    }
    return begun
  }

  /** It has ended, however it did. */
  done(step: Step): void {
    this.#count(step, -1)
  }

  #mayBegin(step: Step): boolean {
    if (busyNodes(step).some((node) => this.#busy.has(node))) return false
    return !movesSlots(step) || (!this.#taking.has(step.source) && !this.#giving.has(step.target))
  }

  #count(step: Step, change: 1 | -1): void {
    this.#running += change
    for (const node of busyNodes(step)) this.#busy.add(node, change)
    if (!movesSlots(step)) return
    this.#giving.add(step.source, change)
    this.#taking.add(step.target, change)
  }
}

/** How many running steps concern a node. */
class Tally {
  readonly #counts = new Map<NodeId, number>()

  has(node: NodeId): boolean {
    return this.#counts.has(node)
  }

  add(node: NodeId, change: 1 | -1): void {
    const count = (this.#counts.get(node) ?? 0) + change
    if (count === 0) this.#counts.delete(node)
    else this.#counts.set(node, count)
  }
}
