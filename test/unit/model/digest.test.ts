import {expect} from 'chai'
import fc from 'fast-check'
import {Digester, DigestSum, formatDigest, sameDigest} from '../../../src/model/digest.js'

function hex(...pieces: readonly (Uint8Array | string)[]): string {
  const digester = new Digester()
  for (const piece of pieces) digester.add(piece)
  return formatDigest(digester.finish())
}

describe('digests', () => {
  it('are the same in however many pieces the bytes come, as bytes or as text', () => {
    fc.assert(
      fc.property(fc.uint8Array({maxLength: 10_000}), fc.array(fc.nat(10_000), {maxLength: 6}), (bytes, cuts) => {
        const ends = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length]
        const pieces = ends.slice(1).map((end, index) => bytes.subarray(ends[index], end))
        expect(hex(...pieces)).to.equal(hex(bytes))
        expect(hex(Buffer.from(bytes).toString('latin1'))).to.equal(hex(bytes))
      }),
      {numRuns: 60},
    )
  })

  it('differ where one bit does, also behind the first block', () => {
    const seen = new Set<string>()
    const bytes = new Uint8Array(9_000)
    for (let at = 0; at < bytes.length; at += 61) {
      bytes[at]! ^= 1
      seen.add(hex(bytes))
      bytes[at]! ^= 1
    }
    expect(seen.size).to.equal(Math.ceil(bytes.length / 61))
  })

  it('differ with the length, where all else is zeros', () => {
    const lengths = [0, 1, 15, 16, 17, 4095, 4096, 4097, 8192]
    expect(new Set(lengths.map((length) => hex(new Uint8Array(length)))).size).to.equal(lengths.length)
  })

  it('say where one part ends and the next begins', () => {
    const parts = (...all: readonly string[]): string => {
      const digester = new Digester()
      for (const part of all) digester.part(part)
      return formatDigest(digester.finish())
    }
    expect(parts('ab', 'c')).to.not.equal(parts('a', 'bc'))
    expect(parts('', 'a')).to.not.equal(parts('a', ''))
  })

  it('add up to the same in any order, and to something else with any other summand', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), {minLength: 1, maxLength: 20}), fc.string(), (texts, other) => {
        const sum = (all: readonly string[]): DigestSum => {
          const total = new DigestSum()
          for (const text of all) total.add(new Digester().add(text).finish())
          return total
        }
        expect(sameDigest(sum(texts).value(), sum([...texts].reverse()).value())).to.equal(true)
        expect(sameDigest(sum(texts).value(), sum([...texts, other]).value())).to.equal(false)
      }),
      {numRuns: 60},
    )
  })
})
