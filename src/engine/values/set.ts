/** Sets: of integers only while they are few (Redis' intset, told in ascending order), of anything after that. */
import {below} from '../chance.js'
import {type Bytes, type Rng} from '../ports.js'
import {ElementImage} from './element-image.js'
import {type EncodingLimits} from './encoding-limits.js'
import {compareIntegers, isCanonicalInteger} from './integer.js'
import {distinctIndexes, nthOf, RandomOrder, WALKED_AT_MOST} from './random-order.js'

export class SetValue {
  readonly type = 'set'
  readonly #limits: EncodingLimits
  readonly #members = new Set<Bytes>()
  #isIntset: boolean
  /** An intset's members in ascending order; made when asked for, kept in step from then on. */
  #ascending: Bytes[] | undefined
  #order: RandomOrder | undefined
  /** Set while a snapshot reads a large set. */
  #image: ElementImage<Bytes> | undefined

  /** `isIntset` false: a hash table from the first member on, as the copy of one is. */
  constructor(limits: EncodingLimits, isIntset = true) {
    this.#limits = limits
    this.#isIntset = isIntset
  }

  get size(): number {
    return this.#members.size
  }

  /** Sticky, as in Redis: a hash table never becomes an intset again. */
  get encoding(): 'intset' | 'hashtable' {
    return this.#isIntset ? 'intset' : 'hashtable'
  }

  has(member: Bytes): boolean {
    return this.#members.has(member)
  }

  /** True when the member is new. */
  add(member: Bytes): boolean {
    const before = this.#members.size
    if (this.#image !== undefined) this.#tellImage(this.#image, member)
    this.#members.add(member)
    if (this.#members.size === before) return false
    if (this.#isIntset) {
      this.#isIntset = isCanonicalInteger(member) && this.#members.size <= this.#limits.setMaxIntsetEntries
      if (!this.#isIntset) this.#ascending = undefined
      this.#ascending?.splice(this.#placeOf(member), 0, member)
    }
    this.#order?.add(member)
    return true
  }

  delete(member: Bytes): boolean {
    if (this.#image !== undefined) this.#tellImage(this.#image, member)
    if (!this.#members.delete(member)) return false
    this.#ascending?.splice(this.#placeOf(member), 1)
    this.#order?.remove(member)
    if (this.#members.size <= WALKED_AT_MOST) this.#order = undefined
    return true
  }

  /**
   * All members: ascending for an intset, which must not change meanwhile; otherwise a live iterator, which meets every member
   * that is there all the time, whatever changes meanwhile (SSCAN leans on it).
   */
  values(): IterableIterator<Bytes> {
    return this.#isIntset ? this.#sorted().values() : this.#members.values()
  }

  /** The set as it is now, in no order, to be read while it changes; one at a time. `endImage` lets it go. */
  beginImage(): ElementImage<Bytes> {
    this.#image = new ElementImage(this.#members.entries(), this.#members.size)
    return this.#image
  }

  endImage(): void {
    this.#image = undefined
  }

  /** Any member, each equally likely; the set must not be empty. Constant time on average. */
  randomMember(rng: Rng): Bytes {
    return this.#memberAt(below(rng, this.#members.size))
  }

  /** `count` different members, or all of them when there are no more. */
  randomMembers(rng: Rng, count: number): Bytes[] {
    if (count >= this.#members.size) return [...this.values()]
    return Array.from(distinctIndexes(rng, this.#members.size, count), (index) => this.#memberAt(index))
  }

  /** Takes out any member, each equally likely; the set must not be empty. Constant time on average. */
  popRandom(rng: Rng): Bytes {
    const member = this.#memberAt(below(rng, this.#members.size))
    this.delete(member)
    return member
  }

  #tellImage(image: ElementImage<Bytes>, member: Bytes): void {
    image.changing(member, this.#members.has(member) ? member : undefined)
  }

  #memberAt(index: number): Bytes {
    if (this.#isIntset) return this.#sorted()[index]!
    if (this.#members.size <= WALKED_AT_MOST) return nthOf(this.#members, index)!
    this.#order ??= new RandomOrder(this.#members)
    return this.#order.at(index)
  }

  /** Where a member stands, or would stand, among those in ascending order. */
  #placeOf(member: Bytes): number {
    const ascending = this.#sorted()
    let [low, high] = [0, ascending.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (compareIntegers(ascending[middle]!, member) < 0) low = middle + 1
      else high = middle
    }
    return low
  }

  #sorted(): Bytes[] {
    this.#ascending ??= [...this.#members].sort(compareIntegers)
    return this.#ascending
  }
}
