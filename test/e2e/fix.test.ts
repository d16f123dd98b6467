/** `tscluster fix`: whatever state a cluster was left in, it is whole again afterwards, and no key is lost unasked. */
import {expect} from 'chai'
import type {FixResult} from '../../src/commands/fix.js'
import {slotOf} from '../../src/model/slot.js'
import {clusterInfo, openSlots, selfOf, slotCounts, slotsOf, stories} from '../support/cluster-facts.js'
import {quickCluster, type QuickCluster} from '../support/quick-cluster.js'
import {describeOnServers, WITH_ENGINE} from '../support/real-servers.js'
import {command} from '../support/resp.js'
import {runCli, type CliResult} from '../support/run-cli.js'
import type {ServerNode} from '../support/server-nodes.js'
import {differences, digest, fillKeys} from '../support/test-data.js'
import {until} from '../support/until.js'

function fix(node: {readonly entry: string}, ...flags: string[]): Promise<CliResult> {
  return runCli(['fix', node.entry, '--yes', ...flags])
}

async function expectWhole({nodes}: QuickCluster): Promise<void> {
  expect(await openSlots(nodes)).to.deep.equal([])
  expect((await stories(nodes)).slice(1), 'what other nodes tell').to.deep.equal([])
  expect((await slotCounts(nodes)).reduce((sum, count) => sum + count)).to.equal(16_384)
}

/** A slot on its way from its owner to the next primary, with six keys. */
interface Move {
  readonly slot: number
  readonly keys: readonly string[]
  readonly source: ServerNode
  readonly target: ServerNode
  readonly sourceId: string
  readonly targetId: string
}

const setSlot = (node: ServerNode, slot: number, ...words: string[]): Promise<unknown> =>
  command(node, 'CLUSTER', 'SETSLOT', slot, ...words)
const importing = ({target, slot, sourceId}: Move): Promise<unknown> => setSlot(target, slot, 'IMPORTING', sourceId)
const migrating = ({source, slot, targetId}: Move): Promise<unknown> => setSlot(source, slot, 'MIGRATING', targetId)
const migrate = ({source, target}: Move, keys: readonly string[]): Promise<unknown> =>
  command(source, 'MIGRATE', target.host, target.port, '', 0, 5000, 'KEYS', ...keys)

const STAGES: readonly {readonly title: string; readonly leave: (move: Move) => Promise<unknown>}[] = [
  {title: 'only the target was told', leave: importing},
  {title: 'only the source was told', leave: migrating},
  {
    title: 'no key was moved yet',
    leave: async (move) => {
      await importing(move)
      await migrating(move)
    },
  },
  {
    title: 'half of the keys were moved',
    leave: async (move) => {
      await importing(move)
      await migrating(move)
      await migrate(move, move.keys.slice(0, 3))
    },
  },
  {
    title: 'all keys were moved, but the slot was not handed over',
    leave: async (move) => {
      await importing(move)
      await migrating(move)
      await migrate(move, move.keys)
    },
  },
  {
    title: 'the target has the slot, and the source was not told',
    leave: async (move) => {
      await importing(move)
      await migrating(move)
      await migrate(move, move.keys)
      await setSlot(move.target, move.slot, 'NODE', move.targetId)
    },
  },
]

describeOnServers('fix of a move that was interrupted when', WITH_ENGINE, (flavour) => {
  let cluster: QuickCluster

  before(async () => {
    cluster = await quickCluster(flavour, {primaries: 3, replicasEach: 1})
  })

  for (const [index, {title, leave}] of STAGES.entries()) {
    it(title, async () => {
      const keys = await fillKeys(cluster.nodes, 6, {prefix: `{stage ${index}}:`})
      const before = await digest(cluster.nodes)
      const move = await moveOf(cluster, keys)
      await leave(move)
      const {code, stderr} = await fix(cluster)
      expect(code, stderr).to.equal(0)
      await expectWhole(cluster)
      expect(differences(before, await digest(cluster.nodes))).to.deep.equal([])
    })
  }

  it('keys of it are on a third node', async () => {
    const keys = await fillKeys(cluster.nodes, 6, {prefix: '{strays}:'})
    const before = await digest(cluster.nodes)
    const move = await moveOf(cluster, keys)
    await importing(move)
    await migrating(move)
    await migrate(move, keys.slice(0, 2))
    await setSlot(move.target, move.slot, 'STABLE')
    await setSlot(move.source, move.slot, 'STABLE')
    const {code, stderr} = await fix(cluster, '--search-multiple-owners')
    expect(code, stderr).to.equal(0)
    expect(differences(before, await digest(cluster.nodes))).to.deep.equal([])
  })
})

async function moveOf({primaries, ids}: QuickCluster, keys: readonly string[]): Promise<Move> {
  const slot = slotOf(Buffer.from(keys[0]!))
  const owners = await Promise.all(primaries.map(async (node) => (await selfOf(node)).slots.has(slot)))
  const from = owners.indexOf(true)
  const to = (from + 1) % primaries.length
  return {slot, keys, source: primaries[from]!, target: primaries[to]!, sourceId: ids[from]!, targetId: ids[to]!}
}

