import {expect} from 'chai'
import {address} from '../../../../src/model/address.js'
import {leftBehind, slotsLeft} from '../../../../src/manager/execute/left-behind.js'

const [A, B, C] = ['a', 'b', 'c'].map((digit) => digit.repeat(40)) as [string, string, string]
const where = {
  entry: 'h:1',
  addresses: new Map([
    [A, address('h', 1)],
    [B, address('h', 2)],
    [C, address('h', 3)],
  ]),
}

describe('slots that were left for the big keys in them', () => {
  it('are named with the command that moves them later', () => {
    const error = leftBehind(
      [7, 5, 5].map((slot) => ({slot, source: A, target: B})),
      where,
    )
    expect(error).to.include({code: 'big-key', node: 'h:1'})
    expect(error.message).to.equal('2 slots (5 7) stay at their source, for they hold keys over --big-key')
    expect(error.hint).to.equal('to move them: `tscluster reshard h:1 --slots 5,7 --to h:2 --big-keys last`')
  })

  it('of several lanes have a command for each target', () => {
    const left = [
      {slot: 5, source: A, target: B},
      {slot: 9, source: B, target: C},
    ]
    const error = leftBehind(left, where)
    expect(slotsLeft(left)).to.equal('5 9')
    expect(error.node).to.equal(undefined)
    expect(error.hint).to.match(/--slots 5-5 --to h:2.* and .*--slots 9-9 --to h:3/)
  })
})
