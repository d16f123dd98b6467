import {expect} from 'chai'
import {
  addElement,
  cachedCount,
  createHyperLogLog,
  DEFAULT_SPARSE_MAX_BYTES,
  estimateCount,
  hyperLogLogEncoding,
  invalidateCount,
  isHyperLogLog,
  makeDense,
  mergeInto,
  raiseRegisters,
  readRegisters,
  REGISTERS,
  setRegister,
  storeCount,
} from '../../../../src/engine/values/hyperloglog.js'
import {MurmurHash} from '../../../../src/engine/values/murmur-hash.js'
import {type MutableString} from '../../../../src/engine/values/string.js'

function counterOf(elements: Iterable<string>): MutableString {
  const counter = createHyperLogLog()
  invalidateCount(counter)
  for (const element of elements) addElement(counter, element, DEFAULT_SPARSE_MAX_BYTES)
  return counter
}

const hex = (counter: MutableString): string => Buffer.from(counter.view()).toString('hex')
const count = (counter: MutableString): number => estimateCount(readRegisters(counter)!)
const elements = (length: number): string[] => Array.from({length}, (_, index) => `element:${index}`)

describe('values/hyperloglog', () => {
  it('hashes as MurmurHash64A does', () => {
    const hash = new MurmurHash()
    const hashed = ['', 'a', 'foo', 'abcdefgh', 'abcdefghi', '\xff'.repeat(20)].map((text) => {
      hash.hash(text)
      return [hash.high, hash.low].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('')
    })
    expect(hashed).to.deep.equal(HASHES)
  })

  it('begins as one run of zeros, with a count that needs no counting', () => {
    const counter = createHyperLogLog()
    expect(hex(counter)).to.equal('48594c4c0100000000000000000000007fff')
    expect([cachedCount(counter), count(counter)]).to.deep.equal([0, 0])
  })

  it('has the bytes that Redis has after PFADD k a b c', () => {
    expect(hex(counterOf(['a', 'b', 'c']))).to.equal(AFTER_A_B_C)
  })

  it('counts as PFCOUNT does, sparse and dense', () => {
    const counted = [3, 100, 1000, 5000].map((length) => {
      const counter = counterOf(elements(length))
      return [count(counter), hyperLogLogEncoding(counter)]
    })
    expect(counted).to.deep.equal(COUNTS)
  })

  it('tells whether an element changed anything', () => {
    const counter = counterOf([])
    expect(addElement(counter, 'a', 3000)).to.equal('changed')
    expect(addElement(counter, 'a', 3000)).to.equal('unchanged')
  })

  it('becomes dense when a run grows past the limit or a register past 32, keeping its registers', () => {
    const small = counterOf(elements(10))
    const before = readRegisters(small)!
    expect(setRegister(small, 5, 33, 3000)).to.equal('changed')
    expect([hyperLogLogEncoding(small), readRegisters(small)![5]]).to.deep.equal(['dense', 33])
    expect(readRegisters(small)!.with(5, before[5]!)).to.deep.equal(before)
    const tight = createHyperLogLog()
    for (const element of elements(10)) addElement(tight, element, 20)
    expect([hyperLogLogEncoding(tight), tight.length]).to.deep.equal(['dense', 12304])
  })

  it('merges: every register is the highest of all', () => {
    const [a, b] = [counterOf(elements(50)), counterOf(elements(100))]
    const merged = new Uint8Array(REGISTERS)
    expect([mergeInto(merged, a), mergeInto(merged, b)]).to.deep.equal([true, true])
    expect(estimateCount(merged)).to.equal(count(b))
    const target = createHyperLogLog()
    expect(raiseRegisters(target, merged, false, 3000)).to.be.true
    expect([hyperLogLogEncoding(target), cachedCount(target), count(target)]).to.deep.equal([
      'sparse',
      undefined,
      count(b),
    ])
    raiseRegisters(target, merged, true, 3000)
    expect([hyperLogLogEncoding(target), count(target)]).to.deep.equal(['dense', count(b)])
  })

  it('carries a count until something changes', () => {
    const counter = counterOf(['a'])
    expect(cachedCount(counter)).to.equal(undefined)
    storeCount(counter, 70000)
    expect(cachedCount(counter.toBytes())).to.equal(70000)
    invalidateCount(counter)
    expect(cachedCount(counter)).to.equal(undefined)
  })

  it('knows a counter from other strings', () => {
    const dense = counterOf(['a'])
    makeDense(dense)
    expect([createHyperLogLog().toBytes(), dense.toBytes(), dense].map(isHyperLogLog)).to.deep.equal([true, true, true])
    const bad = ['', 'HYLL', `HYLL\x02${'\0'.repeat(11)}`, dense.toBytes().slice(1), `${dense.toBytes()}\0`]
    expect(bad.map(isHyperLogLog)).to.deep.equal([false, false, false, false, false])
  })

  it('finds out that runs do not add up', () => {
    const counter = createHyperLogLog()
    counter.splice(16, 2, Uint8Array.of(0x00)) // one register of 16384
    expect([readRegisters(counter), makeDense(counter), addElement(counter, 'b', 3000)]).to.deep.equal([
      undefined,
      false,
      'corrupt',
    ])
  })
})

/** Vectors: the hashes by a straightforward BigInt version, the rest from a redis-server 7.0. */
const HASHES = [
  'd8dfea6585bc9732',
  '53d2470a9b43b1a7',
  'e64609b8b0141cb4',
  'f3a65df559914567',
  '834fba4d9152daf7',
  '551b141eeb74949d',
]
const AFTER_A_B_C = '48594c4c01000000000000000000008060f38050b1844bfb80425a'
const COUNTS = [
  [3, 'sparse'],
  [99, 'sparse'],
  [997, 'sparse'],
  [5005, 'dense'],
]
