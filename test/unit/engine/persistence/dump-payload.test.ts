import {expect} from 'chai'
import {Crc64} from '../../../../src/model/crc64.js'
import {decodeDumpPayload, encodeDumpPayload} from '../../../../src/engine/persistence/dump-payload.js'
import {DEFAULT_ENCODING_LIMITS as LIMITS} from '../../../../src/engine/values/encoding-limits.js'
import {HashValue} from '../../../../src/engine/values/hash.js'
import {ListValue} from '../../../../src/engine/values/list.js'
import {SetValue} from '../../../../src/engine/values/set.js'
import {SortedSetValue} from '../../../../src/engine/values/sorted-set.js'
import {type Value} from '../../../../src/engine/values/value.js'

const bytesOf = (hex: string): Uint8Array => Buffer.from(hex.replaceAll(/[ |]/g, ''), 'hex')
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
/** Type and value of a payload, without version and checksum. */
const bodyOf = (value: Value): string => hexOf(encodeDumpPayload(value)).slice(0, -20)

/** A payload of any version, with the checksum it needs. */
function sealed(bodyHex: string, version = 10): Uint8Array {
  const body = Buffer.concat([bytesOf(bodyHex), Buffer.from([version & 0xff, version >>> 8])])
  const crc = new Crc64()
  crc.update(body)
  return Buffer.concat([body, crc.bytes()])
}

function restored(bodyHex: string, version = 10): unknown {
  const result = decodeDumpPayload(sealed(bodyHex, version), LIMITS)
  return result.ok ? told(result.value) : result.failure
}

function told(value: Value): unknown {
  if (typeof value === 'string') return value
  switch (value.type) {
    case 'string':
      return value.toBytes()
    case 'list':
    case 'set':
      return [...value.values()]
    case 'hash':
      return Object.fromEntries(value.entries())
    case 'zset':
      return value.rangeByRank(0, value.size - 1).map(({member, score}) => [member, score])
  }
}

