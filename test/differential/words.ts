/** Random words for random commands: keys that meet one another, values at the edges, options in any case. */
import {below, fraction} from '../../src/engine/chance.js'
import {countingRng} from '../support/engine/seeded-rng.js'

export type Words = string[]

/** One way to write a command. */
export type Phrase = (words: Draw) => Words

/**
 * How the two replies are compared: as they are, without regard to order, but for the last digits of
 * numbers that C's libm rounds otherwise, or by their kind and length only.
 */
export type Comparison = 'exact' | 'unordered' | 'pairs' | 'near' | 'shape'

export interface Production {
  readonly phrase: Phrase
  readonly compare: Comparison
  /** How often it is drawn, relative to the others of its family. */
  readonly weight: number
}

export function says(phrase: Phrase, compare: Comparison = 'exact', weight = 2): Production {
  return {phrase, compare, weight}
}

const INTEGERS = ['0', '1', '-1', '2', '3', '5', '7', '10', '-2', '-5', '100', '4096', '2147483647', '-2147483649']
const ODD_INTEGERS = [
  ...[
    '9223372036854775807',
    '-9223372036854775808',
    '9223372036854775808',
    '01',
    '+1',
    '-0',
    '1.0',
    '1e3',
    '',
    ' 1',
    '1 ',
    'abc',
  ],
  ...['4294967296', '18446744073709551615', '-9223372036854775809', '9007199254740993', '0x10', 'inf', 'nan'],
]
const FAR_DRAW_COUNTS = [
  ...['9223372036854775807', '4611686018427387904', '4611686018427387903', '9007199254740993', '4096'],
  ...['-9223372036854775808', '9223372036854775808', '-9223372036854775809', '', 'abc', '1.0', '-0'],
]
const ODD_TIMES = [
  '0',
  '-1',
  '-5',
  '9223372036854775807',
  '9223372036854775808',
  '01',
  '+1',
  '1.0',
  '',
  'abc',
  '100000',
]
const FLOATS = ['0', '1', '-1', '1.5', '-2.25', '3.14159', '1e3', '5e-3', '100', '0.1', '-0.5', '1000000', '12345678.9']
const ODD_FLOATS = [
  'inf',
  '-inf',
  '+inf',
  'nan',
  '1e400',
  '-1e-400',
  'abc',
  '',
  '1.',
  '.5',
  '0x1p3',
  ' 1',
  '1 ',
  '--1',
  '1e',
  '1.2.3',
]
const VALUES = [
  '',
  'a',
  'b',
  'c',
  'foo',
  'bar',
  'hello world',
  '12',
  '-7',
  '3.5',
  'ab\0cd',
  '\xff\xfe',
  'line\r\nbreak',
  'UPPER',
]

/** A word less or more changes what is drawn by chance, asks for billions, or (COMMAND) for all that a hash table holds. */
const NOT_MISSPELT = new Set(['COMMAND', 'SPOP', 'SRANDMEMBER', 'HRANDFIELD', 'ZRANDMEMBER'])

/** Draws from one seed: the same seed draws the same words for ever. */
export class Draw {
  readonly #rng
  readonly #family: string
  /** Keys of the same few names, so that commands meet; the second of two tags is rarer. */
  constructor(seed: number, family: string) {
    this.#rng = countingRng(seed)
    this.#family = family
  }

  chance(probability: number): boolean {
    return fraction(this.#rng) < probability
  }

  number(limit: number): number {
    return below(this.#rng, limit)
  }

  pick<T>(items: readonly T[]): T {
    return items[this.number(items.length)]!
  }

  /** A key of this family's pool; now and then one of another type, or one that never exists. */
  key(): string {
    if (this.chance(0.04)) return this.pick(['{t}string0', '{t}list0', '{t}hash0', '{t}set0', '{t}zset0'])
    if (this.chance(0.03)) return this.pick(['{t}missing', '{t}\0\r\n\xff', '{t}'])
    return `{t}${this.#family}${this.number(6)}`
  }

  keys(least: number, most: number): Words {
    return this.several(least, most, () => this.key())
  }

  several(least: number, most: number, draw: () => string | Words): Words {
    return Array.from({length: least + this.number(most - least + 1)}, draw).flat()
  }

  integer(): string {
    return this.chance(0.12) ? this.pick(ODD_INTEGERS) : this.pick(INTEGERS)
  }

  /** For times to live: one that would pass during the run is a matter of luck. */
  oddInteger(): string {
    return this.pick(ODD_TIMES)
  }

  /** Small, mostly inside what a small collection has. */
  index(): string {
    return this.chance(0.06) ? this.integer() : String(this.number(14) - 6)
  }

  count(): string {
    return this.chance(0.06) ? this.integer() : String(this.number(5))
  }

  /** How many elements to draw by chance. Never one so far below zero that a server would build gigabytes of reply. */
  drawCount(): string {
    if (this.chance(0.1)) return this.pick(FAR_DRAW_COUNTS)
    return String(this.number(14) - 6)
  }

  float(): string {
    return this.chance(0.1) ? this.pick(ODD_FLOATS) : this.pick(FLOATS)
  }

  value(): string {
    if (this.chance(0.03)) return 'x'.repeat(this.number(300))
    if (this.chance(0.25)) return this.integer()
    return this.pick(VALUES)
  }

  /** Longer than what small encodings take, or just at their limits. */
  longValue(): string {
    return 'y'.repeat(this.pick([43, 44, 45, 64, 65, 100, 600]))
  }

  /** More elements than small collections may have, or just as many. */
  manyMembers(): Words {
    const [from, count] = [this.number(100), this.pick([120, 128, 129, 200])]
    return Array.from({length: count}, (_, at) => `m${from + at}`)
  }

  manyNumbers(): Words {
    const [from, count] = [this.number(100), this.pick([120, 128, 129, 511, 512, 513])]
    return Array.from({length: count}, (_, at) => String(from + at))
  }

  /** A member or field: few, so that they meet. */
  member(): string {
    return this.chance(0.1) ? this.value() : `m${this.number(12)}`
  }

  /** Words in any case, there or not. */
  maybe(probability: number, words: () => Words | string): Words {
    return this.chance(probability) ? [words()].flat() : []
  }

  option(word: string): string {
    return this.chance(0.3) ? word.toLowerCase() : word
  }

  /** One word too many, one too few, or as it was. */
  misspell(words: Words): Words {
    if (words.length < 2) return words // nothing at all would get no reply
    if (NOT_MISSPELT.has(words[0]!)) return words
    if (words.length > 1 && this.chance(0.015)) return words.slice(0, -1)
    if (this.chance(0.01)) return [...words, this.value()]
    return words
  }
}
