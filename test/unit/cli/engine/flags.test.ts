import {expect} from 'chai'
import {parseNodes, parsePorts} from '../../../../src/cli/engine/flags.js'
import {formatAddresses} from '../../../../src/cli/engine/start-nodes.js'
import {ManagerError} from '../../../../src/manager/error.js'
import {formatAddress} from '../../../../src/model/address.js'

const read = (words: string[], host?: string): string[] => parseNodes(words, host).map(formatAddress)

describe('ports as operators type them', () => {
  it('may be ranges, and belong to the address of --bind', () => {
    expect(read(['7000-7002', '7010'])).to.deep.equal([
      '127.0.0.1:7000',
      '127.0.0.1:7001',
      '127.0.0.1:7002',
      '127.0.0.1:7010',
    ])
    expect(read(['7000'], '10.0.0.1')).to.deep.equal(['10.0.0.1:7000'])
    expect(read(['7000'], '::1')).to.deep.equal(['[::1]:7000'])
  })

  it('may have an address of their own', () => {
    expect(read(['127.0.0.2:7000-7001'], '10.0.0.1')).to.deep.equal(['127.0.0.2:7000', '127.0.0.2:7001'])
  })

  it('are told apart once', () => {
    expect(parsePorts(['7000-7002', '7001'])).to.deep.equal([7000, 7001, 7002])
  })

  for (const wrong of ['seven', '70000', '7005-7000', 'rediss://a:1']) {
    it(`are not ${wrong}`, () => expect(() => parseNodes([wrong])).to.throw(ManagerError))
  }
})

describe('addresses in a sentence', () => {
  const shown = (...ports: number[]): string => formatAddresses(ports.map((port) => ({host: '127.0.0.1', port})))

  it('are ranges where ports are neighbours', () => {
    expect(shown(7002, 7000, 7001)).to.equal('127.0.0.1:7000-7002')
    expect(shown(7000, 7002)).to.equal('127.0.0.1:7000 127.0.0.1:7002')
    expect(shown(7000)).to.equal('127.0.0.1:7000')
  })

  it('keep hosts apart', () => {
    const nodes = [
      {host: '127.0.0.1', port: 7000},
      {host: '::1', port: 7001},
    ]
    expect(formatAddresses(nodes)).to.contain('127.0.0.1:7000').and.contain('[::1]:7001')
  })
})
