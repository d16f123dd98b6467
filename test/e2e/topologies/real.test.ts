/** The same kinds of trouble on real servers, through the program as it is installed: found, repaired at once, nothing lost. */
import {expect} from 'chai'
import type {CheckResult} from '../../../src/commands/check.js'
import {slotOf} from '../../../src/model/slot.js'
import {accountOf, openSlots, selfOf, stories} from '../../support/cluster-facts.js'
import {quickCluster, type QuickCluster} from '../../support/quick-cluster.js'
import {describeOnServers} from '../../support/real-servers.js'
import {runCli} from '../../support/run-cli.js'
import {differences, digest, fillKeys} from '../../support/test-data.js'
import {TLS_FILES} from '../../support/tls-files.js'
import {until} from '../../support/until.js'

/** Codes of errors, and of the warnings that are asked for. */
async function codesOf(entry: string, ...warnings: readonly string[]): Promise<string[]> {
  const {stdout} = await runCli(['check', entry, '--search-multiple-owners', '--json'])
  const {findings} = JSON.parse(stdout) as CheckResult
  const told = findings.filter(({severity, code}) => severity === 'error' || warnings.includes(code))
  return [...new Set(told.map(({code}) => code))].sort()
}

async function fix(entry: string): Promise<void> {
  const {code, stderr} = await runCli(['fix', entry, '--yes'])
  expect(code, stderr).to.equal(0)
}

/** The first primary's slot, with keys, and the ways in which it is half moved. */
interface Field {
  readonly cluster: QuickCluster
  readonly slot: number
  readonly keys: readonly string[]
}

const setSlot = ({cluster, slot}: Field, node: number, ...words: string[]): Promise<unknown> =>
  cluster.nodes.command(node, 'CLUSTER', 'SETSLOT', slot, ...words)

const migrate = ({cluster}: Field, source: number, target: number, keys: readonly string[]): Promise<unknown> => {
  const {host, port} = cluster.nodes.node(target)
  return cluster.nodes.command(source, 'MIGRATE', host, port, '', 0, 5000, 'KEYS', ...keys)
}

async function open(field: Field, source: number, target: number): Promise<void> {
  await setSlot(field, target, 'IMPORTING', field.cluster.ids[source]!)
  await setSlot(field, source, 'MIGRATING', field.cluster.ids[target]!)
}

/** The number of the primary that fix has left the slot with. */
async function ownerOf({cluster, slot}: Field): Promise<number> {
  const selves = await Promise.all(cluster.primaries.map(selfOf))
  return selves.findIndex(({slots}) => slots.has(slot))
}

async function failover({nodes}: QuickCluster, replica: number): Promise<void> {
  await nodes.command(replica, 'CLUSTER', 'FAILOVER')
  await until(async () => (await selfOf(nodes.node(replica))).primaryId === null, {what: 'the replica to take over'})
}

