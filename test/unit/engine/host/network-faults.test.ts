import {networkInterfaces} from 'node:os'
import {expect} from 'chai'
import {reachTest} from '../../../../src/engine/host/network-faults.js'

describe('who cannot be reached behind a partition', () => {
  const isCutOff = reachTest([
    {host: '127.0.0.1', port: 7001},
    {host: '10.99.0.1', port: 7100},
  ])

  it('is a node by whatever address of this machine it is called', () => {
    const own = Object.values(networkInterfaces()).flatMap((each = []) => each.map(({address}) => address))
    for (const host of ['127.0.0.1', 'localhost', ...own]) expect(isCutOff({host, port: 7001}), host).to.equal(true)
  })

  it('is a node by the address that it announces', () => {
    expect(isCutOff({host: '10.99.0.1', port: 7100})).to.equal(true)
  })

  it('is nobody else: another port, or the same one on another machine', () => {
    expect(isCutOff({host: '127.0.0.1', port: 7002})).to.equal(false)
    expect(isCutOff({host: '203.0.113.9', port: 7001})).to.equal(false)
  })
})
