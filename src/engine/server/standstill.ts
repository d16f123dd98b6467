/** A node that does one thing only: a transaction waits in its middle for another node, and all the rest waits for the transaction. */
import {type LinkEffect, type LinkId} from '../ports.js'

/** What a transaction waits for. */
export interface Errand {
  /** The one link that is listened to; undefined while there is none. */
  readonly link: LinkId | undefined
  /** When it has waited too long, unix ms. */
  readonly deadlineMs: number
  /** Ends it when that time has come. */
  timeOut(): void
}

/** The node, asleep as in DEBUG SLEEP: what comes is kept, nothing is said, its time does not pass. */
export interface Sleeper {
  asleepUntilMs: number
  readonly nowMs: number
  readonly links: {takeEffects(link: LinkId): LinkEffect[]}
}

/**
 * Redis does one thing at a time, so MIGRATE inside MULTI keeps everybody waiting until the target has answered. A node has many things
 * under way, and yet nobody may see half a transaction: no client, no replica, no file, no node of the cluster.
 */
export class Standstill {
  readonly #node: Sleeper
  #errand: Errand | undefined
  #rest: (() => void) | undefined
  #settle: (() => void) | undefined
  /** DEBUG SLEEP in the same transaction. */
  #sleepsUntilMs = 0
  /** Unix ms; the node's own time is that of the transaction. */
  nowMs = 0
  /** Asked after every command. */
  isOn = false

  constructor(node: Sleeper) {
    this.#node = node
  }

  get deadlineMs(): number {
    return this.#errand?.deadlineMs ?? Infinity
  }

  hears(link: LinkId): boolean {
    return this.#errand?.link === link
  }

  begin(errand: Errand): void {
    this.#errand = errand
    this.isOn = true
    this.nowMs = Math.max(this.nowMs, this.#node.nowMs)
    this.#sleepsUntilMs = this.#node.asleepUntilMs
    this.#node.asleepUntilMs = Infinity
  }

  /** What the transaction has left to do when the errand has ended: once, and it may begin another. */
  thenDo(rest: () => void): void {
    this.#rest = rest
  }

  /** What is to be done when the transaction is over. */
  finallyDo(settle: () => void): void {
    this.#settle = settle
  }

  /** The errand has ended: the transaction goes on, and when it is over, so does the node. */
  end(): void {
    const rest = this.#rest
    this.#errand = undefined
    this.#rest = undefined
    this.isOn = false
    const node = this.#node
    node.asleepUntilMs = this.#sleepsUntilMs
    rest?.()
    if (this.isOn) return
    const settle = this.#settle
    this.#settle = undefined
    settle?.()
    // Not awake yet: the end of the turn wakes it, and then it hears what has been kept for it.
    node.asleepUntilMs = Math.max(node.asleepUntilMs, node.nowMs)
  }

  /** To be asked at the end of each turn. */
  timeOut(): void {
    this.#errand?.timeOut()
  }

  /** What is to be done on the link that is listened to; all else that the node has said stays unsaid. */
  takeEffects(): LinkEffect[] {
    const link = this.#errand?.link
    return link === undefined ? [] : this.#node.links.takeEffects(link)
  }
}
