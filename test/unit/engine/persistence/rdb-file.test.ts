import {expect} from 'chai'
import {RdbReader, type RdbEvent} from '../../../../src/engine/persistence/rdb-reader.js'
import {RdbWriter, type RdbContents} from '../../../../src/engine/persistence/rdb-writer.js'
import {DEFAULT_ENCODING_LIMITS as LIMITS} from '../../../../src/engine/values/encoding-limits.js'
import {SetValue} from '../../../../src/engine/values/set.js'

const bytesOf = (hex: string): Uint8Array => Buffer.from(hex.replaceAll(/[ |]/g, ''), 'hex')
const SMALLEST = '52 45 44 49 53 30 30 31 30 ff a9 fd 37 fe 89 a7 7e eb'
const ONE_KEY = '52 45 44 49 53 30 30 31 30 fe 00 fb 01 00 00 01 6b 01 76 ff bf c6 84 ba ad 6c a1 03'

function written(contents: RdbContents, leastBytes = 2 ** 30): Uint8Array[] {
  const writer = new RdbWriter(contents)
  const pieces: Uint8Array[] = []
  for (let piece = writer.next(leastBytes); piece !== undefined; piece = writer.next(leastBytes)) pieces.push(piece)
  return pieces
}

function read(bytes: Uint8Array, chunkBytes = bytes.length): {reader: RdbReader; events: RdbEvent[]} {
  const reader = new RdbReader(LIMITS)
  const events: RdbEvent[] = []
  const draw = (): void => {
    for (let event = reader.next(); event !== undefined; event = reader.next()) events.push(event)
  }
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    reader.feed(bytes.subarray(at, at + chunkBytes))
    draw()
  }
  reader.close()
  draw()
  return {reader, events}
}

const errorOf = (hex: string): string | undefined => read(bytesOf(hex)).reader.error
/** A file without checksum (zeros) around some records. */
const fileOf = (records: string): Uint8Array =>
  bytesOf(`${Buffer.from('REDIS0010').toString('hex')} ${records} ff 0000000000000000`)

describe('persistence/rdb-writer', () => {
  it('writes the files of the reference', () => {
    const hex = (contents: RdbContents): string => Buffer.concat(written(contents)).toString('hex')
    expect(hex({aux: [], databases: []})).to.equal(SMALLEST.replaceAll(' ', ''))
    const database = {db: 0, keyCount: 1, expiryCount: 0, entries: [{key: 'k', value: 'v'}]}
    expect(hex({aux: [], databases: [database]})).to.equal(ONE_KEY.replaceAll(' ', ''))
  })

  it('takes an entry only when its piece is asked for', () => {
    let taken = 0
    const entries = (function* () {
      for (; taken < 100; taken++) yield {key: `key ${taken}`, value: 'x'.repeat(10), expireAtMs: undefined}
    })()
    const writer = new RdbWriter({aux: [], databases: [{db: 0, keyCount: 100, expiryCount: 0, entries}]})
    writer.next(200)
    expect(taken).to.be.within(5, 15)
  })

  it('gives the same file in pieces of any size', () => {
    const contents = (): RdbContents => ({
      aux: [['redis-ver', '7.0.15']],
      functions: ['#!lua name=l'],
      databases: [0, 3].map((db) => ({
        db,
        keyCount: 2,
        expiryCount: 1,
        entries: [
          {key: 'a', value: '1'},
          {key: 'b', value: 'x'.repeat(99), expireAtMs: 1e12},
        ],
      })),
    })
    expect(written(contents(), 1).length).to.be.greaterThan(3)
    expect(Buffer.concat(written(contents(), 1))).to.deep.equal(Buffer.concat(written(contents())))
  })
})

