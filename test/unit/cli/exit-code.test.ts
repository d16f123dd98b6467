import {expect} from 'chai'
import {exitCodeOfOutcome} from '../../../src/cli/exit-code.js'
import {ManagerError} from '../../../src/manager/error.js'
import type {Outcome} from '../../../src/manager/execute/outcome.js'

function ended(parts: Partial<Outcome>): Outcome {
  return {
    status: 'failed',
    stepsDone: 0,
    stepsLeft: 1,
    slotsMoved: 0,
    keysMoved: 0,
    bytesMoved: 0,
    elapsedMs: 1,
    undone: false,
    touched: true,
    error: undefined,
    ...parts,
  }
}

const unreachable = new ManagerError('unreachable', 'gone')
const interrupted = new ManagerError('interrupted', 'Ctrl-C')
const slow = new ManagerError('timed-out', 'no progress')

describe('the exit code of an operation', () => {
  it('is 0 when all is done', () => {
    expect(exitCodeOfOutcome(ended({status: 'applied'}))).to.equal(0)
  })

  it('is 5 when something was done and something is left', () => {
    expect(exitCodeOfOutcome(ended({error: unreachable, slotsMoved: 3}))).to.equal(5)
    expect(exitCodeOfOutcome(ended({error: unreachable, keysMoved: 1}))).to.equal(5)
    expect(exitCodeOfOutcome(ended({status: 'stopped', error: interrupted, stepsDone: 1}))).to.equal(5)
  })

  it('is that of the error when nothing was done, or all was undone', () => {
    expect(exitCodeOfOutcome(ended({error: unreachable, touched: false}))).to.equal(4)
    expect(exitCodeOfOutcome(ended({error: slow, stepsDone: 9, undone: true}))).to.equal(6)
    expect(exitCodeOfOutcome(ended({status: 'stopped', error: interrupted, undone: true, stepsDone: 2}))).to.equal(130)
  })
})
