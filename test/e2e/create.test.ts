/** `tscluster create`: empty servers become one cluster, or stay what they were. */
import {expect} from 'chai'
import type {Plan} from '../../src/manager/plan/plan.js'
import {startBadServer} from '../support/bad-servers.js'
import {clusterInfo, selfOf, slotsOf, stories} from '../support/cluster-facts.js'
import {programPath} from '../support/installed-servers.js'
import {describeOnServers, WITH_ENGINE} from '../support/real-servers.js'
import {runCli, startProgram} from '../support/run-cli.js'
import {startNodes, type ServerNode, type ServerNodes} from '../support/server-nodes.js'
import {fillKeys} from '../support/test-data.js'

const THIRDS = ['0-5460', '5461-10922', '10923-16383']

/** What a server has that nobody configured otherwise. */
const AS_SHIPPED = {'cluster-node-timeout': 15_000, 'repl-diskless-sync-delay': 5}

async function expectEmptyAndAlone(nodes: Iterable<ServerNode>): Promise<void> {
  for (const node of nodes) {
    const self = await selfOf(node)
    expect(self.slots.size, `slots of ${node.address}`).to.equal(0)
    expect(self.primaryId, `primary of ${node.address}`).to.equal(null)
    expect(self.configEpoch, `epoch of ${node.address}`).to.equal(0)
    expect(await clusterInfo(node, 'cluster_known_nodes')).to.equal('1')
  }
}

describeOnServers('create', WITH_ENGINE, (flavour) => {
  it('returns when all nodes agree, every replica follows, and every primary takes writes', async () => {
    const nodes = await startNodes(flavour, 6, {config: AS_SHIPPED})
    const {code, stdout, stderr} = await runCli(['create', ...nodes.addresses, '--replicas', '1', '--yes'])
    // Not a moment later: this is what the command has promised.
    await fillKeys(nodes, 300)
    expect(await stories(nodes)).to.have.lengthOf(1)
    expect({code, stderr: /error/.exec(stderr)}).to.deep.equal({code: 0, stderr: null})
    expect(stdout).to.match(/^done create: \d+ steps in /)
    expect(await slotsOf(nodes)).to.deep.equal([...THIRDS, '', '', ''])
    for (const index of nodes.addresses.keys()) {
      expect(await nodes.configOf(index, 'cluster-node-timeout')).to.equal('15000')
      expect(await nodes.configOf(index, 'repl-diskless-sync-delay')).to.equal('5')
      const replication = String(await nodes.command(index, 'INFO', 'replication'))
      expect(replication).to.match(index < 3 ? /connected_slaves:1/ : /master_link_status:up/)
    }
    await nodes.stop()
  })

  it('makes three primaries without replicas, and the servers confirm it', async () => {
    const nodes = await startNodes(flavour, 3, {config: AS_SHIPPED})
    expect(await runCli(['create', ...nodes.addresses, '--yes'])).to.include({code: 0})
    await fillKeys(nodes, 30)
    const cli = programPath(flavour, 'cli')
    const judged = await startProgram(cli, ['--cluster', 'check', nodes.node(1).address]).done
    expect(judged.stdout).to.include('[OK] All nodes agree about slots configuration.')
    expect(judged.stdout).to.include('[OK] All 16384 slots covered.')
    await nodes.stop()
  })
})

describeOnServers('create, seen before it is done', ['engine', 'redis-7.0', 'valkey-9.1'], (flavour) => {
  let nodes: ServerNodes

  before(async () => {
    nodes = await startNodes(flavour, 6, {host: (index) => `127.0.0.${(index % 3) + 1}`})
  })

  it('gives out slots and replicas as redis-cli does', async () => {
    const words = ['--cluster', 'create', ...nodes.addresses, '--cluster-replicas', '1']
    const theirs = (await startProgram(programPath(flavour, 'cli'), words, {input: 'no\n'}).done).stdout
    const {code, stdout} = await runCli(['create', ...nodes.addresses, '--replicas', '1', '--dry-run', '--json'])
    expect(code).to.equal(0)
    const {plan} = JSON.parse(stdout) as {readonly plan: Plan}
    const nameOf = new Map(plan.nodes.map(({id, address}) => [id, address]))
    const steps = plan.phases.flatMap((phase) => phase.steps)
    const slots = steps.flatMap((step) => (step.kind === 'add-slots' ? [step.slots] : []))
    const pairs = steps.flatMap((step) =>
      step.kind === 'replicate' ? [`${nameOf.get(step.replica)} to ${nameOf.get(step.primary)}`] : [],
    )
    const theirSlots = [...theirs.matchAll(/-> Slots (\d+) - (\d+)/g)].map(([, first, last]) => `${first}-${last}`)
    const theirPairs = [...theirs.matchAll(/^Adding replica (\S+ to \S+)$/gm)].map(([, pair]) => pair!)
    expect(slots).to.deep.equal(theirSlots)
    expect(pairs.toSorted()).to.deep.equal(theirPairs.toSorted())
  })

  it('places no replica on the host of its primary where that can be avoided', async () => {
    const {stdout, stderr} = await runCli(['create', ...nodes.addresses, '--replicas', '1', '--dry-run'])
    expect(stdout + stderr).not.to.include('replica-with-primary')
    for (const [, replica, primary] of stdout.matchAll(/make (\S+):\d+ a replica of (\S+):\d+/g)) {
      expect(replica).not.to.equal(primary)
    }
  })

  it('shows the exact commands with --dry-run --explain, and sends none of them', async () => {
    const {code, stdout} = await runCli(['create', ...nodes.addresses, '--dry-run', '--explain'])
    expect(code).to.equal(0)
    expect(stdout)
      .to.include(`${nodes.node(0).address}> CLUSTER ADDSLOTSRANGE 0 2730`)
      .and.include('CLUSTER MEET')
    await expectEmptyAndAlone(nodes)
  })

  it('carries out a plan that was saved', async () => {
    const file = `${nodes.node(0).directory}/plan.json`
    const made = await runCli(['create', ...nodes.addresses, '--replicas', '1', '--out', file])
    expect(made).to.include({code: 0})
    await expectEmptyAndAlone(nodes)
    expect(await runCli(['apply', file, '--yes'])).to.include({code: 0})
    await fillKeys(nodes, 30)
    expect(await slotsOf([...nodes].slice(0, 3))).to.deep.equal(THIRDS)
    const again = await runCli(['apply', file, '--yes'])
    expect(again.code).to.equal(3)
    expect(again.stderr).to.include('[stale-plan]')
  })
})

