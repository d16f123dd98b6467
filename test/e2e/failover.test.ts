/** `tscluster failover`: the replica is primary, and everybody knows it, when the command returns. */
import {expect} from 'chai'
import {selfOf, stories} from '../support/cluster-facts.js'
import {quickCluster, type QuickCluster} from '../support/quick-cluster.js'
import {describeOnServers} from '../support/real-servers.js'
import {runCli, type CliResult} from '../support/run-cli.js'
import {differences, digest, fillKeys} from '../support/test-data.js'
import {Traffic} from '../support/traffic.js'

/** Long enough that no replica takes over by itself while a test is about to ask for it. */
const NODE_TIMEOUT_MS = 30_000

describeOnServers('failover', ['engine', 'redis-7.0', 'valkey-9.1'], (flavour) => {
  let cluster: QuickCluster

  before(async () => {
    cluster = await quickCluster(flavour, {primaries: 3, replicasEach: 1, nodeTimeoutMs: NODE_TIMEOUT_MS})
    await fillKeys(cluster.nodes, 300)
  })

  function failover(...words: string[]): Promise<CliResult> {
    return runCli(['failover', ...words, '--yes'])
  }

  it('changes the roles without losing a write', async () => {
    const keys = await digest(cluster.nodes)
    const traffic = Traffic.start([...cluster.nodes], 200)
    const {code, stdout, stderr} = await failover(cluster.replicas[0]!.address)
    expect(code, stderr).to.equal(0)
    expect(stdout).to.match(/^done failover: /)
    expect(await stories(cluster.nodes)).to.have.lengthOf(1)
    expect((await traffic.stop()).lost).to.deep.equal([])
    expect((await selfOf(cluster.primaries[0]!)).primaryId).to.equal(cluster.ids[3])
    const after = [...(await digest(cluster.nodes))].filter(([key]) => !key.startsWith('traffic:'))
    expect(differences(keys, new Map(after))).to.deep.equal([])
  })

  it('refuses a node that is primary already', async () => {
    const {code, stderr} = await failover(cluster.entry, cluster.ids[3]!.slice(0, 8))
    expect(code).to.equal(3)
    expect(stderr).to.include('[not-a-replica]')
  })

  it('needs --force when the primary is down, says so, and then does it', async () => {
    await cluster.nodes.kill(1)
    const [entry, replica] = [cluster.primaries[2]!.address, cluster.ids[4]!]
    const refused = await failover(entry, replica)
    expect(refused.code).to.equal(3)
    expect(refused.stderr).to.include('[primary-down]').and.include('--force')
    const forced = await failover(entry, replica, '--force')
    expect((await selfOf(cluster.replicas[1]!)).slots.toString()).to.equal('5461-10922')
    expect(forced.stderr).to.match(/data loss force: writes that .* accepted and .* has not received are lost/)
    expect(forced.code, forced.stderr).to.equal(0)
  })

  it('needs --takeover when no majority is left to vote, says so, and then does it', async () => {
    await cluster.nodes.kill(2)
    await cluster.nodes.kill(3)
    const replica = cluster.replicas[2]!.address
    const refused = await failover(replica, '--force')
    expect(refused.code).to.equal(3)
    expect(refused.stderr).to.include('[no-majority]').and.include('--takeover')
    const taken = await failover(replica, '--takeover')
    expect(taken.stderr).to.include('data loss takeover')
    expect((await selfOf(cluster.replicas[2]!)).primaryId, taken.stderr).to.equal(null)
  })
})
