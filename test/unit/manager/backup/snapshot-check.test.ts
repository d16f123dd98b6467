import {expect} from 'chai'
import fc from 'fast-check'
import {SnapshotCheck} from '../../../../src/manager/backup/snapshot-check.js'

/** One key, as in the smallest files of real servers. */
const WHOLE = Buffer.from('524544495330303130fe00fb010000016b0176ffbfc684baad6ca103', 'hex')

function faultOf(...chunks: readonly Uint8Array[]): string | undefined {
  const check = new SnapshotCheck()
  for (const chunk of chunks) check.add(chunk)
  return check.fault()
}

describe('checking an RDB file as it passes by', () => {
  it('finds nothing wrong with a whole one, however it is cut into pieces', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({min: 0, max: 12}), {maxLength: 20}), (sizes) => {
        let from = 0
        const pieces = sizes.map((size) => WHOLE.subarray(from, (from += size)))
        expect(faultOf(...pieces, WHOLE.subarray(from))).to.equal(undefined)
      }),
    )
  })

  it('knows the word that Valkey 9 begins with, and a file without a checksum', () => {
    const unsigned = Buffer.concat([Buffer.from('VALKEY080'), Buffer.from([0xff]), Buffer.alloc(8)])
    expect(faultOf(unsigned)).to.equal(undefined)
  })

  it('finds any byte that was changed', () => {
    fc.assert(
      fc.property(fc.integer({min: 0, max: WHOLE.length - 1}), fc.integer({min: 1, max: 255}), (index, change) => {
        const spoilt = Buffer.from(WHOLE)
        spoilt[index]! ^= change
        expect(faultOf(spoilt)).to.be.a('string')
      }),
    )
  })

  it('finds an end that is missing', () => {
    for (let length = 0; length < WHOLE.length; length++) expect(faultOf(WHOLE.subarray(0, length))).to.be.a('string')
  })

  it('says what is wrong', () => {
    expect(faultOf(Buffer.from('HTTP/1.1 400 Bad Request'))).to.match(/does not begin like an RDB file/)
    expect(faultOf(WHOLE.subarray(0, 20))).to.match(/ends too early, after 20 bytes/)
    expect(faultOf(Buffer.concat([WHOLE.subarray(0, -1), Buffer.from([0])]))).to.match(/checksum/)
  })
})
