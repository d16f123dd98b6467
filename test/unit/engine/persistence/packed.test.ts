import {expect} from 'chai'
import {decodeIntset, encodeIntset} from '../../../../src/engine/persistence/intset.js'
import {decodeListpack, encodeListpack} from '../../../../src/engine/persistence/listpack.js'
import {compressLzf, decompressLzf} from '../../../../src/engine/persistence/lzf.js'
import {decodeZiplist} from '../../../../src/engine/persistence/ziplist.js'
import {decodeZipmap} from '../../../../src/engine/persistence/zipmap.js'

const bytesOf = (hex: string): Uint8Array => Buffer.from(hex.replaceAll(' ', ''), 'hex')
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const body = (item: string): string => hexOf(encodeListpack([item])).slice(12, -2)

describe('persistence/listpack', () => {
  for (const [item, hex] of [
    ['0', '0001'],
    ['128', 'c08002'],
    ['-1', 'dfff02'],
    ['-4096', 'd00002'],
    ['4096', 'f1001003'],
    ['8388607', 'f2ffff7f04'],
    ['2147483648', 'f4000000800000000009'],
    ['a'.repeat(64), `e040${'61'.repeat(64)}42`],
    ['b'.repeat(127), `e07f${'62'.repeat(127)}0181`],
    ['c'.repeat(4096), `f000100000${'63'.repeat(4096)}2085`],
    ['01', '82303103'],
  ] as const) {
    it(`packs ${item.slice(0, 12)} (${item.length} characters) as Redis does`, () => expect(body(item)).to.equal(hex))
  }

  it('packs the list of the reference', () => {
    const hex = '130000000300816102050185 68656c6c6f 06ff'.replaceAll(' ', '')
    expect(hexOf(encodeListpack(['a', '5', 'hello']))).to.equal(hex)
    expect(decodeListpack(bytesOf(hex))).to.deep.equal(['a', '5', 'hello'])
  })

  it('reads every width of integers', () => {
    const items = [
      '0',
      '127',
      '-1',
      '4095',
      '-4096',
      '32767',
      '-32768',
      '8388607',
      '-8388608',
      '-2147483648',
      '9223372036854775807',
    ]
    expect(decodeListpack(encodeListpack(items))).to.deep.equal(items)
  })

  it('refuses wrong lengths, counts and ends', () => {
    const good = encodeListpack(['a', '300', 'x'.repeat(200)])
    const broken = [...good.keys()]
      .filter((at) => at < 6 || at === good.length - 1)
      .map((at) => good.with(at, good[at]! ^ 1))
    expect([...broken, good.subarray(1), good.subarray(0, 6), new Uint8Array()].map(decodeListpack)).to.deep.equal(
      Array(broken.length + 3).fill(undefined),
    )
    expect(decodeListpack(bytesOf('0c0000000100 f0ffffffff ff'))).to.equal(undefined)
  })
})

describe('persistence/intset', () => {
  it('packs the set of the reference', () => {
    expect(hexOf(encodeIntset(['-2', '1', '300']))).to.equal('0200000003000000feff01002c01')
  })

  for (const members of [['-32769', '5'], ['-9223372036854775808', '0', '9223372036854775807'], ['2147483648']]) {
    it(`packs and reads ${members.join(', ')}`, () =>
      expect(decodeIntset(encodeIntset(members))).to.deep.equal(members))
  }

  it('refuses what does not ascend, odd widths and wrong sizes', () => {
    const bad = [
      '0200000002000000 0100 0100',
      '0300000001000000 010000',
      '0200000009000000 0100',
      '02000000ffffffff',
      '',
    ]
    expect(bad.map((hex) => decodeIntset(bytesOf(hex)))).to.deep.equal(Array(5).fill(undefined))
  })
})

