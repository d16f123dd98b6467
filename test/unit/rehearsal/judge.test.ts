import {expect} from 'chai'
import {Ground} from '../../../src/rehearsal/ground.js'
import {judgeData} from '../../../src/rehearsal/judge.js'

function quietGround(): Ground {
  return new Ground(1, {
    primaries: 3,
    replicasEach: 0,
    spares: 0,
    nodeTimeoutMs: 1_000,
    latencyMs: {from: 0.1, to: 0.5},
  })
}

function verdictOn(ground: Ground): readonly string[] {
  judgeData(ground.nodes, ground)
  return ground.violations
}

describe('the judge', () => {
  it('is content with what was acknowledged and is there', () => {
    const ground = quietGround()
    const owner = ground.nodes.find((node) => node.call('SADD', 'w:{1}', '0.1') === 1)!
    expect(owner.isRunning).to.equal(true)
    ground.ledger.acknowledge('w:{1}', '0.1')
    expect(verdictOn(ground)).to.deep.equal([])
  })

  it('misses a write that was acknowledged', () => {
    const ground = quietGround()
    ground.ledger.acknowledge('w:{1}', '0.1')
    expect(verdictOn(ground)).to.deep.equal(['the acknowledged write of 0.1 to w:{1} is lost'])
  })

  it('does not miss what a failover has taken', () => {
    const ground = quietGround()
    ground.ledger.acknowledge('w:{1}', '0.1')
    ground.ledger.excuseWhatIsMissing(new Map([['w:{1}', new Set(['0.1'])]]), new Map())
    expect(verdictOn(ground)).to.deep.equal([])
  })

  it('finds a key in two places', () => {
    const ground = quietGround()
    for (const {core} of ground.nodes.slice(0, 2)) core.server.databases[0]!.set('w:{1}', 'x')
    expect(verdictOn(ground)).to.have.lengthOf(1)
    expect(ground.violations[0]).to.match(/^key w:\{1\} is in two places: /)
  })
})
