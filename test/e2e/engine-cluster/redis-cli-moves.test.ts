/** redis-cli moves slots of engine nodes, adds nodes and removes them, mends and copies: no key is lost, none is changed. */
import {mkdtempSync, readdirSync, rmSync} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {expect} from 'chai'
import {openSlots, selfOf, slotCounts} from '../../support/cluster-facts.js'
import {describeOnEngine, runTool, type Tool} from '../../support/engine/real-tools.js'
import {quickCluster, untilClusterAgrees, type QuickCluster} from '../../support/quick-cluster.js'
import {startNodes, type ServerNode} from '../../support/server-nodes.js'
import {differences, digest, fillKeys} from '../../support/test-data.js'

const REDIS_CLI: Tool = ['redis-7.0', 'cli']
/** The slot of the tag {b}, which the first primary owns. */
const SLOT_OF_B = 3300

describeOnEngine('redis-cli moves slots of engine nodes', [REDIS_CLI], () => {
  let cluster: QuickCluster
  let keys: Map<string, string>

  before(async () => {
    cluster = await quickCluster('engine', {primaries: 3, replicasEach: 1, spares: 2})
    await fillKeys(cluster.primaries, 3000, {valueBytes: 40})
    await fillKeys(cluster.primaries, 60, {prefix: 'tagged:{b}:'})
    keys = await digest(cluster.primaries)
  })

  const manage = (command: string, ...more: readonly string[]): Promise<string> =>
    runTool(REDIS_CLI, ['--cluster', command, cluster.entry, ...more, '--cluster-yes'], {input: 'yes\n'})

  /** Everything is where it belongs, once, as it was. */
  async function expectIntact(nodes: Iterable<ServerNode> = cluster.nodes): Promise<void> {
    expect(differences(keys, await digest(nodes))).to.deep.equal([])
    expect(await openSlots(cluster.primaries)).to.deep.equal([])
  }

  it('reshard moves slots with all that they hold', async () => {
    const [first, second] = cluster.ids as [string, string]
    const said = await manage('reshard', '--cluster-from', first, '--cluster-to', second, '--cluster-slots', '120')
    expect(said.match(/^Moving slot \d+ from /gm)).to.have.length(120)
    expect(await slotCounts(cluster.primaries)).to.deep.equal([5341, 5582, 5461])
    await expectIntact()
  })

  it('rebalance brings them back', async () => {
    await manage('rebalance', '--cluster-threshold', '1')
    const counts = await slotCounts(cluster.primaries)
    expect(Math.max(...counts) - Math.min(...counts)).to.be.at.most(1)
    await expectIntact()
  })

  it('add-node takes in a primary and a replica, which receives what its primary has', async () => {
    const [primary, replica] = cluster.spares as [ServerNode, ServerNode]
    await runTool(REDIS_CLI, ['--cluster', 'add-node', primary.address, cluster.entry])
    await untilClusterAgrees([...cluster.primaries, ...cluster.replicas, primary])
    const of = ['--cluster-slave', '--cluster-master-id', cluster.ids[0]!]
    await runTool(REDIS_CLI, ['--cluster', 'add-node', replica.address, cluster.entry, ...of])
    await untilClusterAgrees(cluster.nodes)
    expect((await selfOf(replica)).primaryId).to.equal(cluster.ids[0])
    const move = ['--cluster-from', cluster.ids[2]!, '--cluster-to', cluster.ids[6]!, '--cluster-slots', '20']
    await manage('reshard', ...move)
    expect((await selfOf(primary)).slots.size).to.equal(20)
    await expectIntact()
  })

  it('del-node refuses a node that has slots, and removes one that has none', async () => {
    const [primary, replica] = cluster.ids.slice(6) as [string, string]
    const refused = await manage('del-node', primary).then(
      () => 'removed',
      (error: Error) => error.message,
    )
    expect(refused).to.contain('is not empty! Reshard data away and try again.')
    const back = ['--cluster-from', primary, '--cluster-to', cluster.ids[2]!, '--cluster-slots', '20']
    await manage('reshard', ...back)
    await manage('del-node', primary)
    await manage('del-node', replica)
    await untilClusterAgrees([...cluster.primaries, ...cluster.replicas])
    await expectIntact([...cluster.primaries, ...cluster.replicas])
  })

  it('a replica refuses SETSLOT in the words that redis-cli knows: a primary without slots has become one', async () => {
    const refused = await cluster.nodes.command(3, 'CLUSTER', 'SETSLOT', SLOT_OF_B, 'STABLE').catch(String)
    expect(refused).to.equal('RespError: ERR Please use SETSLOT only with masters.')
  })

  it('fix closes a slot whose move was interrupted', async () => {
    const {nodes} = cluster
    const target = nodes.node(1)
    const [first, second] = cluster.ids as [string, string]
    await nodes.command(1, 'CLUSTER', 'SETSLOT', SLOT_OF_B, 'IMPORTING', first)
    await nodes.command(0, 'CLUSTER', 'SETSLOT', SLOT_OF_B, 'MIGRATING', second)
    const some = (await nodes.command(0, 'CLUSTER', 'GETKEYSINSLOT', SLOT_OF_B, 20)) as string[]
    await nodes.command(0, 'MIGRATE', target.host, target.port, '', 0, 5000, 'KEYS', ...some)
    await manage('fix')
    await expectIntact()
  })

  it('fix gives a slot that nobody owns to a node', async () => {
    await Promise.all(cluster.primaries.map((_, index) => cluster.nodes.command(index, 'CLUSTER', 'DELSLOTS', 16_000)))
    expect(await manage('fix')).to.contain('>>> Covering slot 16000')
    await untilClusterAgrees([...cluster.primaries, ...cluster.replicas])
    const sizes = await slotCounts(cluster.primaries)
    expect(sizes.reduce((sum, size) => sum + size)).to.equal(16_384)
  })

  it('backup leaves a file per primary, from which engine nodes start with the same data', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'tscluster-backup-'))
    try {
      const before = await digest(cluster.primaries)
      await runTool(REDIS_CLI, ['--cluster', 'backup', cluster.entry, folder])
      const files = readdirSync(folder).filter((name) => name.endsWith('.rdb'))
      expect(files).to.have.length(3)
      const all = new Map<string, string>()
      for (const name of files) {
        const alone = await startNodes('engine', 1, {cluster: false, config: {dir: folder, dbfilename: name}})
        for (const [key, value] of await digest(alone)) all.set(key, value)
        await alone.stop()
      }
      expect(differences(before, all)).to.deep.equal([])
    } finally {
      rmSync(folder, {recursive: true})
    }
  })

  it('import moves the keys of a node that stands alone', async () => {
    const alone = await startNodes('engine', 1, {cluster: false})
    const before = await digest(cluster.primaries)
    await fillKeys(alone, 500, {prefix: 'imported:'})
    const imported = await digest(alone)
    await runTool(REDIS_CLI, ['--cluster', 'import', cluster.entry, '--cluster-from', alone.node(0).address])
    expect(await alone.command(0, 'DBSIZE')).to.equal(0)
    expect(differences(new Map([...before, ...imported]), await digest(cluster.primaries))).to.deep.equal([])
  })
})
