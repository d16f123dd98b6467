import {expect} from 'chai'
import {groupsOfStat} from '../../../../src/cli/operations/foreground.js'

describe('whether a process has its terminal to itself', () => {
  it('is told by the process groups in /proc/PID/stat, whatever its name is', () => {
    expect(groupsOfStat('4711 (node) R 4700 4711 4700 34816 4711 4194304 0')).to.deep.equal({
      own: 4711,
      foreground: 4711,
    })
    expect(groupsOfStat('4711 (a (b) S 1) S 4700 4711 4700 34816 4700 0 0')).to.deep.equal({
      own: 4711,
      foreground: 4700,
    })
    expect(groupsOfStat('4711 (node) R 1 4711 4711 0 -1 0')).to.deep.equal({own: 4711, foreground: -1})
    expect(groupsOfStat('')).to.equal(undefined)
  })
})
