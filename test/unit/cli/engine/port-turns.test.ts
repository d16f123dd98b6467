import {expect} from 'chai'
import {PortTurns} from '../../../../src/cli/engine/port-turns.js'

/** Work whose end is in our hands. */
function work(): {readonly run: () => Promise<string>; readonly hasBegun: () => boolean; end(): void; fail(): void} {
  let begun = false
  let end: () => void = () => undefined
  let fail: () => void = () => undefined
  const result = new Promise<string>((resolve, reject) => {
    end = () => resolve('done')
    fail = () => reject(new Error('failed'))
  })
  const run = (): Promise<string> => {
    begun = true
    return result
  }
  return {run, hasBegun: () => begun, end: () => end(), fail: () => fail()}
}

const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('work on nodes in its order', () => {
  it('waits for what was asked before for the same port, and for nothing else', async () => {
    const turns = new PortTurns()
    const [stop, start, other] = [work(), work(), work()]
    const stopped = turns.take([7000], stop.run)
    const started = turns.take([7000, 7001], start.run)
    const others = turns.take([7002], other.run)
    await soon()
    expect([stop, start, other].map(({hasBegun}) => hasBegun())).to.deep.equal([true, false, true])
    other.end()
    expect(await others).to.equal('done')
    stop.end()
    await stopped
    await soon()
    expect(start.hasBegun()).to.equal(true)
    expect(turns.isIdle).to.equal(false)
    start.end()
    await started
    expect(turns.isIdle).to.equal(true)
  })

  it('goes on after a failure, which only its own caller hears of', async () => {
    const turns = new PortTurns()
    const [first, second] = [work(), work()]
    const failed = turns.take([7000], first.run).catch((error: Error) => error.message)
    const fine = turns.take([7000], second.run)
    first.fail()
    second.end()
    expect(await failed).to.equal('failed')
    expect(await fine).to.equal('done')
    await turns.settled()
    expect(turns.isIdle).to.equal(true)
  })
})
