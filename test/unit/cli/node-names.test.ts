import {expect} from 'chai'
import {resolveNode} from '../../../src/cli/node-names.js'
import {address} from '../../../src/model/address.js'
import {SlotSet} from '../../../src/model/slot-set.js'
import {assemble, type Topology, type TopologyNode} from '../../../src/manager/view/topology.js'

function node(id: string, port: number, hostname = ''): TopologyNode {
  return {
    id: id.padEnd(40, '0'),
    address: {...address('127.0.0.1', port), hostname},
    role: 'primary',
    primaryId: null,
    slots: SlotSet.EMPTY,
    configEpoch: 1,
    keys: 0,
    replOffset: 0,
    linkUp: true,
    capabilities: new Set(),
    product: 'redis',
    version: '7.0.15',
  }
}

const FIRST = node('abc1', 7000, 'one.example.com')
const SECOND = node('abc2', 7001)
const topology: Topology = assemble({entry: FIRST.address, nodes: [FIRST, SECOND], absent: [], openSlots: []})

describe('naming a node', () => {
  it('goes by id, by an unambiguous beginning of it, and by address', () => {
    for (const name of [
      FIRST.id,
      FIRST.id.toUpperCase(),
      'abc1',
      '127.0.0.1:7000',
      'localhost:7000',
      ':7000',
      '7000',
      'one.example.com:7000',
    ]) {
      expect(resolveNode(topology, name), name).to.equal(FIRST.id)
    }
  })

  it('refuses a beginning that several nodes share, and lists them', () => {
    expect(() => resolveNode(topology, 'abc')).to.throw(/could be any of 2 nodes: abc1.* 127\.0\.0\.1:7000, abc2/)
  })

  it('takes a bare port for one of this machine, and refuses one that is the beginning of an id as well', () => {
    const beginsSo = {...topology, nodes: [FIRST, SECOND, node('7001', 7002)]}
    expect(() => resolveNode(beginsSo, '7001')).to.throw(
      /"7001" could be any of 2 nodes: abc2.* 127\.0\.0\.1:7001, 7001/,
    )
    const elsewhere = {...topology, nodes: [{...FIRST, address: address('10.0.0.1', 7000)}]}
    expect(() => resolveNode(elsewhere, '7000')).to.throw(/no node of this cluster is called "7000"/)
  })

  it('refuses a name that nobody has', () => {
    for (const name of ['ffff', '127.0.0.1:9999', '9999', '99999', 'nonsense', '']) {
      expect(() => resolveNode(topology, name), name).to.throw(/no node of this cluster is called/)
    }
  })
})
