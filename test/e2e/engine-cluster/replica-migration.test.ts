/** A primary that lost its last replica is given one by the primary that has the most: if it has enough to give. */
import {expect} from 'chai'
import {selfOf} from '../../support/cluster-facts.js'
import {quickCluster, untilClusterAgrees, type QuickCluster} from '../../support/quick-cluster.js'
import {describeOnServers} from '../../support/real-servers.js'
import {until} from '../../support/until.js'

describeOnServers('replica migration', ['engine'], (flavour) => {
  let cluster: QuickCluster

  /** Two primaries: the first with three replicas, the second with one. */
  before(async () => {
    cluster = await quickCluster(flavour, {primaries: 2, replicasEach: 2, nodeTimeoutMs: 1000})
    await cluster.nodes.command(4, 'CLUSTER', 'REPLICATE', cluster.ids[0]!)
    await untilClusterAgrees(cluster.nodes)
  })

  async function primariesOf(indexes: readonly number[]): Promise<(string | null)[]> {
    return Promise.all(indexes.map(async (index) => (await selfOf(cluster.nodes.node(index))).primaryId))
  }

  const set = async (name: string, value: string): Promise<void> => {
    for (const index of [0, 1, 2, 3, 4]) await cluster.nodes.command(index, 'CONFIG', 'SET', name, value)
  }

  it('gives none as long as the barrier would be broken, and one as soon as it would not', async () => {
    await set('cluster-migration-barrier', '3')
    await cluster.nodes.kill(5)
    // Longer than the five seconds after which a primary counts as orphaned.
    const logs = async (): Promise<boolean> => {
      const text = String(await cluster.nodes.command(0, 'CLUSTER', 'NODES'))
      return new RegExp(`^${cluster.ids[5]!} \\S+ slave,fail `, 'm').test(text)
    }
    await until(logs, {what: 'the only replica to be seen as failed'})
    const since = Date.now()
    await until(() => Date.now() - since > 6500, {what: 'time to pass'})
    expect(await primariesOf([2, 3, 4])).to.deep.equal([cluster.ids[0], cluster.ids[0], cluster.ids[0]])
    await set('cluster-migration-barrier', '2')
    await until(async () => (await primariesOf([2, 3, 4])).includes(cluster.ids[1]!), {what: 'a replica to migrate'})
    const [smallest] = [2, 3, 4].map((index) => cluster.ids[index]!).sort()
    const moved = (await primariesOf([2, 3, 4])).map((id, at) => (id === cluster.ids[1] ? cluster.ids[at + 2] : null))
    expect(moved.filter(Boolean)).to.deep.equal([smallest])
    expect(await cluster.nodes.command(1, 'SET', '{foo}', 'value')).to.equal('OK')
    expect(await cluster.nodes.command(1, 'WAIT', 1, 5000)).to.equal(1)
  })
})
