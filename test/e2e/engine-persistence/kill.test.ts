/** `kill -9` at random moments under load: what `appendfsync` promises is kept. */
import {expect} from 'chai'
import {killRounds} from '../../../bench/engine/kill.js'
import {describeOnServers} from '../../support/real-servers.js'

const ROUNDS = 8
const SEED = 7
/** A node starts some ten times in each: seconds on a machine that has nothing else to do. */
const BUSY_MS = 180_000

describeOnServers(`an engine node that is killed under load, seed ${SEED}`, ['engine'], () => {
  it('has lost no write that it had acknowledged with appendfsync always', async () => {
    const report = await killRounds({appendfsync: 'always', rounds: ROUNDS, seed: SEED})
    expect(report.acknowledged).to.be.above(ROUNDS)
    expect(report.lost).to.equal(0)
  }).timeout(BUSY_MS)

  it('has lost at most the last second with appendfsync everysec', async () => {
    const report = await killRounds({appendfsync: 'everysec', rounds: ROUNDS, seed: SEED})
    expect(report.acknowledged).to.be.above(ROUNDS)
    expect(report.oldestLostMs).to.be.below(1000)
  }).timeout(BUSY_MS)
})
