/** `tscluster del-node`: a node leaves, dead or alive, and nobody names it any more. */
import {expect} from 'chai'
import {accountOf, selfOf, slotCounts} from '../support/cluster-facts.js'
import {quickCluster, untilClusterAgrees, type QuickCluster} from '../support/quick-cluster.js'
import {describeOnServers, WITH_ENGINE} from '../support/real-servers.js'
import {command, type RespTarget} from '../support/resp.js'
import {runCli, type CliResult} from '../support/run-cli.js'
import {differences, digest, fillKeys} from '../support/test-data.js'
import {until} from '../support/until.js'

function delNode({entry}: QuickCluster, node: string, ...flags: string[]): Promise<CliResult> {
  return runCli(['del-node', entry, node, '--yes', ...flags])
}

async function expectForgotten(id: string, others: Iterable<RespTarget>): Promise<void> {
  for (const node of others) expect((await accountOf(node)).map((line) => line.id)).not.to.include(id)
}

describeOnServers('del-node', WITH_ENGINE, (flavour) => {
  let cluster: QuickCluster
  let keys: ReadonlyMap<string, string>

  /** Five primaries, one of them empty, and five replicas: each test takes one away. */
  before(async () => {
    const slots = ['0-3999', '4000-7999', '8000-11999', '12000-16383', '']
    cluster = await quickCluster(flavour, {primaries: 5, slots, replicasEach: 1})
    await fillKeys(cluster.nodes, 500)
    keys = await digest(cluster.nodes)
  })

  after(async () => {
    expect(differences(keys, await digest(cluster.nodes))).to.deep.equal([])
  })

  it('refuses a primary with slots, and says what to run', async () => {
    const {code, stderr} = await delNode(cluster, cluster.ids[1]!)
    expect(code).to.equal(3)
    expect(stderr).to.match(/still has 4000 slots.*\[node-not-empty\]/)
    expect(stderr).to.include(`tscluster del-node ${cluster.entry} ${cluster.ids[1]} --drain`)
  })

  it('removes a replica, by its address', async () => {
    const replica = cluster.nodes.node(8)
    await command(replica, 'SAVE')
    const {code, stdout, stderr} = await delNode(cluster, replica.address)
    await expectForgotten(cluster.ids[8]!, [...cluster.nodes].slice(0, 8))
    expect(code, stderr).to.equal(0)
    expect(stdout).to.match(/^done del-node: /)
    expect(await accountOf(replica)).to.have.lengthOf(1)
    expect((await selfOf(replica)).primaryId).to.equal(null)
  })

  it('leaves nothing on the disk of a replica that it removed: started again, it would serve it', async () => {
    const removed = cluster.nodes.node(8)
    expect(await command(removed, 'DBSIZE')).to.equal(0)
    await cluster.nodes.kill(8)
    const back = await cluster.nodes.restart(8)
    expect(await command(back, 'DBSIZE')).to.equal(0)
    expect((await selfOf(back)).slots.size).to.equal(0)
  })

  it('removes an empty primary, by the beginning of its id, and finds its replica another', async () => {
    const {code, stderr} = await delNode(cluster, cluster.ids[4]!.slice(0, 8))
    expect(code, stderr).to.equal(0)
    const orphan = cluster.nodes.node(9)
    await expectForgotten(cluster.ids[4]!, [cluster.nodes.node(0), orphan])
    // The fourth primary had just lost its own.
    expect((await selfOf(orphan)).primaryId).to.equal(cluster.ids[3])
  })

  it('removes a dead node, as soon as the cluster sees that it is dead', async () => {
    await cluster.nodes.kill(7)
    const early = await delNode(cluster, cluster.ids[7]!)
    if (early.code !== 0) expect(early.stderr).to.include('[node-not-failed]')
    await until(async () => early.code === 0 || (await delNode(cluster, cluster.ids[7]!)).code === 0, {
      what: 'the dead replica to be seen as failed and removed',
      timeoutMs: 30_000,
    })
    await expectForgotten(
      cluster.ids[7]!,
      [0, 1, 2, 3, 5, 6, 9].map((index) => cluster.nodes.node(index)),
    )
  })

  it('drains a primary before it removes it', async () => {
    const {code, stderr} = await delNode(cluster, cluster.ids[3]!, '--drain')
    expect(code, stderr).to.equal(0)
    const left = [0, 1, 2].map((index) => cluster.nodes.node(index))
    expect(await slotCounts(left)).to.have.members([5461, 5461, 5462])
    await expectForgotten(cluster.ids[3]!, left)
    expect(await command(cluster.nodes.node(3), 'DBSIZE')).to.equal(0)
    await untilClusterAgrees([0, 1, 2, 5, 6, 9].map((index) => cluster.nodes.node(index)))
  })

  it('refuses a node that nobody knows', async () => {
    const {code, stderr} = await delNode(cluster, cluster.ids[3]!)
    expect(code).to.equal(2)
    expect(stderr).to.include(`no node of this cluster is called "${cluster.ids[3]}"`)
  })
})
