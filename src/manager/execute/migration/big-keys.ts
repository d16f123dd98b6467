/**
 * The big keys of one lane: found by looking at sizes, kept back until all other keys of the window are through, then moved one
 * by one. Nobody looks as long as batches are quick and no key could be dangerous: to look costs 2 µs a key.
 */
import type {SlotId} from '../../../model/slot.js'
import {type SlotSet} from '../../../model/slot-set.js'
import {isManagerError} from '../../error.js'
import {bigKeysAmong, type SizedKey} from '../../key-sizes.js'
import {DEFAULT_BIG_KEYS, type BigKeySettings} from '../../plan/big-keys.js'
import {expectedStallMs} from '../../plan/stall.js'
import type {NodeClient} from '../../ports.js'
import type {NodeView} from '../../view/node-view.js'
import type {BigKeyTreatment} from '../event.js'
import type {StepContext} from '../step-context.js'
import type {SlotKeys} from './slot-keys.js'

/** A batch that takes this part of what a big key takes may have held one. */
const SLOW_PART = 0.3
/** Slower than this a batch may be for many reasons. */
const LEAST_SLOW_MS = 10

export interface FoundKey extends SizedKey {
  readonly slot: SlotId
  readonly database: number
  readonly stallMs: number
}

/** Where the keys of one database are. */
export interface Shelf {
  readonly route: {readonly database: number}
  readonly scout: NodeClient
  readonly counter: NodeClient
}

export class BigKeys {
  readonly settings: BigKeySettings
  readonly #context: StepContext
  readonly #source: NodeView
  readonly #target: NodeView
  /** Big keys that are still at the source, by database and name. */
  readonly #found = new Map<string, FoundKey>()
  #looking = false
  #foundInWindow = 0
  #slowMs: number
  #mayAsk = true

  constructor(context: StepContext, source: NodeView, target: NodeView) {
    this.settings = context.settings.bigKeys ?? DEFAULT_BIG_KEYS
    this.#context = context
    this.#source = source
    this.#target = target
    const {bytes} = this.settings
    const bigKeyMs = expectedStallMs({type: 'string', bytes, elements: bytes})
    this.#slowMs = this.settings.handling === 'as-they-come' ? Infinity : Math.max(LEAST_SLOW_MS, bigKeyMs * SLOW_PART)
  }

  /** From now on until the end of the window, sizes are looked at before keys go. */
  lookAhead(): void {
    this.#looking = this.settings.handling !== 'as-they-come'
  }

  /** `true`: it took so long that the sizes of what is left should be looked at, which from now on they are. */
  wasSlow(elapsedMs: number): boolean {
    if (this.#looking || elapsedMs <= this.#slowMs) return false
    this.lookAhead()
    return true
  }

  /** The window is through. One in which looking was in vain makes the next look wait for a slower batch. */
  endWindow(): void {
    if (this.#looking && this.#foundInWindow === 0) this.#slowMs *= 2
    this.#looking = false
    this.#foundInWindow = 0
  }

  /** Those of `keys` that are not big, as far as is known; the others are kept back. */
  async withhold(database: number, slot: SlotId, keys: readonly Uint8Array[]): Promise<readonly Uint8Array[]> {
    if (this.#looking) for (const found of await this.#look(database, slot, keys)) this.keep(found, 'last')
    if (this.#found.size === 0) return keys
    return keys.filter((key) => !this.#found.has(nameIn(database, key)))
  }

  /** The big keys of these slots; none of those that are kept back already. */
  async find(database: number, groups: readonly SlotKeys[]): Promise<FoundKey[]> {
    const slots = new Map<Uint8Array, SlotId>()
    for (const {slot, keys} of groups) {
      for (const key of keys) if (!this.#found.has(nameIn(database, key))) slots.set(key, slot)
    }
    const [first] = slots.values()
    if (first === undefined) return []
    const isForeign = !this.#source.line.slots.has(first)
    const big = await bigKeysAmong(await this.#gauge(database), [...slots.keys()], this.settings.bytes, isForeign)
    return big.map(({key, size}) => {
      return {key, size, database, slot: slots.get(key)!, stallMs: this.#context.stalls.expectedMs(size)}
    })
  }

  /** Keeps a big key back, and tells it; one that stays at its source, or goes with its whole slot, is only told. */
  keep(found: FoundKey, treatment: BigKeyTreatment): void {
    const {key, slot, size, stallMs} = found
    this.#foundInWindow++
    if (treatment === 'last') this.#found.set(nameIn(found.database, key), found)
    const where = {source: this.#source.id, target: this.#target.id, slot, key, ...size, stallMs: Math.round(stallMs)}
    this.#context.emit({kind: 'big-key', step: this.#context.id, ...where, treatment})
  }

  /** What is kept back of these slots, the key that stalls its nodes longest last. */
  kept(database: number, slots: SlotSet): FoundKey[] {
    return [...this.#found.values()]
      .filter((found) => found.database === database && slots.has(found.slot))
      .sort((a, b) => a.stallMs - b.stallMs)
  }

  /** It is through, or gone. */
  release({database, key}: FoundKey): void {
    this.#found.delete(nameIn(database, key))
  }

  /** A connection of its own: sizes by the thousand are lines, and wait behind nothing. */
  async #gauge(database: number): Promise<NodeClient> {
    const node = await this.#context.connectLines(this.#source.id, `sizes ${database}`)
    if (database > 0) await node.call(['SELECT', database])
    return node
  }

  /** Who may not ask for sizes is told so once; the keys go as they come then. */
  async #look(database: number, slot: SlotId, keys: readonly Uint8Array[]): Promise<FoundKey[]> {
    if (!this.#mayAsk) return []
    try {
      return await this.find(database, [{slot, keys}])
    } catch (error) {
      if (!isManagerError(error, 'not-permitted', 'error-reply')) throw error
      this.#mayAsk = false
      const message = `the sizes of keys cannot be looked at (MEMORY USAGE: ${error.reply ?? error.message}): big keys go as they come`
      this.#context.emit({kind: 'noted', step: this.#context.id, message})
      return []
    }
  }
}

function nameIn(database: number, key: Uint8Array): string {
  return `${database} ${Buffer.from(key).toString('latin1')}`
}
