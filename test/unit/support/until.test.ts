/** Waiting with a bound: what a test gets when the condition comes true, and what it is told when it does not. */
import {expect} from 'chai'
import {until} from '../../support/until.js'

describe('until', () => {
  it('returns the first answer that is something', async () => {
    const answers = [undefined, null, false, 'here']
    expect(await until(() => answers.shift(), {what: 'an answer'})).to.equal('here')
  })

  it('takes an error for "not yet"', async () => {
    let asked = 0
    const answer = await until(
      () => {
        asked += 1
        if (asked < 3) throw new Error('connection refused')
        return 'up'
      },
      {what: 'the server'},
    )
    expect(answer).to.equal('up')
  })

  it('names the condition and the last error when the time is over', async () => {
    const refused = new Error('connection refused')
    const failure = await until(() => Promise.reject(refused), {timeoutMs: 20, what: 'node 2 to answer'}).catch(
      (error: unknown) => error as Error,
    )
    expect(failure).to.be.an('error')
    expect((failure as Error).message).to.equal('waited 20 ms in vain for node 2 to answer')
    expect((failure as Error).cause).to.equal(refused)
  })

  it('stops at once at an error that makes waiting pointless', async () => {
    class Ended extends Error {}
    const failure = await until(() => Promise.reject(new Ended('the server ended')), {
      what: 'the server',
      giveUpOn: Ended,
    }).catch((error: unknown) => error as Error)
    expect(failure).to.be.instanceOf(Ended)
  })
})
