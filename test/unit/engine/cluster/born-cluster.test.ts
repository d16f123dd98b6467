import {expect} from 'chai'
import {nodesConf, planBirth} from '../../../../src/engine/cluster/born-cluster.js'
import {parseClusterNodes} from '../../../../src/model/cluster-nodes.js'

const PORTS = [7000, 7001, 7002, 7003, 7004, 7005]
const ADDRESSES = PORTS.map((port) => ({host: '127.0.0.1', port}))
const IDS = PORTS.map((_, index) => String(index).repeat(40))

describe('a cluster that is born whole', () => {
  const born = planBirth(ADDRESSES, IDS, 3)
  const lines = parseClusterNodes(nodesConf(born, 4, 1000))!

  it('shares the slots out evenly among its primaries', () => {
    expect(born.map(({slots}) => slots)).to.deep.equal(['0-5460', '5461-10922', '10923-16383', '', '', ''])
  })

  it('gives each primary its replicas, in order', () => {
    expect(born.map(({primary}) => primary)).to.deep.equal([null, null, null, 0, 1, 2])
    const two = planBirth(ADDRESSES, IDS, 2)
    expect(two.map(({primary}) => primary)).to.deep.equal([null, null, 0, 0, 1, 1])
  })

  it('knows itself and all the others, with their bus ports', () => {
    expect(lines.map(({id}) => id)).to.deep.equal(IDS)
    expect(lines.filter(({flags}) => flags.has('myself')).map(({id}) => id)).to.deep.equal([IDS[4]])
    expect(lines.map(({address}) => address.busPort)).to.deep.equal(PORTS.map((port) => port + 10_000))
  })

  it('knows who replicates whom', () => {
    expect(lines.map(({primaryId}) => primaryId)).to.deep.equal([null, null, null, IDS[0], IDS[1], IDS[2]])
  })

  it('has a config epoch of its own for each primary, and none above the current one', () => {
    expect(lines.slice(0, 3).map(({configEpoch}) => configEpoch)).to.deep.equal([1, 2, 3])
    expect(nodesConf(born, 0, 1000)).to.match(/\nvars currentEpoch 3 lastVoteEpoch 0\n$/)
  })
})
