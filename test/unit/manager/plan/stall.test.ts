import {expect} from 'chai'
import {expectedStallMs, longestStallMs, payloadBytes} from '../../../../src/manager/plan/stall.js'

const MB = 1_000_000

describe('the stall to expect of a key', () => {
  it('grows with the bytes of a string and with the members of a collection', () => {
    const string = expectedStallMs({type: 'string', bytes: 12 * MB, elements: 12 * MB})
    const hash = expectedStallMs({type: 'hash', bytes: 12 * MB, elements: 60})
    const members = expectedStallMs({type: 'hash', bytes: 12 * MB, elements: 200_000})
    expect(string).to.be.within(50, 200)
    expect(members).to.be.greaterThan(hash)
  })

  it('of 14 million fields is longer than a node timeout (redis#6999)', () => {
    expect(expectedStallMs({type: 'hash', bytes: 900 * MB, elements: 14 * MB})).to.be.greaterThan(10_000)
  })

  it('is never more than the longest of its bytes, whatever its type', () => {
    for (const type of ['string', 'list', 'hash', 'set', 'zset', 'stream', 'ReJSON-RL']) {
      const elements = type === 'string' ? 300 * MB : (300 * MB) / 40
      expect(expectedStallMs({type, bytes: 300 * MB, elements}), type).to.be.at.most(longestStallMs(300 * MB))
    }
  })
})

describe('what MIGRATE sends of a key', () => {
  it('is the length of a string, and of a collection what is left without its bookkeeping', () => {
    expect(payloadBytes({type: 'string', bytes: 16 * MB, elements: 10 * MB})).to.equal(10 * MB)
    expect(payloadBytes({type: 'hash', bytes: 62 * MB, elements: MB})).to.equal(22 * MB)
    expect(payloadBytes({type: 'zset', bytes: MB, elements: MB})).to.equal(0)
  })
})
