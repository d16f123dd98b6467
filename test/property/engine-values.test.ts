import {expect} from 'chai'
import fc from 'fast-check'
import {decodeDumpPayload, encodeDumpPayload} from '../../src/engine/persistence/dump-payload.js'
import {decodeListpack, encodeListpack} from '../../src/engine/persistence/listpack.js'
import {compressLzf, decompressLzf} from '../../src/engine/persistence/lzf.js'
import {RdbReader} from '../../src/engine/persistence/rdb-reader.js'
import {decodeZiplist} from '../../src/engine/persistence/ziplist.js'
import {decodeZipmap} from '../../src/engine/persistence/zipmap.js'
import {DEFAULT_ENCODING_LIMITS as LIMITS} from '../../src/engine/values/encoding-limits.js'
import {HashValue} from '../../src/engine/values/hash.js'
import {isCanonicalInteger} from '../../src/engine/values/integer.js'
import {ListValue} from '../../src/engine/values/list.js'
import {packedSize} from '../../src/engine/values/packed-size.js'
import {SetValue} from '../../src/engine/values/set.js'
import {SkipList} from '../../src/engine/values/skiplist.js'
import {SortedArray} from '../../src/engine/values/sorted-array.js'
import {SortedSetValue} from '../../src/engine/values/sorted-set.js'
import {type Value} from '../../src/engine/values/value.js'
import {rdbPieces} from '../support/engine/rdb-files.js'

const TIMEOUT_MS = 60_000

const text = fc.uint8Array({maxLength: 80}).map((bytes) => Buffer.from(bytes).toString('latin1'))
const integers = fc.bigInt({min: -(2n ** 63n), max: 2n ** 63n - 1n}).map(String)
const item = fc.oneof(text, integers, fc.integer({min: -5000, max: 5000}).map(String))
const score = fc.oneof(fc.double({noNaN: true}), fc.integer({min: -3, max: 3}))

const values: fc.Arbitrary<Value> = fc.oneof(
  item,
  fc.array(item, {minLength: 1}).map((items) => {
    const list = new ListValue(LIMITS)
    for (const each of items) list.pushTail(each)
    return list
  }),
  fc.array(fc.tuple(item, item), {minLength: 1}).map((fields) => {
    const hash = new HashValue(LIMITS)
    for (const [field, value] of fields) hash.set(field, value)
    return hash
  }),
  fc.array(fc.oneof(item, integers), {minLength: 1}).map((members) => {
    const set = new SetValue(LIMITS)
    for (const member of members) set.add(member)
    return set
  }),
  fc.array(fc.tuple(item, score), {minLength: 1, maxLength: 200}).map((entries) => {
    const set = new SortedSetValue(LIMITS)
    for (const [member, each] of entries) set.set(member, each)
    return set
  }),
)

type Change = readonly [kind: number, item: string, place: number]

/** The same change to a list and to an array that stands for it. */
function change(list: ListValue, model: string[], [kind, value, place]: Change): void {
  const at = model.length === 0 ? 0 : place % model.length
  const changes: (() => void)[] = [
    () => void (list.pushTail(value), model.push(value)),
    () => void (list.pushHead(value), model.unshift(value)),
    () => void expect(list.popHead()).to.equal(model.shift()),
    () => void expect(list.popTail()).to.equal(model.pop()),
    () => {
      const pivot = model[at] ?? '?'
      const first = model.indexOf(pivot)
      expect(list.insert(pivot, value, place % 2 === 0 ? 'before' : 'after')).to.equal(first >= 0)
      if (first >= 0) model.splice(place % 2 === 0 ? first : first + 1, 0, value)
    },
    () => {
      if (list.set(at, value)) model[at] = value
    },
    () => {
      list.trim(at, at + 40)
      model.splice(0, model.length, ...model.slice(at, at + 41))
    },
    () => {
      const gone = model[at] ?? '?'
      const kept = model.filter((each) => each !== gone)
      expect(list.removeMatching(0, gone)).to.equal(model.length - kept.length)
      model.splice(0, model.length, ...kept)
    },
  ]
  changes[kind % changes.length]!()
}