describeOnServers('broken topologies of real servers', ['redis-7.0'], (flavour) => {
  let cluster: QuickCluster
  let field: Field
  let data: ReadonlyMap<string, string>

  before(async () => {
    // Its replicas take over when they are told to.
    cluster = await quickCluster(flavour, {replicasEach: 1, config: {'cluster-replica-no-failover': 'yes'}})
    await fillKeys(cluster.nodes, 60)
    const keys = await fillKeys(cluster.nodes, 6, {prefix: '{b}:'})
    field = {cluster, keys, slot: slotOf(Buffer.from(keys[0]!))}
    data = await digest(cluster.nodes)
  })

  async function expectWhole(alive = [...cluster.nodes]): Promise<void> {
    expect(await codesOf(alive[0]!.address)).to.deep.equal([])
    expect(await openSlots(alive)).to.deep.equal([])
    expect((await stories(alive)).slice(1), 'what other nodes tell').to.deep.equal([])
    expect(differences(data, await digest(alive))).to.deep.equal([])
  }

  it('keys of a slot are on three nodes, and two of them import it', async () => {
    await open(field, 0, 1)
    await migrate(field, 0, 1, field.keys.slice(0, 2))
    await setSlot(field, 2, 'IMPORTING', cluster.ids[0]!)
    await setSlot(field, 0, 'MIGRATING', cluster.ids[2]!)
    await migrate(field, 0, 2, field.keys.slice(2, 4))
    expect(await codesOf(cluster.entry)).to.deep.equal(['slot-importing', 'slot-migrating'])
    await fix(cluster.entry)
    await expectWhole()
  })

  it('nobody serves a slot, and its keys are on two nodes', async () => {
    // The slot is the third node's now.
    await open(field, 2, 1)
    await migrate(field, 2, 1, field.keys.slice(0, 3))
    await Promise.all([1, 2].map((node) => setSlot(field, node, 'STABLE')))
    for (const node of cluster.nodes) {
      await cluster.nodes.command([...cluster.nodes].indexOf(node), 'CLUSTER', 'DELSLOTS', field.slot).catch(() => null)
    }
    expect(await codesOf(cluster.entry)).to.include('slots-uncovered')
    await fix(cluster.entry)
    await expectWhole()
  })

  it('the node through which we come has forgotten another one, which serves slots', async () => {
    await cluster.nodes.command(0, 'CLUSTER', 'FORGET', cluster.ids[1]!)
    expect(await codesOf(cluster.entry, 'node-unknown')).to.include.members(['node-unknown', 'slots-disagree'])
    await fix(cluster.entry)
    await expectWhole()
  })

  it('source and target were failed over in the middle of a move: nothing tells of it but the keys', async () => {
    const owner = await ownerOf(field)
    const target = (owner + 1) % 3
    await open(field, owner, target)
    await migrate(field, owner, target, field.keys.slice(0, 3))
    await failover(cluster, 3 + owner)
    await failover(cluster, 3 + target)
    await until(async () => (await codesOf(cluster.entry)).join() === 'stray-keys', {what: 'nothing but stray keys'})
    await fix(cluster.entry)
    await expectWhole()
    for (const node of [owner, target]) await failover(cluster, node)
    await until(async () => (await codesOf(cluster.entry)).length === 0, {what: 'the old roles'})
  })

  it('source and target of a half-done move are dead, and their replicas have the keys', async () => {
    const owner = await ownerOf(field)
    const target = (owner + 1) % 3
    const third = cluster.nodes.node(3 - owner - target)
    await open(field, owner, target)
    await migrate(field, owner, target, field.keys.slice(0, 3))
    await until(
      async () => Number(await cluster.nodes.command(3 + target, 'CLUSTER', 'COUNTKEYSINSLOT', field.slot)) === 3,
      {
        what: 'the replica to have the keys',
      },
    )
    await cluster.nodes.kill(owner)
    await cluster.nodes.kill(target)
    const isDown = async (): Promise<boolean> =>
      (await accountOf(third)).filter(({flags}) => flags.has('pfail') || flags.has('fail')).length === 2
    await until(isDown, {what: 'both to be taken for dead', timeoutMs: 20_000})
    expect(await codesOf(third.address)).to.deep.equal(['cluster-down', 'primary-unreachable', 'slots-uncovered'])
    await fix(third.address)
    await expectWhole([third, cluster.nodes.node(3 + owner), cluster.nodes.node(3 + target)])
  })
})

describeOnServers('a node that was forgotten by mistake', ['valkey-9.1'], (flavour) => {
  it('is introduced again, once the others no longer tell each other to forget it', async () => {
    const cluster = await quickCluster(flavour, {config: {'cluster-blacklist-ttl': 6}})
    await cluster.nodes.command(1, 'CLUSTER', 'FORGET', cluster.ids[2]!)
    const isForgotten = async (): Promise<boolean> =>
      !(await accountOf(cluster.nodes.node(0))).some(({id}) => id === cluster.ids[2])
    await until(isForgotten, {what: 'the other node to have been told, too'})
    const entry = cluster.nodes.node(2).address
    await fix(entry)
    expect(await codesOf(entry, 'node-unknown')).to.deep.equal([])
    await cluster.stop()
  })
})

describeOnServers('a healthy cluster that speaks TLS only', ['redis-7.0'], (flavour) => {
  it('is none that check has anything to say about', async () => {
    const cluster = await quickCluster(flavour, {tls: true, replicasEach: 1})
    const {cacert, cert, key} = {cacert: TLS_FILES.ca, cert: TLS_FILES.clientCert, key: TLS_FILES.clientKey}
    const flags = ['--tls', '--cacert', cacert, '--cert', cert, '--key', key]
    const {code, stdout} = await runCli(['check', cluster.entry, '--strict', '--json', ...flags])
    expect((JSON.parse(stdout) as CheckResult).findings).to.deep.equal([])
    expect(code).to.equal(0)
    await cluster.stop()
  })
})
