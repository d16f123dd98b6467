/** A node is killed in the middle of a reshard and comes back, or is replaced: one command is enough to put all right. */
import {expect} from 'chai'
import {slotCounts} from '../../support/cluster-facts.js'
import {quickCluster, type QuickCluster} from '../../support/quick-cluster.js'
import {describeOnServers} from '../../support/real-servers.js'
import {differences, digest, fillKeys} from '../../support/test-data.js'
import {startCli} from '../../support/run-cli.js'
import {until} from '../../support/until.js'
import {expectClean, Ground} from './ground.js'

describeOnServers('a node that crashes in the middle of a reshard and comes back', ['redis-7.0'], (flavour) => {
  let cluster: QuickCluster
  let ground: Ground
  let all: ReadonlyMap<string, string>

  before(async () => {
    cluster = await quickCluster(flavour, {
      primaries: 3,
      nodeTimeoutMs: 1000,
      config: {appendonly: 'yes', appendfsync: 'always'},
    })
    await fillKeys(cluster.nodes, 2_000, {types: ['string'], expireEvery: 0})
    all = await digest(cluster.nodes)
  })
  beforeEach(() => {
    ground = new Ground()
  })
  afterEach(() => ground.remove())

  /** The node dies while keys leave it or arrive at it, and what moved them fails. */
  async function crash(victim: number, to: number, slots: number): Promise<void> {
    const words = ['--from', 'all', '--to', cluster.ids[to]!, '--slots', String(slots), '--rate', '100keys/s']
    const limits = ['--timeout', '2s', '--reply-timeout', '1s', '--migrate-timeout', '500']
    const run = startCli(['reshard', cluster.entry, ...words, ...limits, '--yes', '--json-stream'], {env: ground.env})
    await until(() => run.stdout.split('"slot-moved"').length > 5, {timeoutMs: 30_000, what: 'some slots to move'})
    await cluster.nodes.kill(victim)
    expect((await run.done).code).to.be.oneOf([1, 4, 5, 6])
  }

  async function expectAsBefore(): Promise<void> {
    expect(differences(all, await digest(cluster.nodes))).to.deep.equal([])
    await expectClean(cluster.nodes)
  }

  it('the target: one resume, begun before the node is back, finishes all', async () => {
    await crash(1, 1, 400)
    const resume = ground.run('resume', '--yes', '--timeout', '30s')
    await cluster.nodes.restart(1)
    const {code, stderr} = await resume
    expect(code, stderr).to.equal(0)
    expect(await slotCounts([cluster.nodes.node(1)])).to.deep.equal([5462 + 400])
    await expectAsBefore()
  })

  it('a source: one abort leaves it clean', async () => {
    await crash(2, 0, 400)
    await cluster.nodes.restart(2)
    await ground.done('abort', '--yes')
    await expectAsBefore()
  })

  it('the target, and the journal is lost: one fix leaves it clean', async () => {
    await crash(1, 1, 400)
    ground.remove()
    const fix = ground.run('fix', cluster.entry, '--yes')
    await cluster.nodes.restart(1)
    const {code, stderr} = await fix
    expect(code, stderr).to.equal(0)
    await expectAsBefore()
  })
})

describeOnServers('a primary that is replaced in the middle of a reshard', ['redis-7.0'], (flavour) => {
  for (const [name, victim] of [['source', 0], ['target', 1]] as const) {
    it(`the ${name}: one resume waits for the failover and goes on with the new primary`, async () => {
      const ground = new Ground()
      const cluster = await quickCluster(flavour, {primaries: 3, replicasEach: 1, nodeTimeoutMs: 1000})
      await fillKeys(cluster.nodes, 2_000, {types: ['string'], expireEvery: 0})
      const all = await digest(cluster.nodes)
      const entry = cluster.primaries[2]!.address
      const words = ['--from', cluster.ids[0]!, '--to', cluster.ids[1]!, '--slots', '300', '--rate', '100keys/s']
      const run = startCli(
        ['reshard', entry, ...words, '--yes', '--json-stream', '--timeout', '2s', '--reply-timeout', '1s'],
        {env: ground.env},
      )
      await until(() => run.stdout.split('"slot-moved"').length > 5, {timeoutMs: 30_000, what: 'some slots to move'})
      await cluster.nodes.kill(victim)
      expect((await run.done).code).not.to.equal(0)
      await ground.done('resume', '--yes')
      expect(await slotCounts([cluster.replicas[1]!, cluster.primaries[1]!].filter((_, index) => (index === 0) === (victim === 1)))).to.deep.equal([5762])
      const alive = [...cluster.nodes].filter((_, index) => index !== victim)
      expect(differences(all, await digest(alive))).to.deep.equal([])
      await expectClean(alive)
      await cluster.stop()
      ground.remove()
    })
  }
})
