/** What RDB files may hold, and how they are refused. */
import {expect} from 'chai'
import {RdbReader, type RdbEvent} from '../../../../src/engine/persistence/rdb-reader.js'
import {DEFAULT_ENCODING_LIMITS as LIMITS} from '../../../../src/engine/values/encoding-limits.js'
import {HashValue} from '../../../../src/engine/values/hash.js'
import {ListValue} from '../../../../src/engine/values/list.js'
import {SetValue} from '../../../../src/engine/values/set.js'
import {SortedSetValue} from '../../../../src/engine/values/sorted-set.js'
import {type Value} from '../../../../src/engine/values/value.js'
import {type Entry, rdbPieces} from '../../../support/engine/rdb-files.js'

const bytesOf = (hex: string): Uint8Array => Buffer.from(hex.replaceAll(/[ |]/g, ''), 'hex')
const ONE_KEY = '52 45 44 49 53 30 30 31 30 fe 00 fb 01 00 00 01 6b 01 76 ff bf c6 84 ba ad 6c a1 03'

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

describe('persistence/rdb-reader', () => {
  const set = new SetValue(LIMITS)
  for (let index = 0; index < 2000; index++) set.add(`member ${index}`)
  const entries: Entry[] = [
    {db: 5, key: 'n', value: '-7', expireAtMs: 1234567890123},
    {db: 5, key: 's', value: set},
  ]
  const whole = Buffer.concat(rdbPieces(entries, {aux: [['aof-base', '0']]}))

  for (const chunkBytes of [1, 7, 4096, whole.length]) {
    it(`reads a file in chunks of ${chunkBytes} bytes`, () => {
      const {reader, events} = read(whole, chunkBytes)
      expect([reader.isComplete, reader.error]).to.deep.equal([true, undefined])
      expect(events.slice(0, 2)).to.deep.equal([
        {kind: 'aux', name: 'aof-base', value: '0'},
        {kind: 'sizes', db: 5, keyCount: 2, expiryCount: 1},
      ])
      const found = new Map(events.flatMap((event) => (event.kind === 'entry' ? [[event.key, event] as const] : [])))
      expect(found.get('n')).to.deep.equal({kind: 'entry', db: 5, key: 'n', value: '-7', expireAtMs: 1234567890123})
      const last = found.get('s')
      expect(last?.kind === 'entry' && last.value instanceof SetValue && [...last.value.values()]).to.deep.equal([
        ...set.values(),
      ])
    })
  }

  it('goes on in the middle of a collection, wherever a chunk ends', () => {
    const hash = new HashValue(LIMITS)
    const list = new ListValue(LIMITS)
    const [few, many] = [new SortedSetValue(LIMITS), new SortedSetValue(LIMITS)]
    for (let index = 0; index < 1000; index++) {
      hash.set(`field ${index}`, `value ${index}`)
      list.pushTail(`item ${index}`)
      many.set(`member ${index}`, index / 4)
      if (index < 3) few.set('long member '.repeat(10 + index), -index)
    }
    const values = {hash, list, few, many}
    const contents = (value: Value | undefined): unknown[] => {
      if (value instanceof HashValue || value instanceof SortedSetValue) return [...value.entries()]
      return value instanceof ListValue ? [...value.range(0, -1)] : []
    }
    const file = Buffer.concat(rdbPieces(Object.entries(values).map(([key, value]) => ({key, value}))))
    for (const chunkBytes of [1, 13, 4096]) {
      const {reader, events} = read(file, chunkBytes)
      expect([reader.isComplete, reader.error]).to.deep.equal([true, undefined])
      const found = new Map(events.flatMap((event) => (event.kind === 'entry' ? [[event.key, event.value]] : [])))
      for (const [key, value] of Object.entries(values)) {
        expect(contents(found.get(key)), key).to.deep.equal(contents(value))
      }
      expect((found.get('few') as SortedSetValue).encoding).to.equal('skiplist')
    }
  })

  it('reads function libraries by name, which it does not run', () => {
    const {events} = read(fileOf('f5 03 616263'))
    expect(events).to.deep.equal([{kind: 'function', source: 'abc'}])
  })

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
