/** `tscluster add-node`: an empty node joins, and every node knows it when the command returns. */
import {expect} from 'chai'
import {accountOf, clusterInfo, selfOf, stories} from '../support/cluster-facts.js'
import {quickCluster, type QuickCluster} from '../support/quick-cluster.js'
import {describeOnServers, WITH_ENGINE} from '../support/real-servers.js'
import {command} from '../support/resp.js'
import {runCli, type CliResult} from '../support/run-cli.js'
import type {ServerNode} from '../support/server-nodes.js'
import {fillKeys} from '../support/test-data.js'

const LIBRARY = "#!lua name=mine\nredis.register_function('answer', function() return 42 end)"

function addNode({entry}: QuickCluster, node: ServerNode, ...flags: string[]): Promise<CliResult> {
  return runCli(['add-node', node.address, entry, '--yes', ...flags])
}

async function expectKnownToAll({nodes}: QuickCluster, newcomer: ServerNode, members: number): Promise<void> {
  const known = [...nodes].slice(0, members - 1)
  expect(await stories([...known, newcomer])).to.have.lengthOf(1)
  expect(await clusterInfo(newcomer, 'cluster_known_nodes')).to.equal(String(members))
}

describeOnServers('add-node', WITH_ENGINE, (flavour) => {
  /** The engine answers FUNCTION LIST, but loads no functions. */
  const withFunctions = flavour !== 'engine'
  let cluster: QuickCluster

  /** Spare by spare the cluster of three primaries and one replica grows. */
  before(async () => {
    cluster = await quickCluster(flavour, {primaries: 3, spares: 4})
    if (withFunctions) for (const primary of cluster.primaries) await command(primary, 'FUNCTION', 'LOAD', LIBRARY)
    await fillKeys(cluster.primaries, 60)
  })

  it('adds a primary without slots, with the functions of the cluster', async () => {
    const [spare] = cluster.spares
    const {code, stdout, stderr} = await addNode(cluster, spare!)
    await expectKnownToAll(cluster, spare!, 4)
    expect(code, stderr).to.equal(0)
    expect(stdout).to.match(/^done add-node: /)
    expect(await command(spare!, 'FUNCTION', 'LIST')).to.have.lengthOf(withFunctions ? 1 : 0)
    expect((await selfOf(spare!)).slots.size).to.equal(0)
  })

  it('adds a replica of the primary that is named by the beginning of its id', async () => {
    const spare = cluster.spares[1]!
    const {code, stderr} = await addNode(cluster, spare, '--primary-id', cluster.ids[1]!.slice(0, 9))
    expect(code, stderr).to.equal(0)
    expect((await selfOf(spare)).primaryId).to.equal(cluster.ids[1])
    expect(String(await command(spare, 'INFO', 'replication'))).to.include('master_link_status:up')
    expect(await command(spare, 'DBSIZE')).to.equal(await command(cluster.primaries[1]!, 'DBSIZE'))
  })

  it('adds a replica of the primary that has the fewest', async () => {
    const spare = cluster.spares[2]!
    expect(await addNode(cluster, spare, '--replica')).to.include({code: 0})
    expect((await selfOf(spare)).primaryId).not.to.be.oneOf([null, cluster.ids[1]])
    await expectKnownToAll(cluster, spare, 6)
  })

  it('refuses a node that belongs to the cluster already, and one that is not empty', async () => {
    const member = await addNode(cluster, cluster.primaries[2]!)
    expect(member.stderr).to.include('[already-member]')
    const spare = cluster.spares[3]!
    await command(spare, 'CLUSTER', 'ADDSLOTSRANGE', 0, 10)
    const full = await addNode(cluster, spare)
    expect(full.stderr).to.include(spare.address).and.include('[node-not-empty]').and.include('11 slots')
    expect([member.code, full.code]).to.deep.equal([3, 3])
    expect(await accountOf(spare)).to.have.lengthOf(1)
    await command(spare, 'CLUSTER', 'RESET', 'SOFT')
  })

  if (withFunctions) {
    it('refuses a primary that has functions of its own', async () => {
      const spare = cluster.spares[3]!
      await command(spare, 'FUNCTION', 'LOAD', LIBRARY)
      const {code, stderr} = await addNode(cluster, spare)
      expect(code).to.equal(3)
      expect(stderr).to.include('[has-functions]').and.include('FUNCTION FLUSH')
      await command(spare, 'FUNCTION', 'FLUSH')
    })
  }

  it('refuses a primary for the replica that is none', async () => {
    const spare = cluster.spares[3]!
    const replica = await addNode(cluster, spare, '--primary-id', cluster.spares[1]!.address)
    expect(replica.stderr).to.include('[not-a-primary]')
    const unknown = await addNode(cluster, spare, '--primary-id', 'nobody')
    expect(unknown.stderr).to.include('no node of this cluster is called "nobody"')
    expect([replica.code, unknown.code]).to.deep.equal([3, 2])
    expect(await accountOf(spare)).to.have.lengthOf(1)
  })
})
