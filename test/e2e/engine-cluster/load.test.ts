/** An application keeps writing while slots move, roles change and a primary dies: nothing acknowledged is lost, nothing hangs. */
import {expect} from 'chai'
import {selfOf, slotCounts} from '../../support/cluster-facts.js'
import {ClusterLoad} from '../../support/engine/cluster-load.js'
import {quickCluster, untilClusterAgrees, type QuickCluster} from '../../support/quick-cluster.js'
import {describeOnServers} from '../../support/real-servers.js'
import {runCli} from '../../support/run-cli.js'
import {until} from '../../support/until.js'

const NODE_TIMEOUT_MS = 1500
/** Longer than a failover takes on a busy machine; a request that waits for ever is none of these. */
const LONGEST_REQUEST_MS = 15_000

describeOnServers('a cluster under load', ['engine'], () => {
  let cluster: QuickCluster
  let load: ClusterLoad | undefined

  before(async () => {
    cluster = await quickCluster('engine', {primaries: 3, replicasEach: 1, nodeTimeoutMs: NODE_TIMEOUT_MS})
  })
  afterEach(() => load?.stop().then(() => undefined))

  async function start(prefix: string, confirmed = false): Promise<void> {
    load = await ClusterLoad.start(cluster.nodes, prefix, {confirmed})
    await untilMoreIsAcknowledged()
  }

  /** The cluster serves all its slots: every writer goes through all its keys. */
  async function untilMoreIsAcknowledged(): Promise<void> {
    const enough = load!.acknowledged + 500
    await until(() => load!.acknowledged >= enough, {what: 'the application to get on', timeoutMs: 20_000})
  }

  async function expectNothingLost(): Promise<void> {
    const {faults, slowestMs, acknowledged} = await load!.stop()
    load = undefined
    expect(faults).to.deep.equal([])
    expect(acknowledged).to.be.greaterThan(500)
    expect(slowestMs).to.be.lessThan(LONGEST_REQUEST_MS)
  }

  it('loses nothing while slots move there and back', async () => {
    await start('moves')
    const [first, second] = cluster.ids as [string, string]
    for (const [from, to] of [
      [first, second],
      [second, first],
    ] as const) {
      const words = ['reshard', cluster.entry, '--from', from, '--to', to, '--slots', '600', '--yes']
      const {code, stderr} = await runCli(words)
      expect(code, stderr).to.equal(0)
    }
    expect((await slotCounts(cluster.primaries)).reduce((sum, count) => sum + count)).to.equal(16_384)
    await expectNothingLost()
  })

  it('loses nothing in a manual failover: the primary waits until its replica has everything', async () => {
    await start('manual')
    await cluster.nodes.command(3, 'CLUSTER', 'FAILOVER')
    await until(async () => (await selfOf(cluster.replicas[0]!)).primaryId === null, {what: 'the replica to take over'})
    await untilClusterAgrees(cluster.nodes)
    await untilMoreIsAcknowledged()
    await expectNothingLost()
  })

  for (const [index, how] of [
    [4, 'FORCE'],
    [5, 'TAKEOVER'],
  ] as const) {
    it(`loses nothing that a replica has confirmed in CLUSTER FAILOVER ${how}`, async () => {
      await start(how, true)
      await cluster.nodes.command(index, 'CLUSTER', 'FAILOVER', how)
      await until(async () => (await selfOf(cluster.nodes.node(index))).primaryId === null, {what: 'it to take over'})
      await untilClusterAgrees(cluster.nodes)
      await untilMoreIsAcknowledged()
      await expectNothingLost()
    })
  }

  it('loses nothing that a replica has confirmed when a primary is killed, which comes back as a replica', async () => {
    await start('killed', true)
    await cluster.nodes.kill(3)
    const heir = cluster.nodes.node(0)
    await until(async () => (await selfOf(heir)).primaryId === null, {what: 'its replica to take over'})
    await cluster.nodes.restart(3)
    await untilClusterAgrees(cluster.nodes)
    expect((await selfOf(cluster.nodes.node(3))).primaryId).to.equal(cluster.ids[0])
    await untilMoreIsAcknowledged()
    await expectNothingLost()
  })
})
