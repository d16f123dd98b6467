import {expect} from 'chai'
import {faultsInWords, NO_FAULTS, toListedFaults} from '../../../../src/cli/engine/node-faults.js'
import {formatGroups, formatPorts, parseGroups} from '../../../../src/cli/engine/port-groups.js'
import {ManagerError} from '../../../../src/manager/error.js'

describe('the groups of a partition as operators type them', () => {
  const two = [[7000, 7001], [7002]]

  for (const words of [
    ['7000,7001', '7002'],
    ['7000-7001', '7002'],
    ['7000,7001 | 7002'],
    ['7000,7001', '|', '7002'],
    ['7000', '7001', '/', '7002'],
    ['7000-7001/7002'],
  ]) {
    it(`may be ${JSON.stringify(words)}`, () => expect(parseGroups(words)).to.deep.equal(two))
  }

  it('may be one, or many', () => {
    expect(parseGroups(['7002'])).to.deep.equal([[7002]])
    expect(parseGroups(['1', '2', '3'])).to.deep.equal([[1], [2], [3]])
  })

  for (const wrong of [['7000 |'], ['7000', 'seven'], ['7000,7001', '7001'], [',']]) {
    it(`are not ${wrong.join(' ')}`, () => expect(() => parseGroups(wrong)).to.throw(ManagerError))
  }
})

describe('ports in a sentence', () => {
  it('are ranges where they are neighbours', () => {
    expect(formatPorts([7002, 7000, 7001, 7005])).to.equal('7000-7002 7005')
    expect(formatGroups([[7000, 7001], [7003]])).to.equal('7000-7001 | 7003')
  })
})

describe('faults in the words of engine status', () => {
  it('name what is wrong, and nothing where nothing is', () => {
    const faults = toListedFaults({paused: true, partitionedFrom: ['127.0.0.1:7001', '[::1]:7000'], latencyMs: 50})
    expect(faultsInWords(faults)).to.equal('paused, partitioned from 7000-7001, slow 50 ms')
    expect(faultsInWords(NO_FAULTS)).to.equal('')
  })
})
