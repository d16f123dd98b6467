/** The families of random commands: each with the keys that it uses and the ways in which it speaks. */
import {generic, transactions} from './families/generic.js'
import {hashes} from './families/hash.js'
import {large} from './families/large.js'
import {lists} from './families/list.js'
import {sets} from './families/set.js'
import {geo, sortedSets} from './families/sorted-set.js'
import {hyperLogLogs, strings} from './families/string.js'
import {type Draw, type Production} from './words.js'

export interface Family {
  /** Its keys carry this name; a family may use another's keys, to meet wrong types. */
  readonly keys: string
  readonly productions: readonly Production[]
}

/** How both servers are configured. Compressed, a payload depends on how hard the compressor tries. */
export const CONFIG = {rdbcompression: 'no'}

const ofAnyType = [strings, lists, hashes, sets, sortedSets].flatMap((each) => each.slice(0, 2))

export const FAMILIES: Readonly<Record<string, Family>> = {
  strings: {keys: 'string', productions: strings},
  hyperloglogs: {keys: 'hll', productions: hyperLogLogs},
  lists: {keys: 'list', productions: lists},
  hashes: {keys: 'hash', productions: hashes},
  sets: {keys: 'set', productions: sets},
  'sorted sets': {keys: 'zset', productions: sortedSets},
  geo: {keys: 'zset', productions: geo},
  'large values': {keys: 'string', productions: large},
  transactions: {keys: 'string', productions: transactions},
  'keys of any type': {keys: 'any', productions: [...generic, ...ofAnyType]},
}

/** One production, as often as its weight says. */
export function draw(words: Draw, productions: readonly Production[]): Production {
  let at = words.number(productions.reduce((sum, {weight}) => sum + weight, 0))
  return productions.find(({weight}) => (at -= weight) < 0)!
}
