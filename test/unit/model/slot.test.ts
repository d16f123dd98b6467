import {expect} from 'chai'
import {crc16} from '../../../src/model/crc16.js'
import {slotOf} from '../../../src/model/slot.js'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('hash slots', () => {
  it('uses the CRC16 of the cluster specification', () => {
    expect(crc16(bytes('123456789'))).to.equal(0x31c3)
  })

  it('maps keys as servers do', () => {
    const slots = ['key:1', 'key:2', 'key:5', 'nosuch', 'k13535'].map((key) => slotOf(bytes(key)))
    expect(slots).to.deep.equal([6657, 10850, 6789, 14872, 5461])
  })

  it('hashes only the first non-empty tag', () => {
    expect(slotOf(bytes('{m}a'))).to.equal(15_627)
    expect(slotOf(bytes('foo{b}'))).to.equal(3300)
    expect(slotOf(bytes('foo{b}{c}'))).to.equal(3300)
    expect(slotOf(bytes('{}{b}'))).to.equal(slotOf(bytes('{}{b}')))
    expect(slotOf(bytes('{}{b}'))).to.not.equal(3300)
    expect(slotOf(bytes('{b'))).to.not.equal(3300)
  })
})