describe('persistence/rdb-reader', () => {
  const set = new SetValue(LIMITS)
  for (let index = 0; index < 2000; index++) set.add(`member ${index}`)
  const whole = Buffer.concat(
    written({
      aux: [['aof-base', '0']],
      functions: ['#!lua name=l'],
      databases: [
        {
          db: 5,
          keyCount: 2,
          expiryCount: 1,
          entries: [
            {key: 'n', value: '-7', expireAtMs: 1234567890123},
            {key: 's', value: set},
          ],
        },
      ],
    }),
  )

  for (const chunkBytes of [1, 7, 4096, whole.length]) {
    it(`reads a file in chunks of ${chunkBytes} bytes`, () => {
      const {reader, events} = read(whole, chunkBytes)
      expect([reader.isComplete, reader.error]).to.deep.equal([true, undefined])
      expect(events.slice(0, 4)).to.deep.equal([
        {kind: 'aux', name: 'aof-base', value: '0'},
        {kind: 'function', source: '#!lua name=l'},
        {kind: 'sizes', db: 5, keyCount: 2, expiryCount: 1},
        {kind: 'entry', db: 5, key: 'n', value: '-7', expireAtMs: 1234567890123},
      ])
      const last = events[4]!
      expect(last.kind === 'entry' && last.value instanceof SetValue && [...last.value.values()]).to.deep.equal([
        ...set.values(),
      ])
    })
  }

  it('takes expiries in seconds, access hints, slot hints and module data in its stride', () => {
    const {reader, events} = read(
      fileOf('f4 4ce4 01 00 | f7 05 02 01 05 0161 00 | fd 40420f00 | f8 05 | 00 016b 0176 | f9 07 00 016c 0176'),
    )
    expect(reader.isComplete).to.be.true
    expect(events).to.deep.equal([
      {kind: 'entry', db: 0, key: 'k', value: 'v', expireAtMs: 1_000_000_000},
      {kind: 'entry', db: 0, key: 'l', value: 'v', expireAtMs: undefined},
    ])
  })

  it('passes over what this server cannot keep, by name', () => {
    const stream =
      '13 0173 01 10 00000000000000010000000000000001 03 616263 01 01 01 01 01 00 00 01 | 01 0167 01 01 01 | 01 ' +
      `${'00'.repeat(24)} 01 | 01 0163 ${'00'.repeat(8)} 01 ${'00'.repeat(16)}`
    const module = '07 016d 05 02 07 05 0161 00'
    const expiring = `18 0168 ${'00'.repeat(8)} 01 00 0166 0176`
    const {reader, events} = read(fileOf(`${stream} ${module} ${expiring} 02 0165 00 00 016b 0176`))
    expect(reader.error).to.equal(undefined)
    expect(
      events.map((event) => (event.kind === 'skipped' ? `${event.key}: ${event.what}` : event.kind)),
    ).to.deep.equal(['s: stream', 'm: module value', 'h: hash with field expiry', 'e: empty', 'entry'])
  })

  it('hands back what follows the file', () => {
    const {reader} = read(Buffer.concat([bytesOf(ONE_KEY), Buffer.from('*1\r\n')]), 5)
    expect([reader.isComplete, Buffer.from(reader.rest()).toString()]).to.deep.equal([true, '*1\r\n'])
  })

  it('reads versions without a checksum', () => {
    const {reader} = read(bytesOf('52 45 44 49 53 30 30 30 34 fe 00 00 01 6b 01 76 ff'))
    expect(reader.isComplete).to.be.true
  })

  it('fails in the words of a real server', () => {
    expect(errorOf('52 45 44 4f 53 30 30 31 30 ff')).to.equal('Wrong signature trying to load DB from file')
    expect(errorOf(Buffer.from('REDIS0013').toString('hex'))).to.equal("Can't handle RDB format version 13")
    expect(errorOf(Buffer.from('VALKEY081').toString('hex'))).to.equal("Can't handle RDB format version 81")
    expect(errorOf(`${Buffer.from('REDIS0010').toString('hex')} c8 016b`)).to.equal('Unknown RDB encoding type 200')
    expect(errorOf(ONE_KEY.slice(0, 50))).to.equal('Short read or OOM loading DB. Unrecoverable error, aborting now.')
    expect(errorOf(ONE_KEY.replace('bf', 'be'))).to.equal(
      'Wrong RDB checksum expected: (3a16cadba84c6bf) but got (3a16cadba84c6be). Aborting now.',
    )
    expect(errorOf(`${Buffer.from('REDIS0010').toString('hex')} 10 016b 03 616263`)).to.equal(
      'Internal error in RDB reading offset 9: corrupt record',
    )
  })
})
