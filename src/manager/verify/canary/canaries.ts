/** Writers that write while slots move, as clients do, and afterwards say what became of every acknowledged write. */
import {errorCode} from '../../../model/redis-error.js'
import {SlotSet} from '../../../model/slot-set.js'
import {groupBy} from '../../check/naming.js'
import {replyOf} from '../../error.js'
import type {ManagerClock} from '../../ports.js'
import {CanaryLedger} from './canary-ledger.js'
import {canaryKeys, CANARY_LIFE_MS, type CanaryKey} from './canary-keys.js'
import {register, unregister, type CanaryRun} from './canary-register.js'
import type {ClusterClient, Redirections} from './cluster-client.js'

export interface CanaryReport {
  /** How many of the slots had canaries. */
  readonly slots: number
  readonly written: number
  readonly acknowledged: number
  /** Sent, and never answered: the connection broke. */
  readonly inDoubt: number
  readonly refused: number
  readonly lost: number
  readonly doubled: number
  readonly redirected: Redirections
  /** The longest that a write took, ms. */
  readonly slowestMs: number
  /** Keys that lost something, or could not be read back. */
  readonly keys: readonly string[]
  /** False when the canaries could not all be read back. */
  readonly complete: boolean
}

export interface CanaryOptions {
  readonly id: string
  readonly slots: SlotSet
  /** Writes a second, all writers together. */
  readonly rate: number
}

/** More slots tell hardly more: the ways of a move are few. */
const SLOTS_AT_MOST = 16
/** Unknown, not supported, not permitted. */
const NOT_FOR_US = new Set(['ERR', 'NOPERM'])
const RENEWED_EVERY_MS = CANARY_LIFE_MS / 6

export class Canaries {
  readonly #client: ClusterClient
  readonly #clock: ManagerClock
  readonly #groups: readonly (readonly CanaryLedger[])[]
  readonly #run: CanaryRun
  readonly #pauseMs: number
  readonly #halt = new AbortController()
  readonly #unknown = new Set<string>()
  #doubts = 0
  #refused = 0
  #slowestMs = 0
  #done: Promise<unknown> = Promise.resolve()

  constructor(client: ClusterClient, clock: ManagerClock, {id, slots, rate}: CanaryOptions) {
    this.#client = client
    this.#clock = clock
    const bySlot = groupBy(canaryKeys(id, slots, SLOTS_AT_MOST), ({slot}) => slot)
    this.#run = {id, slots: SlotSet.of(bySlot.keys())}
    this.#groups = [...bySlot.values()].map((keys) => keys.map((key) => new CanaryLedger(key)))
    this.#pauseMs = (1000 * this.#groups.length) / rate
  }

  /** Every key has been written once when this returns: a move that is over in a moment is watched, too. */
  async start(): Promise<void> {
    await register(this.#client, this.#run)
    await Promise.all(this.#groups.flat().map((ledger) => this.#first(ledger)))
    this.#done = Promise.all(this.#groups.map((group, index) => this.#write(group, index)))
  }

  /** Ends the writing. */
  async stop(): Promise<void> {
    this.#halt.abort()
    await this.#done
  }

  /** What was written is read back. */
  async judge(signal?: AbortSignal): Promise<CanaryReport> {
    const ledgers = this.#groups.flat().filter(({canary}) => !this.#unknown.has(canary.kind))
    const sum = {lost: 0, doubled: 0}
    const keys: string[] = []
    let complete = true
    for (const ledger of ledgers) {
      const {slot, key} = ledger.canary
      const answer = await this.#client.send(slot, ledger.readBack(), signal)
      if (answer.kind !== 'answered') {
        complete = false
        keys.push(key)
        continue
      }
      const {lost, doubled} = ledger.judge(answer.reply)
      sum.lost += lost
      sum.doubled += doubled
      if (lost + doubled > 0) keys.push(key)
    }
    const written = ledgers.reduce((total, ledger) => total + ledger.written, 0)
    const acknowledged = ledgers.reduce((total, ledger) => total + ledger.acknowledged, 0)
    return {
      slots: this.#groups.length,
      written,
      acknowledged,
      inDoubt: this.#doubts,
      refused: this.#refused,
      ...sum,
      redirected: this.#client.redirections,
      slowestMs: Math.round(this.#slowestMs),
      keys,
      complete,
    }
  }

  /** @returns whether all of them are gone */
  async remove(signal?: AbortSignal): Promise<boolean> {
    const removals = this.#groups.map(async (group) => {
      const keys = group.map(({canary}) => canary.key)
      return (await this.#client.send(group[0]!.canary.slot, ['UNLINK', ...keys], signal)).kind === 'answered'
    })
    const all = (await Promise.all(removals)).every(Boolean)
    if (all) await unregister(this.#client, this.#run, signal)
    return all
  }

  /** A kind that the server does not have (streams, on the engine) or that the user may not write is left out. */
  async #first(ledger: CanaryLedger): Promise<void> {
    const {number, command} = ledger.next()
    const answer = await this.#client.send(ledger.canary.slot, command)
    if (answer.kind === 'answered') return this.#renew(ledger.canary)
    if (answer.kind === 'refused' && NOT_FOR_US.has(errorCode(replyOf(answer.error)))) {
      this.#unknown.add(ledger.canary.kind)
    } else this.#note(ledger, number, answer.kind)
  }

  async #write(group: readonly CanaryLedger[], index: number): Promise<void> {
    const {signal} = this.#halt
    let renewedMs = this.#clock.nowMs()
    // Not all at once.
    await this.#clock.sleep((this.#pauseMs * index) / this.#groups.length, signal)
    for (let turn = 0; !signal.aborted; turn++) {
      const ledger = group[turn % group.length]!
      if (!ledger.isFull && !this.#unknown.has(ledger.canary.kind)) {
        await this.#writeOnce(ledger)
        await this.#clock.sleep(this.#pauseMs, signal)
      }
      if (this.#clock.nowMs() - renewedMs < RENEWED_EVERY_MS) continue
      for (const {canary} of group) await this.#renew(canary)
      if (index === 0) await register(this.#client, this.#run)
      renewedMs = this.#clock.nowMs()
    }
  }

  async #writeOnce(ledger: CanaryLedger): Promise<void> {
    const startedMs = this.#clock.nowMs()
    const {number, command} = ledger.next()
    const answer = await this.#client.send(ledger.canary.slot, command)
    this.#slowestMs = Math.max(this.#slowestMs, this.#clock.nowMs() - startedMs)
    this.#note(ledger, number, answer.kind)
  }

  #note(ledger: CanaryLedger, number: number, kind: 'answered' | 'refused' | 'in-doubt'): void {
    if (kind === 'refused') {
      this.#refused++
      ledger.refused(number)
    } else if (kind === 'in-doubt') {
      this.#doubts++
      ledger.inDoubt(number)
    }
  }

  async #renew({slot, key}: CanaryKey): Promise<void> {
    await this.#client.send(slot, ['PEXPIRE', key, CANARY_LIFE_MS])
  }
}
