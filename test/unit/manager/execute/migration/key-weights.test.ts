import {expect} from 'chai'
import {address} from '../../../../../src/model/address.js'
import {isManagerError, ManagerError} from '../../../../../src/manager/error.js'
import {KeyWeights} from '../../../../../src/manager/execute/migration/key-weights.js'
import {handClock, scriptedPool, type ScriptedPool} from '../../../../support/scripted-pool.js'

/** A node whose keys weigh 100 bytes, big ones 10,000; `gone` is not there any more. */
function scales(): ScriptedPool {
  return scriptedPool((_node, command) => {
    if (command.endsWith('gone')) return null
    return command.includes('big') ? 10_000 : 100
  })
}

const keys = (names: readonly string[]): Uint8Array[] => names.map((name) => Buffer.from(name))
const many = (count: number): Uint8Array[] => keys(Array.from({length: count}, (_, index) => `key:${index}`))

describe('the weights of keys', () => {
  it('are estimated from a sample of eight keys, and the next sample is taken a quarter of a second later at the earliest', async () => {
    const pool = scales()
    const clock = handClock()
    const weights = new KeyWeights(await pool.connect(address('h', 1)), clock)
    expect((await weights.of(many(1_000), false)).sum(0, 1_000)).to.equal(100_000)
    await weights.of(many(1_000), false)
    expect(pool.heard).to.have.lengthOf(8)
    await clock.sleep(300)
    await weights.of(many(1_000), false)
    // Nobody waits for this one.
    await new Promise(setImmediate)
    expect(pool.heard).to.have.lengthOf(16)
  })

  it('are taken one by one where a rate in bytes needs it; a key that is gone weighs nothing', async () => {
    const pool = scales()
    const weights = new KeyWeights(await pool.connect(address('h', 1)), handClock())
    const weighed = await weights.of(keys(['a', 'big', 'gone', 'b']), true)
    expect([weighed.sum(0, 2), weighed.sum(2, 2)]).to.deep.equal([10_100, 100])
    expect(pool.heard).to.have.lengthOf(4)
  })

  it('are not known where the node does not allow to ask, which is a failure only where they are needed', async () => {
    const pool = scriptedPool(() => new ManagerError('not-permitted', 'may not run MEMORY', {node: 'h:1'}))
    const weights = new KeyWeights(await pool.connect(address('h', 1)), handClock())
    expect((await weights.of(many(3), false)).sum(0, 3)).to.equal(0)
    try {
      await weights.of(many(3), true)
      expect.fail('it was weighed')
    } catch (error) {
      expect(isManagerError(error, 'not-permitted')).to.equal(true)
      expect((error as ManagerError).hint).to.include('keys/s')
    }
  })
})
