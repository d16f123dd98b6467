/** An application writes all the while ranges of slots move to and fro: nothing acknowledged is lost, and nobody waits long. */
import {expect} from 'chai'
import {startCluster, type EngineCluster, type EngineNode} from '../../../src/engine/index.js'
import {slotsOf} from '../../support/cluster-facts.js'
import {ClusterLoad} from '../../support/engine/cluster-load.js'
import {command} from '../../support/resp.js'
import {until} from '../../support/until.js'
import {answerTo, jobsOf, migrate} from './migrations.js'

const ROUNDS = 3
/** A busy machine, eight writers, a pause of some milliseconds: far less than a failover would take. */
const LONGEST_REQUEST_MS = 3000

describe('atomic slot migration under load', function () {
  this.timeout(60_000)
  let cluster: EngineCluster

  before(async () => {
    cluster = await startCluster({
      primaries: 3,
      replicasEach: 1,
      nodeTimeoutMs: 2000,
      config: {'enable-debug-command': 'yes'},
    })
  })
  after(() => cluster.stop())

  it('loses no acknowledged write, and serves each slot on one node', async () => {
    const [first, second, third] = cluster.primaries as [EngineNode, EngineNode, EngineNode]
    await command(first, 'MSET', ...Array.from({length: 5000}, (_, at) => [`{b}${at}`, 'value']).flat())
    const load = await ClusterLoad.start(cluster.nodes, 'atomic')
    for (let round = 0; round < ROUNDS; round++) {
      await Promise.all([migrate(first, '0 2000 3000 3500', second), migrate(third, '12000 14000', first)])
      await untilMoreIsAcknowledged(load)
      await Promise.all([migrate(second, '0 2000 3000 3500', third), migrate(first, '12000 14000', second)])
      await untilMoreIsAcknowledged(load)
      await Promise.all([migrate(third, '0 2000 3000 3500', first), migrate(second, '12000 14000', third)])
    }
    const {faults, slowestMs, acknowledged} = await load.stop()
    expect(faults).to.deep.equal([])
    expect(acknowledged).to.be.greaterThan(1000)
    expect(slowestMs).to.be.lessThan(LONGEST_REQUEST_MS)
    expect(await slotsOf(cluster.primaries)).to.deep.equal(['0-5460', '5461-10922', '10923-16383'])
    expect(await command(first, 'CLUSTER', 'COUNTKEYSINSLOT', 3300)).to.equal(5000)
    for (const node of cluster.primaries) expect(await jobsOf(node)).to.have.length(4 * ROUNDS)
  })

  it('leaves the same data on primary and replica', async () => {
    for (const [at, primary] of cluster.primaries.entries()) {
      const replica = cluster.nodes[3 + at]!
      const digest = async (node: EngineNode): Promise<string> => answerTo(node, 'DEBUG', 'DIGEST')
      await until(async () => (await digest(primary)) === (await digest(replica)), {
        what: `the replica of ${primary.port} to have the same data`,
      })
    }
  })
})

async function untilMoreIsAcknowledged(load: ClusterLoad): Promise<void> {
  const enough = load.acknowledged + 300
  await until(() => load.acknowledged >= enough, {what: 'the application to get on', timeoutMs: 20_000})
}
