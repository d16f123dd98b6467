/** Nodes that start again: with their data, as who they were, and where they stood in their primary's history. */
import {existsSync, statSync} from 'node:fs'
import path from 'node:path'
import {expect} from 'chai'
import {startNode} from '../../../src/engine/index.js'
import {slotOf} from '../../../src/model/slot.js'
import {accountOf, clusterInfo} from '../../support/cluster-facts.js'
import {EngineFolder} from '../../support/engine/state-folder.js'
import {describeOnServers} from '../../support/real-servers.js'
import {command, type RespTarget} from '../../support/resp.js'
import {runCli} from '../../support/run-cli.js'
import {type ServerNodes, startNodes} from '../../support/server-nodes.js'
import {until} from '../../support/until.js'
import {statOf, untilLinkUp, untilSameOffset} from '../engine-replication/standalone.js'
import {persistenceOf} from './persistence-info.js'

const KEYS = 60
/** More than one turn writes. */
const MANY_KEYS = 50_000
const UP_MS = 60_000

const at = (port: number): RespTarget => ({host: '127.0.0.1', port})

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

describeOnServers('after kill -9', ['engine', 'redis-7.0'], (flavour) => {
  // A PING of the primary's would move the offset on after the snapshot.
  const quiet = {cluster: false, config: {save: '3600 1000', 'repl-ping-replica-period': 3600}}
  let primaries: ServerNodes
  let replicas: ServerNodes

  beforeEach(async () => {
    primaries = await startNodes(flavour, 1, quiet)
    const replicaof = `127.0.0.1 ${primaries.node(0).port}`
    replicas = await startNodes(flavour, 1, {...quiet, config: {...quiet.config, replicaof}})
    await untilLinkUp(replicas.node(0))
    await primaries.command(0, 'SET', 'saved', 1)
    await untilSameOffset(primaries.node(0), replicas.node(0))
  })

  async function snapshot(nodes: ServerNodes): Promise<void> {
    await nodes.command(0, 'BGSAVE')
    const isSaved = async (): Promise<boolean> =>
      (await persistenceOf(nodes.node(0)))['rdb_bgsave_in_progress'] === '0' &&
      existsSync(path.join(nodes.node(0).directory, 'dump.rdb'))
    await until(isSaved, {timeoutMs: UP_MS, what: 'the snapshot to be written'})
  }

  /** How often the primary sent everything, and how often it went on, since it was started. */
  const syncs = (): Promise<number[]> =>
    Promise.all(['sync_full', 'sync_partial_ok'].map((name) => statOf(primaries.node(0), name)))

  it('a replica goes on from its snapshot: it asks for what came later, and only for that', async () => {
    await snapshot(replicas)
    await primaries.command(0, 'SET', 'lost', 1)
    await untilSameOffset(primaries.node(0), replicas.node(0))
    const [full, partial] = await syncs()
    await replicas.kill(0)
    await primaries.command(0, 'SET', 'meanwhile', 1)
    await replicas.restart(0)
    await untilLinkUp(replicas.node(0))
    await untilSameOffset(primaries.node(0), replicas.node(0))
    expect(await syncs()).to.deep.equal([full, partial! + 1])
    expect(await replicas.command(0, 'MGET', 'saved', 'lost', 'meanwhile')).to.deep.equal(['1', '1', '1'])
  })

  it('a primary goes on from its snapshot, and its replica with it', async () => {
    await snapshot(primaries)
    await primaries.kill(0)
    await primaries.restart(0)
    await untilLinkUp(replicas.node(0))
    await untilSameOffset(primaries.node(0), replicas.node(0))
    expect(await syncs()).to.deep.equal([0, 1])
    expect(await replicas.command(0, 'GET', 'saved')).to.equal('1')
  })

  it('a replica that has more than its primary’s snapshot gives it up, and takes everything anew', async () => {
    await snapshot(primaries)
    await primaries.command(0, 'SET', 'lost', 1)
    await untilSameOffset(primaries.node(0), replicas.node(0))
    await primaries.kill(0)
    await primaries.restart(0)
    await untilLinkUp(replicas.node(0))
    await untilSameOffset(primaries.node(0), replicas.node(0))
    expect(await syncs()).to.deep.equal([1, 0])
    expect(await replicas.command(0, 'MGET', 'saved', 'lost')).to.deep.equal(['1', null])
  })
})

describe('a node of the library that is stopped', () => {
  it('finishes its first AOF before', async () => {
    const node = await startNode({config: {'enable-debug-command': 'yes'}})
    const base = path.join(node.directory, 'appendonlydir', 'appendonly.aof.1.base.rdb')
    try {
      await command(node, 'DEBUG', 'POPULATE', MANY_KEYS)
      await command(node, 'CONFIG', 'SET', 'appendonly', 'yes')
      expect(String(await command(node, 'INFO', 'persistence'))).to.match(/aof_rewrite_in_progress:1/)
      expect(existsSync(base)).to.equal(false)
      await node.shutDown()
      expect(statSync(base).size).to.be.above(MANY_KEYS)
    } finally {
      await node.stop()
    }
  })
})

describeOnServers('a cluster in one process that is killed', ['engine'], () => {
  let folder: EngineFolder
  let ports: readonly number[]

  before(async () => {
    folder = new EngineFolder()
    ports = await folder.ports(6)
    const settings = ['appendonly=yes', 'appendfsync=always'].flatMap((setting) => ['--set', setting])
    await folder.run(['start', ...ports.map(String), ...settings])
    const created = await runCli(['create', ...ports.map((port) => `127.0.0.1:${port}`), '--replicas', '1', '--yes'])
    expect(created.code, created.stderr).to.equal(0)
  })
  after(() => folder.remove())

  /** Who each node says it is, and who it takes the others for, without what time changes. */
  async function shown(): Promise<string[]> {
    const accounts = await Promise.all(ports.map((port) => accountOf(at(port))))
    return accounts.flatMap((lines, index) =>
      lines
        .map(({id, flags, primaryId, configEpoch, slots}) =>
          [ports[index], id, [...flags].sort().join(), primaryId, configEpoch, slots].join(' '),
        )
        .sort(),
    )
  }

  it('comes back with ids, slots, roles, epochs and every acknowledged key, but none that has expired', async () => {
    const keys = Array.from({length: KEYS}, (_, index) => `key:${index}`)
    const primaries = (await accountOf(at(ports[0]!))).filter(({primaryId}) => primaryId === null)
    const ownerOf = (key: string): RespTarget => {
      const slot = slotOf(Buffer.from(key))
      return at(primaries.find(({slots}) => slots.has(slot))!.address.port)
    }
    for (const key of keys) await command(ownerOf(key), 'SET', key, key)
    await command(ownerOf('short'), 'SET', 'short', 'x', 'PX', 40)
    const before = await shown()
    process.kill((await folder.status()).pid!, 'SIGKILL')
    const started = await folder.run(['start', ...ports.map(String)])
    expect(started.code, started.stderr).to.equal(0)
    const isUp = async (): Promise<boolean> => {
      const states = await Promise.all(ports.map((port) => clusterInfo(at(port), 'cluster_state')))
      return states.every((state) => state === 'ok')
    }
    await until(isUp, {timeoutMs: UP_MS, what: 'all nodes to be in state ok'})
    expect(await shown()).to.deep.equal(before)
    for (const key of keys) expect(await command(ownerOf(key), 'GET', key)).to.equal(key)
    expect(await command(ownerOf('short'), 'GET', 'short')).to.equal(null)
  })
})
