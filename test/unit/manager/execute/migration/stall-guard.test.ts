import {expect} from 'chai'
import {address} from '../../../../../src/model/address.js'
import {isManagerError} from '../../../../../src/manager/error.js'
import {StallGuard, type Stall} from '../../../../../src/manager/execute/migration/stall-guard.js'
import {errorReply, handClock, scriptedPool, type Script} from '../../../../support/scripted-pool.js'

const [A, B, C] = ['a', 'b', 'c'].map((name) => name.repeat(40)) as [string, string, string]

/** Three nodes whose timeout is 2 s. */
function guardOf(refuses: Script = () => 'OK') {
  const clock = handClock()
  const pool = scriptedPool((node, command, argv) => {
    if (command.startsWith('CONFIG GET')) return ['cluster-node-timeout', '2000']
    return command === 'CLUSTER NODES' ? '' : refuses(node, command, argv)
  })
  const members = [A, B, C].map((id) => ({id, address: address(id[0]!, 1)}))
  const stall = (stallMs: number, ends = [A, B]): Stall => ({stallMs, members, ends, onRaised: () => undefined})
  return {clock, pool, stall, guard: new StallGuard(pool, clock)}
}

const settled = async (work: Promise<void>): Promise<boolean> => {
  let done = false
  void work.then(() => (done = true))
  await new Promise((resolve) => setImmediate(resolve))
  return done
}

describe('guarding against stalls', () => {
  it('leaves the timeouts alone for a stall of less than half of them', async () => {
    const {guard, pool, stall} = guardOf()
    await guard.move(stall(900), () => Promise.resolve())
    expect(pool.heard.some((line) => line.includes('CONFIG SET'))).to.equal(false)
  })

  it('keeps other lanes away from nodes that are silent, and only from those', async () => {
    const {guard, stall} = guardOf()
    let end = (): void => undefined
    const moving = guard.move(stall(1_500), () => new Promise((resolve) => (end = resolve)))
    await new Promise((resolve) => setImmediate(resolve))
    const waiting = guard.untilClear([C, B])
    expect(await settled(waiting)).to.equal(false)
    expect(await settled(guard.untilClear([C]))).to.equal(true)
    end()
    await Promise.all([moving, waiting])
  })

  it('learns from what a key took, so that the next one of its size is treated with more care', async () => {
    const {guard, clock, pool, stall} = guardOf()
    const size = {type: 'string', bytes: 50_000_000, elements: 50_000_000}
    expect(Math.round(guard.expectedMs(size))).to.equal(501)
    await guard.move(stall(guard.expectedMs(size)), () => clock.sleep(2_000))
    expect(Math.round(guard.expectedMs(size))).to.equal(2_000)
    await guard.move(stall(guard.expectedMs(size)), () => Promise.resolve())
    expect(pool.heard.some((line) => line.includes('CONFIG SET'))).to.equal(true)
  })

  it('says why a key was not moved, and does not blame the timeouts for what the move itself met', async () => {
    const refusing = guardOf((_node, command) => (command.startsWith('CONFIG SET') ? errorReply('NOPERM no') : 'OK'))
    const never = (): Promise<void> => expect.fail('must not be moved')
    const outcome = await refusing.guard.move(refusing.stall(5_000), never).catch((error: unknown) => error)
    expect(isManagerError(outcome, 'big-key')).to.equal(true)
    const obliging = guardOf()
    const oom = (): Promise<void> => Promise.reject(errorReply('OOM'))
    const failed = await obliging.guard.move(obliging.stall(5_000), oom).catch((error: unknown) => error)
    expect(isManagerError(failed, 'error-reply')).to.equal(true)
  })
})
