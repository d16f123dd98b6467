/** The image of a moment: small and large values, whatever happens to them while it is written. */
import {expect} from 'chai'
import {type Database} from '../../../../src/engine/keyspace/database.js'
import {CommandImage} from '../../../../src/engine/persistence/command-image.js'
import {RdbLoader} from '../../../../src/engine/persistence/rdb-loader.js'
import {Snapshot} from '../../../../src/engine/persistence/snapshot.js'
import {DEFAULT_ENCODING_LIMITS as LIMITS} from '../../../../src/engine/values/encoding-limits.js'
import {HashValue} from '../../../../src/engine/values/hash.js'
import {ListValue} from '../../../../src/engine/values/list.js'
import {SetValue} from '../../../../src/engine/values/set.js'
import {SortedSetValue} from '../../../../src/engine/values/sorted-set.js'
import {type Value} from '../../../../src/engine/values/value.js'
import {fillDatabases, paperDatabases, piecesOf, rdbPieces} from '../../../support/engine/rdb-files.js'

const bytesOf = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex')
const SMALLEST = '52 45 44 49 53 30 30 31 30 ff a9 fd 37 fe 89 a7 7e eb'
const ONE_KEY = '52 45 44 49 53 30 30 31 30 fe 00 fb 01 00 00 01 6b 01 76 ff bf c6 84 ba ad 6c a1 03'

/** Content in a form that can be compared: order only where it means something. */
function shown(value: Value | undefined): unknown {
  if (value === undefined || typeof value === 'string') return value
  switch (value.type) {
    case 'string':
      return value.toBytes()
    case 'list':
      return [...value.values()]
    case 'hash':
    case 'zset':
      return [...value.entries()].sort(([a], [b]) => (a < b ? -1 : 1))
    case 'set':
      return [...value.values()].sort()
  }
}