describe('engine values, whatever is done to them', function () {
  this.timeout(TIMEOUT_MS)

  it('a list is what the same changes make of an array, and its nodes keep count', () => {
    const changes = fc.array(fc.tuple(fc.nat(7), item, fc.nat(1000)), {maxLength: 120})
    fc.assert(
      fc.property(changes, fc.constantFrom(-2, -1, 1, 3), (history, listMaxListpackSize) => {
        const [list, model] = [new ListValue({...LIMITS, listMaxListpackSize}), [] as string[]]
        for (const each of history) change(list, model, each)
        expect(list.range(0, list.size)).to.deep.equal(model)
        expect(list.size).to.equal(model.length)
        for (const {items, packedBytes} of list.nodes()) {
          expect(packedBytes).to.equal(items.reduce((sum, each) => sum + packedSize(each), 7))
        }
      }),
    )
  })

  it('a skip list is what a sorted array is', () => {
    const member = fc.nat(30).map(String)
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(9), member, fc.integer({min: -2, max: 2})), {maxLength: 200}), (history) => {
        const [list, array, scores] = [new SkipList(), new SortedArray(), new Map<string, number>()]
        for (const [kind, name, value] of history) {
          const held = scores.get(name)
          if (kind === 0) {
            const [from, to] = [Math.min(value + 2, list.length), Math.min(value + 5, list.length)]
            const gone = array.removeSlice(from, to)
            expect(list.removeSlice(from, to).map(({member: each}) => each)).to.deep.equal(
              gone.map(({member: each}) => each),
            )
            for (const {member: each} of gone) scores.delete(each)
          } else if (held === undefined) {
            scores.set(name, value)
            for (const order of [list, array]) order.insert(name, value)
          } else {
            scores.delete(name)
            for (const order of [list, array]) order.remove(name, held)
          }
          const facts = [list, array].map((order) => [
            order.length,
            order.rankOf(name, value),
            order.countToScore(value, true),
            order.countToScore(value, false),
            order.slice(0, order.length).map((entry) => [entry.member, entry.score]),
            order.slice(Math.min(3, order.length), order.length).map((entry) => entry.member),
          ])
          expect(facts[0]).to.deep.equal(facts[1])
        }
      }),
    )
  })

  it('an integer’s text is canonical exactly when printing the number gives it back', () => {
    fc.assert(
      fc.property(fc.oneof(integers, text, fc.stringMatching(/^-?[0-9]{1,20}$/)), (each) => {
        const isNumber = /^-?\d+$/.test(each) && BigInt.asIntN(64, BigInt(each)).toString() === each
        expect(isCanonicalInteger(each)).to.equal(isNumber)
      }),
    )
  })
})

describe('engine persistence, whatever it is given', function () {
  this.timeout(TIMEOUT_MS)

  it('a listpack gives back its items, and takes the bytes that were reckoned', () => {
    fc.assert(
      fc.property(fc.array(item), (items) => {
        const packed = encodeListpack(items)
        expect(decodeListpack(packed)).to.deep.equal(items)
        expect(packed.length).to.equal(items.reduce((sum, each) => sum + packedSize(each), 7))
      }),
    )
  })

  it('LZF gives back what it was given', () => {
    const repetitive = fc
      .array(fc.constantFrom('a', 'ab', 'abc', 'xyz'), {maxLength: 2000})
      .map((words) => Buffer.from(words.join('')))
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({maxLength: 600}), repetitive), (bytes) => {
        const compressed = compressLzf(bytes, bytes.length + 40)
        if (bytes.length > 0) expect(decompressLzf(compressed!, bytes.length)).to.deep.equal(Uint8Array.from(bytes))
      }),
    )
  })

  it('a value survives DUMP and RESTORE, and dumps the same again', () => {
    fc.assert(
      fc.property(values, (value) => {
        const payload = encodeDumpPayload(value)
        const restored = decodeDumpPayload(payload, LIMITS)
        expect(restored.ok && Buffer.from(encodeDumpPayload(restored.value)).equals(payload)).to.be.true
      }),
    )
  })

  it('no bytes make a decoder throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({maxLength: 60}), fc.nat(100), (bytes, length) => {
        decodeListpack(bytes)
        decodeZiplist(bytes)
        decodeZipmap(bytes)
        decompressLzf(bytes, length)
        const reader = new RdbReader(LIMITS)
        reader.feed(Buffer.from('REDIS0010'))
        reader.feed(bytes)
        reader.close()
        while (reader.next() !== undefined);
        expect(reader.isComplete !== (reader.error !== undefined)).to.be.true
      }),
      {numRuns: 2000},
    )
  })

  it('a damaged file ends in an error or is read to its end, in chunks of any size alike', () => {
    const entries = fc.array(values, {minLength: 1, maxLength: 5})
    fc.assert(
      fc.property(
        entries,
        fc.nat(),
        fc.integer({min: 0, max: 255}),
        fc.integer({min: 1, max: 50}),
        (held, place, byte, chunk) => {
          const file = Uint8Array.from(Buffer.concat(rdbPieces(held.map((value, at) => ({key: `k${at}`, value})))))
          const damaged = file.with(place % file.length, byte)
          const [whole, chunked] = [damaged.length, chunk].map((size) => outcome(damaged, size))
          expect(chunked).to.deep.equal(whole)
          expect(outcome(file, chunk)).to.deep.equal([true, undefined, held.length + 1])
        },
      ),
    )
  })
})

/** How reading went, and how many events it gave. */
function outcome(bytes: Uint8Array, chunkBytes: number): unknown[] {
  const reader = new RdbReader(LIMITS)
  let events = 0
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    reader.feed(bytes.subarray(at, at + chunkBytes))
    while (reader.next() !== undefined) events++
  }
  reader.close()
  while (reader.next() !== undefined) events++
  return [reader.isComplete, reader.error, events]
}