describe('persistence/ziplist', () => {
  it('reads strings and integers of every kind', () => {
    // As written by hand from the format: "ab", 3, -5 (i8), 1000 (i16), 100000 (i24), 2^30 (i32), 2^40 (i64).
    const entries = [
      '00 02 6162',
      '04 f4',
      '02 fe fb',
      '03 c0 e803',
      '04 f0 a08601',
      '05 d0 00000040',
      '06 e0 0000000000010000',
    ]
    expect(decodeZiplist(ziplistOf(entries))).to.deep.equal([
      'ab',
      '3',
      '-5',
      '1000',
      '100000',
      '1073741824',
      '1099511627776',
    ])
  })

  it('reads long strings, and what follows them', () => {
    const long = '78'.repeat(300)
    expect(decodeZiplist(ziplistOf([`00 412c ${long}`, 'fe2f010000 01 79']))).to.deep.equal(['x'.repeat(300), 'y'])
    expect(decodeZiplist(ziplistOf([`00 800000012c ${long}`]))).to.deep.equal(['x'.repeat(300)])
  })

  it('refuses wrong lengths, unknown encodings and wrong links back', () => {
    const good = ziplistOf(['00 02 6162', '04 f4'])
    const bad = [
      good.with(0, 0),
      good.with(4, 99),
      good.with(8, 9),
      good.with(14, 7),
      good.with(11, 0x3f),
      good.with(11, 0xc1),
    ]
    expect([...bad, good.subarray(0, 9)].map(decodeZiplist)).to.deep.equal(Array(7).fill(undefined))
  })
})

describe('persistence/zipmap', () => {
  it('reads fields and values, passing over unused bytes', () => {
    expect(decodeZipmap(bytesOf('02 01 61 02 00 6262 02 6363 01 02 64 0000 ff'))).to.deep.equal(['a', 'bb', 'cc', 'd'])
    expect(decodeZipmap(bytesOf('fe fe01000000 61 00 00 ff'))).to.deep.equal(['a', ''])
  })

  it('refuses a field without value, wrong counts and lengths', () => {
    const bad = ['01 01 61 ff', '02 01 61 00 00 ff', '01 09 61 00 00 ff', '01 01 61 00 00', '']
    expect(bad.map((hex) => decodeZipmap(bytesOf(hex)))).to.deep.equal(Array(5).fill(undefined))
  })
})

describe('persistence/lzf', () => {
  it('reads what Redis has written', () => {
    expect(hexOf(decompressLzf(bytesOf('01 6161 e01100 01 6161'), 30)!)).to.equal('61'.repeat(30))
  })

  it('makes repetitions short, and gives up where nothing is won', () => {
    const text = Buffer.from('the same, the same, the same, and again the same '.repeat(20))
    const compressed = compressLzf(text, text.length - 4)!
    expect(compressed.length).to.be.lessThan(120)
    expect(decompressLzf(compressed, text.length)).to.deep.equal(Uint8Array.from(text))
    const noise = Uint8Array.from({length: 200}, (_, index) => (index * index * 31) & 0xff)
    expect(compressLzf(noise.subarray(0, 60), 10)).to.equal(undefined)
  })

  it('believes no length', () => {
    const bad: [string, number][] = [
      ['01 6161', 3],
      ['01 6161', 1],
      ['05 6161', 6],
      ['20', 3],
      ['20 00', 3],
      ['e0', 9],
      ['00 61', 2 ** 40],
    ]
    expect(bad.map(([hex, length]) => decompressLzf(bytesOf(hex), length))).to.deep.equal(Array(7).fill(undefined))
  })
})

function ziplistOf(entries: readonly string[]): Uint8Array {
  const bodies = entries.map(bytesOf)
  const header = Buffer.alloc(10)
  const length = bodies.reduce((sum, {length: bytes}) => sum + bytes, 11)
  header.writeUInt32LE(length, 0)
  header.writeUInt32LE(length - 1 - bodies.at(-1)!.length, 4)
  header.writeUInt16LE(entries.length, 8)
  return Uint8Array.from(Buffer.concat([header, ...bodies, Buffer.from([0xff])]))
}