function everything(databases: readonly Database[]): unknown[] {
  return databases.map((database) =>
    [...database.entries()]
      .map(([key, value]) => [key, shown(value), database.expiryOf(key)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )
}

function loaded(file: Uint8Array): Database[] {
  const databases = paperDatabases(2)
  const loader = new RdbLoader({databases, limits: LIMITS, dropExpiredBeforeMs: -Infinity, refusesDuplicates: true})
  loader.feed(file)
  loader.close()
  expect([loader.error, loader.isComplete]).to.deep.equal([undefined, true])
  return databases
}

/** Every kind of value, each so large that it is written in many pieces, among small ones. */
function largeValues(): Database[] {
  const [hash, set, scores, list] = [
    new HashValue(LIMITS),
    new SetValue(LIMITS),
    new SortedSetValue(LIMITS),
    new ListValue(LIMITS),
  ]
  for (let at = 0; at < 3000; at++) {
    hash.set(`field ${at}`, `value ${at}`)
    set.add(`member ${at}`)
    scores.set(`member ${at}`, at / 4)
    list.pushTail(`item ${at}`.repeat(20))
  }
  const databases = paperDatabases(2)
  const small = Array.from({length: 300}, (_, at) => ({db: at % 2, key: `small ${at}`, value: String(at)}))
  fillDatabases(databases, [
    ...small,
    {key: 'hash', value: hash, expireAtMs: 4_000_000_000_000},
    {key: 'set', value: set},
    {db: 1, key: 'scores', value: scores},
    {key: 'list', value: list},
    {key: 'text', value: 'abcdefgh'.repeat(40_000)},
    {
      db: 1,
      key: 'noise',
      value: Array.from({length: 200_000}, (_, at) => String.fromCharCode((at * at * 31) & 255)).join(''),
    },
  ])
  return databases
}

describe('persistence/snapshot', () => {
  it('writes the files of the reference', () => {
    expect(Buffer.concat(rdbPieces([]))).to.deep.equal(bytesOf(SMALLEST))
    expect(Buffer.concat(rdbPieces([{key: 'k', value: 'v'}]))).to.deep.equal(bytesOf(ONE_KEY))
  })

  it('is the same file in pieces of any size, and no piece holds much more than it was asked for', () => {
    const whole = Buffer.concat(piecesOf(new Snapshot(largeValues(), [])))
    for (const pieceBytes of [4096, 50_000]) {
      const pieces = piecesOf(new Snapshot(largeValues(), []), pieceBytes)
      expect(Buffer.concat(pieces).equals(whole)).to.equal(true)
      expect(Math.max(...pieces.map(({length}) => length))).to.be.below(pieceBytes + 80_000)
    }
    expect(everything(loaded(whole))).to.deep.equal(everything(largeValues()))
  })

  it('is the same file when pieces that are written are given back for the next ones', () => {
    const snapshot = new Snapshot(largeValues(), [])
    const written: Buffer[] = []
    while (!snapshot.isDone) {
      const piece = snapshot.next(50_000)
      written.push(Buffer.from(piece))
      snapshot.giveBack(piece)
    }
    const whole = Buffer.concat(piecesOf(new Snapshot(largeValues(), [])))
    expect(Buffer.concat(written).equals(whole)).to.equal(true)
  })

  it('tells the values of its moment, though every one of them changes between two pieces', () => {
    const databases = largeValues()
    const before = everything(databases)
    const snapshot = new Snapshot(databases, [])
    const pieces: Uint8Array[] = []
    for (let round = 0; !snapshot.isDone; round++) {
      pieces.push(snapshot.next(8192))
      const [first, second] = databases as [Database, Database]
      const hash = first.get('hash') as HashValue
      for (let at = 0; at < 40; at++) hash.set(`field ${(round * 977 + at * 71) % 4000}`, 'changed')
      hash.delete(`field ${(round * 13) % 3000}`)
      const set = first.get('set') as SetValue
      set.delete(`member ${(round * 7) % 3000}`)
      set.add(`new ${round}`)
      const scores = second.get('scores') as SortedSetValue
      scores.set(`member ${(round * 11) % 3500}`, -round)
      scores.popMin(2)
      const list = first.get('list') as ListValue
      list.pushHead('new')
      list.popTail()
      list.set(round % list.size, 'changed')
      second.delete(`small ${(round * 2 + 1) % 300}`)
      first.set(`late ${round}`, 'new')
      if (round === 3) first.set('text', 'gone')
    }
    expect(everything(loaded(Buffer.concat(pieces)))).to.deep.equal(before)
  })

  it('keeps what FLUSHALL takes away, and what SWAPDB trades, without reading it then', () => {
    for (const change of [
      ([first, second]: Database[]) => [first!.clear(), second!.clear()],
      ([first, second]: Database[]) => first!.swapWith(second!),
    ]) {
      const databases = largeValues()
      const before = everything(databases)
      const snapshot = new Snapshot(databases, [])
      const pieces = [snapshot.next(20_000)]
      change(databases)
      databases[0]!.set('small 1', 'other')
      databases[1]!.set('small 2', 'other')
      pieces.push(...piecesOf(snapshot, 20_000))
      expect(everything(loaded(Buffer.concat(pieces)))).to.deep.equal(before)
    }
  })

  it('lets go of everything when it is abandoned', () => {
    const databases = largeValues()
    const snapshot = new Snapshot(databases, [])
    snapshot.next(4096)
    snapshot.abandon()
    expect(databases.map(({observer}) => observer)).to.deep.equal([undefined, undefined])
  })

  it('can be commands instead, in the portions of Redis', () => {
    const set = new SetValue(LIMITS)
    for (let at = 0; at < 70; at++) set.add(`m${at}`)
    const text = Buffer.concat(
      rdbPieces(
        [
          {key: 's', value: set, expireAtMs: 5000},
          {db: 2, key: 't', value: 'v'},
        ],
        {format: new CommandImage()},
      ),
    ).toString('latin1')
    const heads = text.match(/\*\d+\r\n\$\d+\r\n[A-Z]+/g)!.map((head) => head.replaceAll('\r\n', ' '))
    expect(heads).to.deep.equal([
      '*2 $6 SELECT',
      '*66 $4 SADD',
      '*8 $4 SADD',
      '*3 $9 PEXPIREAT',
      '*2 $6 SELECT',
      '*3 $3 SET',
    ])
  })
})
