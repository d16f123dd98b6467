import {expect} from 'chai'
import {playSize, SIZE_SCENARIOS, type SizeVerdict} from '../../../../src/engine/sim/size-play.js'

const NODE_TIMEOUT_MS = 2000

const played = (scenario: SizeVerdict['scenario'], seed = 3): SizeVerdict =>
  playSize({seed, scenario, nodes: 12, nodeTimeoutMs: NODE_TIMEOUT_MS})

const whenOf = ({moments}: SizeVerdict, what: string): number => moments.find((each) => each.what === what)!.afterMs

describe('a large cluster in virtual time', () => {
  for (const scenario of SIZE_SCENARIOS) {
    it(`comes through ${scenario}, and the same seed tells the same`, () => {
      const verdict = played(scenario)
      expect(verdict.missing).to.deep.equal([])
      expect(verdict.moments.length).to.be.greaterThan(3)
      expect(played(scenario)).to.deep.equal(verdict)
      expect(played(scenario, 4).hash).not.to.equal(verdict.hash)
    })
  }

  it('suspects nobody before the node timeout, agrees, elects, and then everybody knows', () => {
    const verdict = played('primary-crash')
    const order = verdict.moments.map(({what}) => what)
    expect(whenOf(verdict, 'one node suspects it (PFAIL)')).to.be.greaterThan(NODE_TIMEOUT_MS)
    expect(order.at(0)).to.equal('one node suspects it (PFAIL)')
    expect(order.indexOf('a majority agrees (FAIL)')).to.be.lessThan(order.indexOf('its replica is elected'))
    expect(order.at(-1)).to.equal('every node serves')
  })

  it('has a minority that stops before the majority gives its slots to others', () => {
    const verdict = played('partition')
    expect(verdict.moments.filter(({since}) => since === 'the heal')).to.have.length(2)
    expect(whenOf(verdict, 'every node of the majority serves all slots')).to.be.greaterThan(NODE_TIMEOUT_MS)
  })
})
