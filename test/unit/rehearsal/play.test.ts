import {expect} from 'chai'
import {play} from '../../../src/rehearsal/play.js'

describe('a rehearsal', () => {
  it('goes the same way every time: same seed, same trace', async () => {
    const lines: string[][] = [[], []]
    for (const trace of lines) {
      await play({seed: 4, scenario: 'reshard', faults: ['crash', 'kill-tool'], onLine: (line) => trace.push(line)})
    }
    expect(lines[0]!.length).to.be.greaterThan(50)
    expect(lines[1]).to.deep.equal(lines[0])
  })

  it('goes another way with another seed', async () => {
    const [one, other] = [await play({seed: 1, scenario: 'failover'}), await play({seed: 2, scenario: 'failover'})]
    expect(one.hash).not.to.equal(other.hash)
  })

  it('without faults carries the command out, and nobody loses anything', async () => {
    const {ended, violations, acknowledgedWrites} = await play({seed: 3, scenario: 'reshard', faults: []})
    expect([ended, violations]).to.deep.equal(['applied', []])
    expect(acknowledgedWrites).to.be.greaterThan(0)
  })
})