describeOnServers('create, when it cannot be', ['engine', 'redis-7.0', 'valkey-9.1'], (flavour) => {
  let nodes: ServerNodes

  before(async () => {
    nodes = await startNodes(flavour, 3, {config: AS_SHIPPED})
  })

  afterEach(() => expectEmptyAndAlone(nodes))

  it('names the pair that cannot meet, undoes all, and fails with 6', async () => {
    const deaf = await startBadServer('silent')
    const [stranger] = await startNodes(flavour, 1, {config: {...AS_SHIPPED, 'cluster-announce-bus-port': deaf.port}})
    const words = ['create', ...nodes.addresses, stranger!.address, '--timeout', '3s', '--yes']
    const {code, stdout, stderr} = await runCli(words)
    expect(code, stderr).to.equal(6)
    expect(stdout).to.equal('')
    const error = stderr.split('\n').find((line) => line.startsWith('error '))
    expect(error)
      .to.include(stranger!.address)
      .and.match(/\[timed-out\]$/)
    expect(error).to.match(new RegExp(nodes.addresses.join('|')))
    expect(stderr).to.include('what was done is undone')
    await expectEmptyAndAlone([stranger!])
    for (const index of [0, 1, 2]) {
      expect(await nodes.configOf(index, 'cluster-node-timeout')).to.equal('15000')
      expect(await nodes.configOf(index, 'repl-diskless-sync-delay')).to.equal('5')
    }
    await deaf.close()
  })

  it('is refused where a bus port is closed', async () => {
    const closed = await startBadServer('closed')
    const [stranger] = await startNodes(flavour, 1, {config: {'cluster-announce-bus-port': closed.port}})
    const {code, stderr} = await runCli(['create', ...nodes.addresses, stranger!.address, '--yes'])
    expect(code).to.equal(3)
    expect(stderr).to.include('[bus-port-closed]').and.include(stranger!.address).and.include(String(closed.port))
  })

  it('is refused with too few nodes, and with one named twice', async () => {
    const [first, second] = nodes.addresses
    const few = await runCli(['create', first!, second!, '--yes'])
    expect(few.stderr).to.include('[too-few-primaries]')
    const twice = await runCli(['create', ...nodes.addresses, first!.replace('127.0.0.1', 'localhost'), '--yes'])
    expect(twice.stderr).to.include('[duplicate-node]')
    expect([few.code, twice.code]).to.deep.equal([3, 3])
  })

  it('is refused for a server that already has slots', async () => {
    await nodes.command(2, 'CLUSTER', 'ADDSLOTSRANGE', 0, 16_383)
    const {code, stderr} = await runCli(['create', ...nodes.addresses, '--yes'])
    expect(code).to.equal(3)
    expect(stderr).to.include('[node-not-empty]').and.include(nodes.node(2).address)
    await nodes.command(2, 'CLUSTER', 'RESET', 'HARD')
  })

  it('says which node does not answer, and which is not in cluster mode', async () => {
    const closed = await startBadServer('closed')
    const dead = await runCli(['create', ...nodes.addresses, closed.address, '--yes'])
    expect(dead.stderr).to.match(new RegExp(`^error ${closed.address} connection refused`, 'm'))
    expect(dead.code).to.equal(4)
    const [plain] = await startNodes(flavour, 1, {cluster: false})
    const alone = await runCli(['create', ...nodes.addresses, plain!.address, '--yes'])
    expect(alone.stderr).to.match(new RegExp(`^error ${plain!.address} is not configured as a cluster node`, 'm'))
    expect(alone.code).to.equal(3)
  })

  it('changes nothing when it is declined', async () => {
    const {code, stderr} = await runCli(['create', ...nodes.addresses], {input: 'no\n'})
    expect(code).to.equal(3)
    expect(stderr).to.include('declined: nothing was changed')
  })
})