describeOnServers('fix of slots that nobody owns', WITH_ENGINE, (flavour) => {
  let cluster: QuickCluster

  before(async () => {
    cluster = await quickCluster(flavour)
  })

  async function orphan(...slots: number[]): Promise<void> {
    for (const node of cluster.nodes) await command(node, 'CLUSTER', 'DELSLOTS', ...slots).catch(() => undefined)
    await until(async () => (await slotCounts(cluster.nodes)).reduce((sum, count) => sum + count) < 16_384, {
      what: 'slots without an owner',
    })
  }

  it('shows what it would do with --dry-run, and does nothing', async () => {
    await orphan(1000, 1001)
    const before = await slotsOf(cluster.nodes)
    const {code, stdout} = await fix(cluster, '--dry-run')
    expect(code).to.equal(0)
    expect(stdout).to.include('give slots 1000-1001 to').and.include('[lossless]')
    expect(await slotsOf(cluster.nodes)).to.deep.equal(before)
  })

  it('gives them to a primary, and finds nothing to do when it is run again', async () => {
    const {code, stderr} = await fix(cluster)
    expect(code, stderr).to.equal(0)
    await expectWhole(cluster)
    expect(await fix(cluster)).to.deep.include({code: 0, stdout: 'nothing to fix\n'})
  })

  it('gives them to the node that has their keys', async () => {
    const keys = await fillKeys(cluster.nodes, 10, {prefix: '{orphan}:'})
    const before = await digest(cluster.nodes)
    const {slot, source} = await moveOf(cluster, keys)
    await orphan(slot)
    const {code, stderr} = await fix(cluster)
    expect(code, stderr).to.equal(0)
    expect((await selfOf(source)).slots.has(slot)).to.equal(true)
    expect(differences(before, await digest(cluster.nodes))).to.deep.equal([])
    await expectWhole(cluster)
  })
})

describeOnServers('fix of a dead primary', ['engine', 'valkey-9.1'], (flavour) => {
  it('promotes its replica, where that does not happen by itself', async () => {
    const cluster = await quickCluster(flavour, {
      replicasEach: 1,
      config: {'cluster-replica-no-failover': 'yes'},
    })
    await fillKeys(cluster.nodes, 300)
    const before = await digest(cluster.nodes)
    await cluster.nodes.kill(1)
    await untilFailed(cluster)
    const {code, stderr} = await fix(cluster)
    expect(code, stderr).to.equal(0)
    expect((await selfOf(cluster.replicas[1]!)).primaryId).to.equal(null)
    expect(differences(before, await digest([0, 2, 3, 4, 5].map((index) => cluster.nodes.node(index))))).to.deep.equal(
      [],
    )
    await cluster.stop()
  })

  it('gives up the keys of one without a replica only when it is told to', async () => {
    const cluster = await quickCluster(flavour)
    await fillKeys(cluster.nodes, 300)
    await cluster.nodes.kill(1)
    await untilFailed(cluster)
    const timid = await fix(cluster)
    expect(timid.stderr).to.include('[needs-unreachable-primaries]')
    const careful = await fix(cluster, '--with-unreachable-primaries')
    expect(careful.stderr).to.include('[needs-accept-data-loss]').and.include('--accept-data-loss')
    expect([timid.code, careful.code]).to.deep.equal([3, 3])
    const bold = await fix(cluster, '--with-unreachable-primaries', '--accept-data-loss')
    expect(bold.code, bold.stderr).to.equal(0)
    expect(bold.stderr).to.match(/lossy, an unknown number of keys at stake/)
    const left = [cluster.nodes.node(0), cluster.nodes.node(2)]
    await untilCovered(left)
    await fillKeys(left, 300, {prefix: 'afterwards:'})
    await cluster.stop()
  })
})

async function untilFailed({primaries}: QuickCluster): Promise<void> {
  await until(async () => (await clusterInfo(primaries[0]!, 'cluster_state')) === 'fail', {
    what: 'the cluster to see that its primary is dead',
  })
}

async function untilCovered(nodes: readonly ServerNode[]): Promise<void> {
  await until(async () => (await slotCounts(nodes)).reduce((sum, count) => sum + count) === 16_384, {what: 'coverage'})
}

describeOnServers('fix, for a program', ['engine', 'redis-7.0', 'valkey-9.1'], (flavour) => {
  it('tells its diagnosis and its outcome in one document', async () => {
    const cluster = await quickCluster(flavour)
    await setSlot(cluster.primaries[0]!, 5, 'MIGRATING', cluster.ids[1]!)
    const {code, stdout, stderr} = await fix(cluster, '--json')
    const {schema, status, exitCode, diagnosis, findings} = JSON.parse(stdout) as FixResult
    expect({code, stderr}).to.deep.equal({code: 0, stderr: ''})
    expect({schema, status, exitCode}).to.deep.equal({schema: 'tscluster.fix/1', status: 'applied', exitCode: 0})
    expect(diagnosis[0]).to.have.nested.property('finding.code', 'slot-migrating')
    expect(diagnosis[0]).to.have.nested.property('action.effect', 'lossless')
    expect(findings!.filter(({severity}) => severity === 'error')).to.deep.equal([])
  })
})
