import {expect} from 'chai'
import {
  combineBits,
  countBitRange,
  countBits,
  findBit,
  fitBitField,
  readBitField,
  writeBitField,
} from '../../../../src/engine/values/bitmap.js'
import {MutableString} from '../../../../src/engine/values/string.js'

const bytesOf = (text: string): Uint8Array => Buffer.from(text, 'latin1')

describe('values/bitmap', () => {
  it('counts ones in bytes and in bits', () => {
    const foobar = bytesOf('foobar')
    expect([countBits(foobar, 0, 5), countBits(foobar, 0, 0), countBits(foobar, 1, 1)]).to.deep.equal([26, 4, 6])
    expect([countBitRange(foobar, 5, 30), countBitRange(foobar, 1, 1), countBitRange(foobar, 0, 47)]).to.deep.equal([
      17, 1, 26,
    ])
  })

  it('finds the first bit that is set, or that is not', () => {
    const bytes = bytesOf('\x00\xff\xf0')
    expect([findBit(bytes, 1, 0, 23), findBit(bytes, 1, 13, 23), findBit(bytes, 0, 8, 23)]).to.deep.equal([8, 13, 20])
    expect([findBit(bytes, 0, 8, 15), findBit(bytes, 1, 0, 7)]).to.deep.equal([-1, -1])
  })

  it('combines strings of different lengths as if the short ones went on with zeros', () => {
    const [long, short] = [bytesOf('\xff\x0f\xaa'), bytesOf('\xf0')]
    const combined = (['and', 'or', 'xor'] as const).map((operation) => [...combineBits(operation, [short, long])])
    expect(combined).to.deep.equal([
      [0xf0, 0, 0],
      [0xff, 0x0f, 0xaa],
      [0x0f, 0x0f, 0xaa],
    ])
    expect([...combineBits('not', [long])]).to.deep.equal([0, 0xf0, 0x55])
    expect(combineBits('or', [])).to.have.length(0)
  })

  it('reads and writes integers at any bit, growing the string', () => {
    const text = new MutableString()
    writeBitField(text, 5, {signed: true, bits: 9}, -3n)
    expect([text.length, readBitField(text, 5, {signed: true, bits: 9})]).to.deep.equal([2, -3n])
    expect(readBitField(text, 5, {signed: false, bits: 9})).to.equal(509n)
    writeBitField(text, 100, {signed: true, bits: 64}, -(2n ** 63n))
    expect(readBitField(text, 100, {signed: true, bits: 64})).to.equal(-(2n ** 63n))
    expect(readBitField(text, 9000, {signed: false, bits: 63})).to.equal(0n)
  })

  it('wraps, saturates or refuses what does not fit', () => {
    const fits = (value: bigint, increment: bigint, signed: boolean, bits: number) =>
      (['wrap', 'sat', 'fail'] as const).map((mode) => fitBitField(value, increment, {signed, bits}, mode))
    expect(fits(100n, 100n, true, 8)).to.deep.equal([-56n, 127n, undefined])
    expect(fits(-100n, -100n, true, 8)).to.deep.equal([56n, -128n, undefined])
    expect(fits(250n, 10n, false, 8)).to.deep.equal([4n, 255n, undefined])
    expect(fits(3n, -5n, false, 8)).to.deep.equal([254n, 0n, undefined])
    expect(fits(3n, -3n, false, 8)).to.deep.equal([0n, 0n, 0n])
    expect(fits(2n ** 63n - 1n, 1n, true, 64)).to.deep.equal([-(2n ** 63n), 2n ** 63n - 1n, undefined])
  })

  it('takes a negative number given to an unsigned field for a very large one', () => {
    expect(fitBitField(-1n, 0n, {signed: false, bits: 8}, 'sat')).to.equal(255n)
    expect(fitBitField(-1n, 0n, {signed: false, bits: 8}, 'wrap')).to.equal(255n)
  })
})
