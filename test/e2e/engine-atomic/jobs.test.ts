/** Slots that move whole between engine nodes, what may come in between, and who sees what meanwhile. */
import {rmSync} from 'node:fs'
import path from 'node:path'
import {expect} from 'chai'
import {startCluster, type EngineCluster, type EngineNode} from '../../../src/engine/index.js'
import {slotsOf} from '../../support/cluster-facts.js'
import {command, RespConnection} from '../../support/resp.js'
import {until} from '../../support/until.js'
import {answerTo, beginMigration, holdFailover, idOf, jobsOf, migrate, untilState, visibleKeys} from './migrations.js'

const NOTHING = {size: 0, keys: [], scanned: [], random: null, info: '# Keyspace'}
/** `{b}`: slot 3300, the first primary's. */
const KEYS = 300
/** A source that has granted the hand-over holds its writes for so long, if it hears no more of it: at least 2 s. */
const PAUSE_MS = 2000

describe('atomic slot migration between engine nodes', function () {
  this.timeout(60_000)
  let cluster: EngineCluster
  let source: EngineNode
  let target: EngineNode
  let replica: EngineNode

  beforeEach(async () => {
    cluster = await startCluster({
      primaries: 2,
      replicasEach: 1,
      nodeTimeoutMs: 1500,
      config: {
        'enable-debug-command': 'yes',
        'repl-diskless-sync-delay': 0,
        'cluster-manual-failover-timeout': PAUSE_MS / 2,
        appendonly: true,
      },
    })
    const nodes = cluster.nodes as [EngineNode, EngineNode, EngineNode, EngineNode]
    ;[source, target, , replica] = nodes
    await command(source, 'MSET', ...Array.from({length: KEYS}, (_, at) => [`{b}${at}`, `value ${at}`]).flat())
  })
  afterEach(() => cluster.stop())

  async function expectAllAtSource(): Promise<void> {
    expect(await command(source, 'DBSIZE')).to.equal(KEYS)
    expect(await slotsOf([source, target])).to.deep.equal(['0-8191', '8192-16383'])
    await until(async () => (await command(target, 'CLUSTER', 'COUNTKEYSINSLOT', 3300)) === 0, {
      what: 'no key to be left',
    })
    await until(async () => (await command(replica, 'CLUSTER', 'COUNTKEYSINSLOT', 3300)) === 0, {
      what: 'no key to be left on the replica',
    })
  }

  /** The target has everything, and the source does not let go. */
  async function beginAndBlock(): Promise<void> {
    await command(source, 'DEBUG', 'SLOTMIGRATION', 'PREVENT-PAUSE', 1)
    await beginMigration(source, '3300 3310', target)
    await untilState(source, 'waiting-to-pause')
    expect(await command(target, 'CLUSTER', 'COUNTKEYSINSLOT', 3300)).to.equal(KEYS)
  }

  /** The target may take over, and does not. */
  async function beginAndHold(): Promise<void> {
    await holdFailover(target, true)
    await beginMigration(source, '3300 3310', target)
    await untilState(target, 'failover-granted')
  }

  it('moves several ranges as one job, which both sides tell of, and the replica of the target less', async () => {
    await migrate(source, '3300 3310 5 5', target)
    const [exported, imported, tracked] = (await Promise.all([source, target, replica].map(jobsOf))).map(([job]) => job)
    for (const [job, operation] of [
      [exported, 'EXPORT'],
      [imported, 'IMPORT'],
    ] as const) {
      expect([...job!.keys()].join(' ')).to.equal(
        'name operation slot_ranges target_node source_node create_time last_update_time last_ack_time state message cow_size remaining_repl_size',
      )
      expect(job!.get('operation')).to.equal(operation)
      expect(job!.get('slot_ranges')).to.equal('3300-3310 5-5')
      expect([job!.get('source_node'), job!.get('target_node')]).to.deep.equal([await idOf(source), await idOf(target)])
    }
    expect(imported!.get('name')).to.equal(exported!.get('name'))
    expect([...tracked!.keys()]).not.to.include('source_node')
    await untilState(replica, 'success')
    expect(await slotsOf([source, target])).to.deep.equal(['0-4 6-3299 3311-8191', '5 3300-3310 8192-16383'])
    expect(await command(source, 'DBSIZE')).to.equal(0)
    expect(await command(target, 'GET', '{b}299')).to.equal('value 299')
    expect(await command(replica, 'DBSIZE')).to.equal(KEYS)
    expect(await answerTo(source, 'GET', '{b}1')).to.equal(`MOVED 3300 ${target.address}`)
  })

  it('begins inside MULTI, and though the cluster is down, as on Valkey', async () => {
    await command(source, 'CLUSTER', 'DELSLOTS', 8000)
    await until(async () => String(await command(source, 'CLUSTER', 'INFO')).includes('cluster_state:fail'), {
      what: 'the source to be down',
    })
    const id = await idOf(target)
    const move = (range: string): string[] => `CLUSTER MIGRATESLOTS SLOTSRANGE ${range} NODE ${id}`.split(' ')
    const connection = await RespConnection.open(source)
    const replies = await connection.pipeline([['MULTI'], move('3300 3310'), move('3310 3311'), ['EXEC']])
    connection.close()
    expect(String(replies.at(-1))).to.match(/^OK,.*ERR I am already migrating slot 3310\.$/)
    await untilState(source, 'success')
    expect(await slotsOf([source, target])).to.deep.equal(['0-3299 3311-7999 8001-8191', '3300-3310 8192-16383'])
    expect(await command(target, 'DBSIZE')).to.equal(KEYS)
  })

  it('shows the keys to nobody before the slots are the target’s', async () => {
    await beginAndHold()
    expect(await command(target, 'CLUSTER', 'COUNTKEYSINSLOT', 3300)).to.equal(KEYS)
    expect(await visibleKeys(target)).to.deep.equal(NOTHING)
    await until(async () => (await command(replica, 'CLUSTER', 'COUNTKEYSINSLOT', 3300)) === KEYS, {
      what: 'the replica to have the keys',
    })
    expect(await visibleKeys(replica)).to.deep.equal(NOTHING)
    expect(await answerTo(target, 'GET', '{b}1')).to.equal(`MOVED 3300 ${source.address}`)
    expect((await jobsOf(replica))[0]!.get('state')).to.equal('occurring-on-primary')
    expect(await answerTo(target, 'CLUSTER', 'SETSLOT', 3300, 'STABLE')).to.equal('ERR Slot import in progress.')
    expect(await answerTo(source, 'CLUSTER', 'SETSLOT', 3300, 'STABLE')).to.equal('ERR Slot export in progress.')
    await holdFailover(target, false)
    await untilState(source, 'success')
    await untilState(replica, 'success')
    expect([await command(target, 'DBSIZE'), await command(replica, 'DBSIZE')]).to.deep.equal([KEYS, KEYS])
  })

  it('shows them to nobody on a replica that comes anew in the middle, either', async () => {
    await beginAndBlock()
    await replica.kill()
    rmSync(path.join(replica.directory, 'appendonlydir'), {recursive: true})
    await replica.restart()
    await until(async () => (await command(replica, 'CLUSTER', 'COUNTKEYSINSLOT', 3300)) === KEYS, {
      what: 'the replica to have the keys',
    })
    expect(await visibleKeys(replica)).to.deep.equal(NOTHING)
    expect((await jobsOf(replica)).map((job) => job.get('state'))).to.deep.equal(['occurring-on-primary'])
    await command(source, 'DEBUG', 'SLOTMIGRATION', 'PREVENT-PAUSE', 0)
    await untilState(replica, 'success')
    expect(await command(replica, 'DBSIZE')).to.equal(KEYS)
  })

  it('leaves all where it was when it is cancelled, or when the data are flushed', async () => {
    await beginAndHold()
    expect(
      await answerTo(source, 'CLUSTER', 'MIGRATESLOTS', 'SLOTSRANGE', 3300, 3300, 'NODE', await idOf(target)),
    ).to.equal('ERR I am already migrating slot 3300.')
    await command(source, 'CLUSTER', 'CANCELSLOTMIGRATIONS')
    await untilState(source, 'cancelled')
    expect(await untilState(target, 'failed')).to.equal(
      'Connection lost to source. Check CLUSTER GETSLOTMIGRATIONS on the source node for more information.',
    )
    await untilState(replica, 'failed')
    await expectAllAtSource()
    await beginAndBlock()
    await command(target, 'FLUSHALL')
    expect(await untilState(target, 'failed')).to.equal('Data was flushed')
    expect(await untilState(source, 'failed')).to.equal(
      'Connection lost to target. Check CLUSTER GETSLOTMIGRATIONS on the target node for more information.',
    )
    await expectAllAtSource()
    await beginAndBlock()
    await command(source, 'FLUSHALL')
    expect(await untilState(source, 'failed')).to.equal('Data was flushed')
    await untilState(replica, 'failed')
    expect(await command(target, 'CLUSTER', 'COUNTKEYSINSLOT', 3300)).to.equal(0)
  })

  it('gives up when the target does not take over in time, and lets the writes go on', async () => {
    await beginAndHold()
    const startedMs = performance.now()
    expect(await command(source, 'SET', '{b}1', 'value 1')).to.equal('OK')
    expect(performance.now() - startedMs).to.be.greaterThan(500)
    expect(await untilState(source, 'failed')).to.equal(
      'Unpaused before migration completed (migration may have succeeded with lost writes)',
    )
    await untilState(target, 'failed')
    await expectAllAtSource()
  })

  it('fails when one of the two is silent for longer than repl-timeout', async () => {
    for (const node of [source, target]) await command(node, 'CONFIG', 'SET', 'repl-timeout', 1)
    await beginAndBlock()
    await command(source, 'CONFIG', 'SET', 'repl-timeout', 60)
    source.pause()
    expect(await untilState(target, 'failed')).to.equal('Timed out after too long with no interaction')
    source.resume()
    expect(await untilState(source, 'failed')).to.include('Connection lost to target.')
    await expectAllAtSource()
  })

  it('leaves no trace on a target that dies, nor on one whose source does', async () => {
    await beginAndBlock()
    const [, , , follower] = cluster.nodes
    await follower!.kill()
    await target.kill()
    expect(await untilState(source, 'failed')).to.include('Connection lost to target.')
    await target.restart()
    await follower!.restart()
    await cluster.waitFor('ok')
    expect(await untilState(target, 'failed')).to.equal('Process restarted')
    await expectAllAtSource()
    await beginAndBlock()
    await source.kill()
    expect(await untilState(target, 'failed')).to.include('Connection lost to source.')
    expect(await command(target, 'CLUSTER', 'COUNTKEYSINSLOT', 3300)).to.equal(0)
  })

  it('is cleaned up by the replica that takes the target’s place', async () => {
    await beginAndHold()
    await until(async () => (await command(replica, 'CLUSTER', 'COUNTKEYSINSLOT', 3300)) === KEYS, {
      what: 'the replica to have the keys',
    })
    await command(replica, 'CLUSTER', 'FAILOVER', 'TAKEOVER')
    expect(await untilState(replica, 'failed')).to.equal('A failover occurred during slot import')
    expect(await command(replica, 'CLUSTER', 'COUNTKEYSINSLOT', 3300)).to.equal(0)
    await cluster.waitFor('ok')
    expect(await command(source, 'DBSIZE')).to.equal(KEYS)
    expect(await command(source, 'SET', '{b}1', 'value 1')).to.equal('OK')
  })

  it('keeps as many entries of its log as cluster-slot-migration-log-max-len says', async () => {
    for (const slot of [1, 2, 3]) await migrate(source, `${slot} ${slot}`, target)
    await command(source, 'CONFIG', 'SET', 'cluster-slot-migration-log-max-len', 2)
    await until(async () => (await jobsOf(source)).length === 2, {what: 'the oldest entry to go'})
    expect((await jobsOf(source)).map((job) => job.get('slot_ranges'))).to.deep.equal(['3-3', '2-2'])
    expect(await jobsOf(target)).to.have.length(3)
  })
})
