import {expect} from 'chai'
import {DEFAULT_ENCODING_LIMITS as LIMITS} from '../../../../src/engine/values/encoding-limits.js'
import {HashValue} from '../../../../src/engine/values/hash.js'
import {ListValue} from '../../../../src/engine/values/list.js'
import {approximateBytes, approximateKeyBytes} from '../../../../src/engine/values/memory-usage.js'
import {packedSize} from '../../../../src/engine/values/packed-size.js'
import {formatScore, parseScore} from '../../../../src/engine/values/score-text.js'
import {SetValue} from '../../../../src/engine/values/set.js'
import {SortedSetValue} from '../../../../src/engine/values/sorted-set.js'
import {MutableString} from '../../../../src/engine/values/string.js'
import {encodingName, isEmptyCollection, typeName, type Value} from '../../../../src/engine/values/value.js'

const hash = new HashValue(LIMITS)
const big = new HashValue(LIMITS)
const set = new SetValue(LIMITS)
const sortedSet = new SortedSetValue(LIMITS)
const list = new ListValue(LIMITS)
for (let index = 0; index < 1000; index++) big.set(`f${index + 1}`, `v${index + 1}`)
for (let index = 1; index <= 1000; index++) set.add(`m${index}`)
for (let index = 1; index <= 1000; index++) sortedSet.set(`m${index}`, index)

describe('values/value', () => {
  it('tells type and encoding in Redis’ words', () => {
    const values: Value[] = [
      '12',
      'a',
      'x'.repeat(44),
      'x'.repeat(45),
      new MutableString('12'),
      list,
      hash,
      big,
      set,
      sortedSet,
    ]
    expect(values.map((value) => `${typeName(value)} ${encodingName(value)}`)).to.deep.equal([
      'string int',
      'string embstr',
      'string embstr',
      'string raw',
      'string raw',
      'list quicklist',
      'hash listpack',
      'hash hashtable',
      'set hashtable',
      'zset skiplist',
    ])
  })

  it('knows a collection without elements', () => {
    expect([isEmptyCollection(hash), isEmptyCollection(big), isEmptyCollection('')]).to.deep.equal([true, false, false])
  })

  it('reckons the bytes that Redis 7.0 reports', () => {
    // MEMORY USAGE of a live server, SAMPLES 0; the last is 94344 there.
    const bytes = [big, set, sortedSet].map((value) => approximateBytes(value, 0) + approximateKeyBytes('h', false))
    expect(bytes).to.deep.equal([48296, 40296, 93984])
    expect(approximateBytes(big, 5)).to.be.within(40_000, 56_000)
  })
})

describe('values/packed-size', () => {
  for (const [text, bytes] of [
    ['0', 2],
    ['127', 2],
    ['128', 3],
    ['-4096', 3],
    ['-4097', 4],
    ['32768', 5],
    ['8388608', 6],
    ['2147483648', 10],
    ['01', 4],
    ['x'.repeat(63), 65],
    ['x'.repeat(64), 67],
    ['x'.repeat(125), 128],
    ['x'.repeat(126), 130],
    ['x'.repeat(4096), 4103],
  ] as const) {
    it(`gives ${text.slice(0, 12)} (${text.length} characters) ${bytes} bytes`, () =>
      expect(packedSize(text)).to.equal(bytes))
  }
})

describe('values/score-text', () => {
  for (const [score, text] of [
    [0, '0'],
    [-0, '0'],
    [1.5, '1.5'],
    [0.1, '0.10000000000000001'],
    [1e17, '100000000000000000'],
    [2 ** 62, '4611686018427387904'],
    [2 ** 63, '9.2233720368547758e+18'],
    [1e300, '1.0000000000000001e+300'],
    [1e-5, '1.0000000000000001e-05'],
    [0.0001, '0.0001'],
    [12345.678, '12345.678'],
    [Infinity, 'inf'],
    [-Infinity, '-inf'],
  ] as const) {
    it(`packs ${Object.is(score, -0) ? '-0' : score} as ${text}`, () => {
      expect(formatScore(score)).to.equal(text)
      expect(parseScore(text)).to.equal(score === 0 ? 0 : score)
    })
  }

  it('reads nothing else for a number', () => {
    expect(['', 'nan', 'abc', '1x', '0x10', 'e5', '.'].map(parseScore)).to.deep.equal(Array(7).fill(undefined))
  })
})
