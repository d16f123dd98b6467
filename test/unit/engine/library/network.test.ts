import {expect} from 'chai'
import type {NetworkFaults} from '../../../../src/engine/host/network-faults.js'
import type {NodeHost} from '../../../../src/engine/host/node-host.js'
import {Network} from '../../../../src/engine/library/network.js'

const [A, B, C] = ['127.0.0.1:7000', '127.0.0.1:7001', '127.0.0.1:7002'] as const
const ALL = [A, B, C]

describe('the network between the nodes of a process', () => {
  let network: Network

  beforeEach(() => {
    network = new Network()
  })

  const cuts = (): string[] => ALL.map((each) => network.partitionedFrom(each).join(' '))

  it('cuts one group off from all the rest', () => {
    network.partition([[A]], ALL)
    expect(cuts()).to.deep.equal([`${B} ${C}`, A, A])
  })

  it('lets nodes of no group hear everybody beside several groups', () => {
    network.partition([[A], [C]], ALL)
    expect(cuts()).to.deep.equal([C, '', A])
  })

  it('has one partition at a time, and none after it is healed', () => {
    network.partition([[A], [B, C]], ALL)
    network.partition([[A, B], [C]], ALL)
    expect(cuts()).to.deep.equal([C, C, `${A} ${B}`])
    network.heal([C])
    expect(cuts()).to.deep.equal(['', '', ''])
  })

  it('calls a node that has not run by its ports', () => {
    network.separate([A], [B])
    expect(network.faultsOf(A).cutOff).to.deep.equal([
      {host: '127.0.0.1', port: 7001},
      {host: '127.0.0.1', port: 17_001},
    ])
  })

  it('tells the nodes that run, and remembers for those that come back', () => {
    const told: NetworkFaults[] = []
    const host = {
      endpoints: [{host: '127.0.0.1', port: 7000}],
      closed: new Promise(() => undefined),
      setNetwork: (faults: NetworkFaults) => told.push(faults),
    } as unknown as NodeHost
    network.connect(A, host)
    network.slow(A, 50)
    expect(told.at(-1)).to.deep.equal({cutOff: [], strangers: [], latencyMs: 50})
    expect(network.faultsOf(A).latencyMs).to.equal(50)
    network.slow(A, 0)
    expect(told.at(-1)).to.deep.equal({cutOff: [], strangers: [], latencyMs: 0})
  })
})
