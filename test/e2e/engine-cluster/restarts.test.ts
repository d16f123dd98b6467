/** Nodes that stop and start again: who they are is in nodes.conf, what they held comes from dump.rdb or from their primary. */
import {readFileSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {expect} from 'chai'
import {accountOf, selfOf} from '../../support/cluster-facts.js'
import {quickCluster, untilClusterAgrees, type QuickCluster} from '../../support/quick-cluster.js'
import {describeOnServers} from '../../support/real-servers.js'
import type {ServerNode} from '../../support/server-nodes.js'
import {differences, digest, fillKeys} from '../../support/test-data.js'

/** So long that nobody takes over for a node that is only being restarted. */
const NODE_TIMEOUT_MS = 15_000

describeOnServers('engine nodes that start again', ['engine'], () => {
  let cluster: QuickCluster
  let keys: Map<string, string>

  before(async () => {
    cluster = await quickCluster('engine', {primaries: 3, replicasEach: 1, nodeTimeoutMs: NODE_TIMEOUT_MS})
    await fillKeys(cluster.primaries, 600)
    keys = await digest(cluster.primaries)
  })

  /** What a node must know of itself, without what time changes. */
  async function identity(node: ServerNode): Promise<unknown> {
    const {id, configEpoch, slots, primaryId, flags} = await selfOf(node)
    return {id, configEpoch, slots: slots.toString(), primaryId, flags: [...flags].sort()}
  }

  async function end(index: number, how: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const {process} = cluster.nodes.node(index)
    const ended = new Promise((resolve) => process.once('exit', resolve))
    process.kill(how)
    await ended
  }

  it('a replica is the same after SIGTERM and after kill -9, and has its data from its primary', async () => {
    for (const how of ['SIGTERM', 'SIGKILL'] as const) {
      const before = await identity(cluster.nodes.node(3))
      await end(3, how)
      await cluster.nodes.command(0, 'SET', 'key:{b}', how)
      const node = await cluster.nodes.restart(3)
      expect(await identity(node)).to.deep.equal(before)
      await untilClusterAgrees(cluster.nodes)
      expect(await cluster.nodes.command(0, 'WAIT', 1, 5000)).to.equal(1)
      const size = await cluster.nodes.command(0, 'DBSIZE')
      expect(await cluster.nodes.command(3, 'DBSIZE')).to.equal(size)
    }
    await cluster.nodes.command(0, 'DEL', 'key:{b}')
  })

  it('a primary is the same after SIGTERM with a save point, and has its data from dump.rdb', async () => {
    await cluster.nodes.command(1, 'CONFIG', 'SET', 'save', '3600 1')
    const before = await identity(cluster.nodes.node(1))
    await end(1, 'SIGTERM')
    const node = await cluster.nodes.restart(1)
    expect(await identity(node)).to.deep.equal(before)
    await untilClusterAgrees(cluster.nodes)
    expect(differences(keys, await digest(cluster.primaries))).to.deep.equal([])
  })

  it('a primary is the same after kill -9, with what was saved last', async () => {
    await cluster.nodes.command(2, 'SAVE')
    const before = await identity(cluster.nodes.node(2))
    await end(2, 'SIGKILL')
    const node = await cluster.nodes.restart(2)
    expect(await identity(node)).to.deep.equal(before)
    await untilClusterAgrees(cluster.nodes)
    expect(differences(keys, await digest([...cluster.nodes]))).to.deep.equal([])
  })

  it('all nodes are the same after all of them were killed, and the cluster is up again without help', async () => {
    await Promise.all(cluster.primaries.map((_, index) => cluster.nodes.command(index, 'SAVE')))
    const before = await Promise.all([...cluster.nodes].map(identity))
    const epochs = (await accountOf(cluster.nodes.node(0))).map(({id, configEpoch}) => `${id} ${configEpoch}`).sort()
    await Promise.all(Array.from({length: 6}, (_, index) => end(index, 'SIGKILL')))
    await Promise.all(Array.from({length: 6}, (_, index) => cluster.nodes.restart(index)))
    expect(await Promise.all([...cluster.nodes].map(identity))).to.deep.equal(before)
    await untilClusterAgrees(cluster.nodes)
    const after = (await accountOf(cluster.nodes.node(0))).map(({id, configEpoch}) => `${id} ${configEpoch}`).sort()
    expect(after).to.deep.equal(epochs)
    expect(differences(keys, await digest([...cluster.nodes]))).to.deep.equal([])
  })

  it('a node that cannot read its nodes.conf does not start, and leaves the file as it is', async () => {
    const file = path.join(cluster.nodes.node(5).directory, 'nodes.conf')
    const good = readFileSync(file)
    await end(5, 'SIGKILL')
    writeFileSync(file, 'nonsense that is no node\n')
    const refused = await cluster.nodes.restart(5).then(
      () => 'started',
      () => cluster.nodes.log(5),
    )
    expect(refused).to.match(/Unrecoverable error: corrupted cluster config file/)
    expect(readFileSync(file, 'utf8')).to.equal('nonsense that is no node\n')
    writeFileSync(file, good)
    await cluster.nodes.restart(5)
    await untilClusterAgrees(cluster.nodes)
  })
})