describe('persistence/dump-payload', () => {
  it('is, for strings, what DUMP of Redis 7.0 answers', () => {
    expect(hexOf(encodeDumpPayload('hello'))).to.equal('000568656c6c6f0a006372df766534200a')
    expect(hexOf(encodeDumpPayload('10'))).to.equal('00c00a0a006e9f57450eae63bb')
  })

  it('takes the payloads of Redis 7.0 and 8.0 and of Valkey 9', () => {
    const payloads = [
      '000568656c6c6f0a006372df766534200a',
      '000568656c6c6f0c00a804ebb69f1ebe43',
      '000568656c6c6f5000ac5816e7fb6647fe',
    ]
    const values = payloads.map((hex) => decodeDumpPayload(Buffer.from(hex, 'hex').toString('latin1'), LIMITS))
    expect(values).to.deep.equal(Array(3).fill({ok: true, value: 'hello'}))
  })

  for (const [name, value, hex] of [
    ['an int8', '-128', '00c080'],
    ['an int16', '128', '00c18000'],
    ['a negative int16', '-129', '00c17fff'],
    ['an int32', '32768', '00c200800000'],
    ['an integer too large', '2147483648', '000a32313437343833363438'],
    ['no integer', '01', '00023031'],
    [
      'a length of 14 bits',
      String.fromCharCode(...Array.from({length: 64}, (_, at) => at)),
      `004040${hexOf(Uint8Array.from({length: 64}, (_, at) => at))}`,
    ],
  ] as const) {
    it(`writes a string as ${name}`, () => {
      expect(bodyOf(value)).to.equal(hex)
      expect(restored(hex)).to.equal(value)
    })
  }

  it('writes small collections as Redis 7.0 does', () => {
    const [list, hash, sortedSet, set] = [
      new ListValue(LIMITS),
      new HashValue(LIMITS),
      new SortedSetValue(LIMITS),
      new SetValue(LIMITS),
    ]
    for (const item of ['a', '5', 'hello']) list.pushTail(item)
    hash.set('f', 'v')
    hash.set('n', '12')
    for (const [member, score] of [
      ['a', 1.5],
      ['b', 2],
      ['c', -Infinity],
    ] as const) {
      sortedSet.set(member, score)
    }
    for (const member of ['300', '-2', '1']) set.add(member)
    expect(bodyOf(list)).to.equal(
      hexOf(bytesOf('12 01 02 13 | 13 00 00 00 03 00 | 81 61 02 | 05 01 | 85 68 65 6c 6c 6f 06 | ff')),
    )
    expect(bodyOf(hash)).to.equal(
      hexOf(bytesOf('10 12 | 12 00 00 00 04 00 | 81 66 02 | 81 76 02 | 81 6e 02 | 0c 01 | ff')),
    )
    expect(bodyOf(sortedSet)).to.equal(
      hexOf(
        bytesOf(
          '11 1d | 1d 00 00 00 06 00 | 81 63 02 | 84 2d 69 6e 66 05 | 81 61 02 | 83 31 2e 35 04 | 81 62 02 | 02 01 | ff',
        ),
      ),
    )
    expect(bodyOf(set)).to.equal(hexOf(bytesOf('0b 0e | 02 00 00 00 | 03 00 00 00 | fe ff 01 00 2c 01')))
  })

  it('writes big ones element by element, a sorted set from its end', () => {
    const limits = {...LIMITS, hashMaxListpackEntries: 0, zsetMaxListpackEntries: 0}
    const [hash, sortedSet, set] = [new HashValue(limits), new SortedSetValue(limits), new SetValue(limits)]
    hash.set('f', '1')
    sortedSet.set('a', 1)
    sortedSet.set('m139', 139)
    set.add('x')
    expect([hash, sortedSet, set].map(bodyOf)).to.deep.equal([
      '04010166c001',
      '0502046d3133390000000000606140' + '0161000000000000f03f',
      '02010178',
    ])
  })

  for (const [name, hex, value] of [
    ['a list, one by one', '01 02 0161 c005', ['a', '5']],
    ['a list of plain and packed nodes', '12 02 01 0161 02 0a 0a0000000100 816202 ff', ['a', 'b']],
    ['a set of strings', '02 02 0161 0162', ['a', 'b']],
    ['a set in a listpack (Redis 8, Valkey 9)', '14 0d 0d0000000200 816102 816202 ff', ['a', 'b']],
    [
      'a sorted set with scores as text',
      '03 03 0161 03312e35 0162 fe 0163 ff',
      [
        ['c', -Infinity],
        ['a', 1.5],
        ['b', Infinity],
      ],
    ],
    ['a sorted set with binary scores', '05 01 0161 000000000000f83f', [['a', 1.5]]],
    ['a hash', '04 01 0166 0176', {f: 'v'}],
    ['a hash in a zipmap', '09 07 01 01 66 01 00 76 ff', {f: 'v'}],
    ['a list in a ziplist', '0a 10 10000000 0d000000 0200 00 01 61 03 f6 ff', ['a', '5']],
    ['a compressed string', '00 c3 09 1e 01 61 61 e0 11 00 01 61 61', 'a'.repeat(30)],
  ] as const) {
    it(`reads ${name}`, () => expect(restored(hex)).to.deep.equal(value))
  }

  it('refuses a wrong version or checksum, before it looks at the value', () => {
    const good = encodeDumpPayload('hello')
    const failures = [
      sealed('00 0161', 13),
      sealed('00 0161', 81),
      sealed('00 0161', 0),
      good.with(1, 4),
      good.with(-1 + good.length, 0),
      good.subarray(0, 9),
    ]
    expect(failures.map((bytes) => decodeDumpPayload(bytes, LIMITS))).to.deep.equal(
      Array(6).fill({ok: false, failure: 'version-or-checksum'}),
    )
    const noChecksum = sealed('00 0161')
    noChecksum.fill(0, noChecksum.length - 8)
    expect(decodeDumpPayload(noChecksum, LIMITS)).to.deep.equal({ok: false, failure: 'version-or-checksum'})
  })

  for (const [name, hex] of [
    ['an unknown type', 'c8 0161'],
    ['a stream', '13 00 00 00 00 00 00 00 00 00 00'],
    ['a module value', '07 00 00'],
    ['a string that ends early', '00 05 6161'],
    ['a length that nothing could hold', '00 81 7fffffffffffffff 61'],
    ['a count that nothing could hold', '02 80 7fffffff 0161'],
    ['an empty list', '12 00'],
    ['an empty hash', '04 00'],
    ['a member twice', '02 02 0161 0161'],
    ['a field twice', '04 02 0166 0161 0166 0162'],
    ['a score that is no number', '05 01 0161 000000000000f87f'],
    ['a score text that is no number', '03 01 0161 03 6e616e'],
    ['an odd number of items in a hash', '10 0a 0a0000000100 816202 ff'],
    ['an unknown kind of list node', '12 01 03 0161'],
    ['a broken listpack', '10 03 616263'],
    ['a string encoding that does not exist', '00 c4 00'],
    ['a compressed string of the wrong length', '00 c3 09 1d 01 61 61 e0 11 00 01 61 61'],
  ] as const) {
    it(`calls ${name} bad`, () => expect(restored(hex)).to.equal('bad-format'))
  }
})
