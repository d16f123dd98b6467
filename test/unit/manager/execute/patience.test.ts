import {expect} from 'chai'
import {isManagerError} from '../../../../src/manager/error.js'
import {waitUntilClear, type Obstacle} from '../../../../src/manager/execute/patience.js'
import type {StepContext} from '../../../../src/manager/execute/step-context.js'
import {DEFAULT_SETTINGS} from '../../../../src/manager/plan/plan.js'
import {paperContext} from '../../../support/paper-context.js'
import {scriptedPool} from '../../../support/scripted-pool.js'

function contextWith(timeoutMs: number): StepContext {
  const settings = {...DEFAULT_SETTINGS, timeoutMs}
  return paperContext(
    scriptedPool(() => 'OK'),
    new Map(),
    {settings},
  ).context
}

/** How many looks it takes until the wait gives up, or is over. */
async function patience(look: (round: number) => Obstacle[]): Promise<{rounds: number; error: string}> {
  let rounds = 0
  try {
    await waitUntilClear(contextWith(1_000), () => Promise.resolve(look(++rounds)))
    return {rounds, error: ''}
  } catch (error) {
    return {rounds, error: isManagerError(error) ? `${error.node} ${error.message}` : String(error)}
  }
}

const stranger: Obstacle = {reason: 'does not know h:2 yet', node: 'h:1'}
const shy: Obstacle = {reason: 'could not finish its handshake with h:2 yet', node: 'h:1'}

describe('waiting with a bound', () => {
  it('ends when nothing is in the way any more', async () => {
    expect(await patience((round) => (round < 5 ? [stranger] : []))).to.deep.equal({rounds: 5, error: ''})
  })

  it('gives up, and names who is at fault', async () => {
    const {error} = await patience(() => [stranger, shy])
    expect(error).to.equal('h:1 does not know h:2 yet (and 1 more), without progress for 1 s')
  })

  it('does not take obstacles that come and go for progress', async () => {
    const {error} = await patience((round) => [round % 2 === 0 ? stranger : shy])
    expect(error).to.match(/without progress/)
  })

  it('waits on while fewer and fewer are in the way', async () => {
    const {rounds, error} = await patience((round) =>
      Array.from({length: Math.max(0, 10 - Math.floor(round / 15))}, () => stranger),
    )
    expect(error).to.equal('')
    expect(rounds).to.equal(150)
  })

  it('waits on while the work behind an obstacle goes on', async () => {
    const {error} = await patience((round) => (round < 500 ? [{...stranger, pace: String(round)}] : []))
    expect(error).to.equal('')
  })
})
