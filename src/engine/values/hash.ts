/** Hashes: fields and values in the order in which the fields came. */
import {below} from '../chance.js'
import {type Bytes, type Rng} from '../ports.js'
import {ElementImage} from './element-image.js'
import {type EncodingLimits} from './encoding-limits.js'
import {distinctIndexes, nthOf, RandomOrder, WALKED_AT_MOST} from './random-order.js'

export class HashValue {
  readonly type = 'hash'
  readonly #limits: EncodingLimits
  readonly #fields = new Map<Bytes, Bytes>()
  #isPacked: boolean
  #order: RandomOrder | undefined
  /** Set while a snapshot reads a large hash. */
  #image: ElementImage<Bytes> | undefined

  /** `isPacked` false: a hash table from the first field on, as the copy of one is. */
  constructor(limits: EncodingLimits, isPacked = true) {
    this.#limits = limits
    this.#isPacked = isPacked
  }

  get size(): number {
    return this.#fields.size
  }

  /** Sticky, as in Redis: a hash table never becomes a listpack again. */
  get encoding(): 'listpack' | 'hashtable' {
    return this.#isPacked ? 'listpack' : 'hashtable'
  }

  get(field: Bytes): Bytes | undefined {
    return this.#fields.get(field)
  }

  has(field: Bytes): boolean {
    return this.#fields.has(field)
  }

  /** Sets a field, which keeps its place if it has one; true when it is new. */
  set(field: Bytes, value: Bytes): boolean {
    const before = this.#fields.size
    this.#image?.changing(field, this.#fields.get(field))
    this.#fields.set(field, value)
    const isNew = this.#fields.size > before
    if (this.#isPacked) this.#isPacked = this.#fitsPacked(field, value)
    if (isNew) this.#order?.add(field)
    return isNew
  }

  delete(field: Bytes): boolean {
    this.#image?.changing(field, this.#fields.get(field))
    if (!this.#fields.delete(field)) return false
    this.#order?.remove(field)
    if (this.#fields.size <= WALKED_AT_MOST) this.#order = undefined
    return true
  }

  /** A live iterator: a field that is there all the time is met, whatever changes meanwhile (HSCAN leans on it). */
  entries(): IterableIterator<[Bytes, Bytes]> {
    return this.#fields.entries()
  }

  /** The hash as it is now, to be read while it changes; one at a time. `endImage` lets it go. */
  beginImage(): ElementImage<Bytes> {
    this.#image = new ElementImage(this.#fields.entries(), this.#fields.size)
    return this.#image
  }

  endImage(): void {
    this.#image = undefined
  }

  fields(): IterableIterator<Bytes> {
    return this.#fields.keys()
  }

  values(): IterableIterator<Bytes> {
    return this.#fields.values()
  }

  /** Any field, each equally likely; the hash must not be empty. Constant time on average. */
  randomField(rng: Rng): Bytes {
    return this.#fieldAt(below(rng, this.#fields.size))
  }

  /** `count` different fields, or all of them when there are no more. */
  randomFields(rng: Rng, count: number): Bytes[] {
    if (count >= this.#fields.size) return [...this.#fields.keys()]
    return Array.from(distinctIndexes(rng, this.#fields.size, count), (index) => this.#fieldAt(index))
  }

  #fieldAt(index: number): Bytes {
    if (this.#fields.size <= WALKED_AT_MOST) return nthOf(this.#fields.keys(), index)!
    this.#order ??= new RandomOrder(this.#fields.keys())
    return this.#order.at(index)
  }

  #fitsPacked(field: Bytes, value: Bytes): boolean {
    const {hashMaxListpackEntries: mostEntries, hashMaxListpackValue: mostBytes} = this.#limits
    return field.length <= mostBytes && value.length <= mostBytes && this.#fields.size <= mostEntries
  }
}
