import {expect} from 'chai'
import fc from 'fast-check'
import {Crc64} from '../../../src/model/crc64.js'

function crcOf(...parts: readonly Uint8Array[]): string {
  const crc = new Crc64()
  for (const part of parts) crc.update(part)
  return Buffer.from(crc.bytes()).toString('hex')
}

describe('CRC-64', () => {
  it('gives the check value of its polynomial, lowest byte first', () => {
    expect(crcOf(Buffer.from('123456789'))).to.equal('cad9b8c414d9c6e9')
  })

  it('ends the smallest RDB file as servers write it', () => {
    expect(crcOf(Buffer.from('REDIS0010\xff', 'latin1'))).to.equal('a9fd37fe89a77eeb')
  })

  it('is zero for nothing', () => {
    expect(crcOf()).to.equal('0000000000000000')
  })

  it('does not depend on how the bytes are cut into pieces', () => {
    fc.assert(
      fc.property(fc.uint8Array({maxLength: 200}), fc.nat(200), (bytes, cut) => {
        expect(crcOf(bytes.subarray(0, cut), bytes.subarray(cut))).to.equal(crcOf(bytes))
      }),
    )
  })

  it('takes a part of a buffer', () => {
    const crc = new Crc64()
    crc.update(Buffer.from('xx123456789xx'), 2, 11)
    expect(Buffer.from(crc.bytes()).toString('hex')).to.equal(crcOf(Buffer.from('123456789')))
  })
})
