/** Nodes that start again: with their data, as who they were, and where they stood in their primary's history. */
import {expect} from 'chai'
import {startCluster} from '../../../src/engine/index.js'
import {slotOf} from '../../../src/model/slot.js'
import {describeOnServers} from '../../support/real-servers.js'
import {startNodes} from '../../support/server-nodes.js'
import {statOf, untilLinkUp, untilSameOffset} from '../engine-replication/standalone.js'

const KEYS = 60

describeOnServers('a replica that starts again', ['engine'], () => {
  it('goes on from its RDB file, by a partial synchronisation', async () => {
    const primaries = await startNodes('engine', 1, {cluster: false})
    const primary = primaries.node(0)
    const replicaof = `127.0.0.1 ${primary.port}`
    const replicas = await startNodes('engine', 1, {cluster: false, config: {replicaof, save: '3600 1000'}})
    await untilLinkUp(replicas.node(0))
    await primaries.command(0, 'SET', 'before', 1)
    await untilSameOffset(primary, replicas.node(0))
    const ended = new Promise((resolve) => replicas.node(0).process.once('exit', resolve))
    replicas.node(0).process.kill('SIGTERM')
    await ended
    await primaries.command(0, 'SET', 'meanwhile', 1)
    const [full, partial] = [await statOf(primary, 'sync_full'), await statOf(primary, 'sync_partial_ok')]
    await replicas.restart(0)
    await untilLinkUp(replicas.node(0))
    await untilSameOffset(primary, replicas.node(0))
    expect(await statOf(primary, 'sync_full')).to.equal(full)
    expect(await statOf(primary, 'sync_partial_ok')).to.equal(partial + 1)
    expect(await replicas.command(0, 'MGET', 'before', 'meanwhile')).to.deep.equal(['1', '1'])
  })
})

describeOnServers('a cluster whose nodes are all killed', ['engine'], () => {
  it('comes back with slots, roles, epochs and every acknowledged key, but none that has expired', async () => {
    const config = {appendonly: true, appendfsync: 'always'}
    const cluster = await startCluster({primaries: 3, replicasEach: 1, nodeTimeoutMs: 5000, config})
    try {
      const ownerOf = (key: string): (typeof cluster.primaries)[number] =>
        cluster.primaries[Math.min(2, Math.floor((slotOf(Buffer.from(key)) * 3) / 16_384))]!
      const keys = Array.from({length: KEYS}, (_, index) => `key:${index}`)
      for (const key of keys) await ownerOf(key).call('SET', key, key)
      await ownerOf('short').call('SET', 'short', 'x', 'PX', '40')
      const shown = async (): Promise<string[]> => {
        const text = String(await cluster.nodes[0]!.call('CLUSTER', 'NODES'))
        const lines = text
          .trim()
          .split('\n')
          .map((line) => line.split(' '))
        return lines
          .map(([id, , flags, primary, , , epoch, , ...slots]) => [id, flags, primary, epoch, ...slots].join(' '))
          .sort()
      }
      const before = await shown()
      for (const index of cluster.nodes.keys()) await cluster.kill(index)
      await Promise.all([...cluster.nodes.keys()].map((index) => cluster.restart(index)))
      await cluster.waitFor('ok', {timeoutMs: 60_000})
      expect(await shown()).to.deep.equal(before)
      for (const key of keys) expect(await ownerOf(key).call('GET', key)).to.equal(key)
      expect(await ownerOf('short').call('GET', 'short')).to.equal(null)
    } finally {
      await cluster.stop()
    }
  })
})
