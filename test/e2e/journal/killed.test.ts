/**
 * tscluster is killed in the middle of every changing command. `resume` finishes it and `abort` leaves nothing open, whatever moment
 * it was, with every acknowledged write in its place.
 */
import {expect} from 'chai'
import {slotCounts} from '../../support/cluster-facts.js'
import {quickCluster, type QuickCluster} from '../../support/quick-cluster.js'
import {describeOnServers} from '../../support/real-servers.js'
import {command} from '../../support/resp.js'
import {startNodes, type ServerNodes} from '../../support/server-nodes.js'
import {differences, digest, fillKeys} from '../../support/test-data.js'
import {Traffic} from '../../support/traffic.js'
import {expectClean, Ground} from './ground.js'

/** Another moment in every run of the tests; which one is in the message of what fails. */
function anyOf(most: number): number {
  return 1 + Math.floor(Math.random() * most)
}

async function slotsOwnedBy(cluster: QuickCluster, index: number): Promise<number> {
  return (await slotCounts([cluster.nodes.node(index)]))[0]!
}

describeOnServers('an operation whose tscluster was killed', ['engine', 'redis-7.0'], (flavour) => {
  let ground: Ground

  beforeEach(() => {
    ground = new Ground()
  })
  afterEach(() => ground.remove())

  describe('on a cluster with keys, while clients write', () => {
    let cluster: QuickCluster
    let all: ReadonlyMap<string, string>
    let traffic: Traffic
    let isWriting = false

    before(async () => {
      cluster = await quickCluster(flavour, {primaries: 3, spares: 1})
      await fillKeys(cluster.nodes, 3_000, {types: ['string'], expireEvery: 0})
      all = await digest(cluster.primaries)
    })
    beforeEach(() => {
      traffic = Traffic.start([...cluster.nodes])
      isWriting = true
    })
    afterEach(async () => {
      if (isWriting) await traffic.stop()
    })

    async function expectNothingLost(): Promise<void> {
      isWriting = false
      const {lost} = await traffic.stop()
      expect(lost).to.deep.equal([])
      await expectSameKeys()
    }

    async function expectSameKeys(): Promise<void> {
      const now = await digest(cluster.nodes)
      const ours = new Map([...now].filter(([key]) => !key.startsWith('traffic:')))
      expect(differences(all, ours)).to.deep.equal([])
      await expectClean(cluster.primaries)
    }

    function reshard(to: number, slots: number): string[] {
      return ['reshard', cluster.entry, '--from', 'all', '--to', cluster.ids[to]!, '--slots', String(slots)]
    }

    it('is a reshard: resume does what is left, and says so', async () => {
      const moved = anyOf(300)
      await ground.hit([...reshard(0, 600), '--no-atomic', '--rate', '200keys/s'], 'slot-moved', {times: moved})
      const before = await ground.lastOperation()
      expect(before).to.deep.include({
        operation: 'reshard',
        state: 'abandoned',
        next: `tscluster resume ${before.id.slice(0, 8)}`,
      })
      const said = await ground.done('resume', '--yes')
      expect(said).to.match(/^done reshard: \d+ slots? and /m)
      expect(await slotsOwnedBy(cluster, 0), `killed after ${moved} slots`).to.equal(5461 + 600)
      expect(await ground.lastOperation()).to.deep.include({state: 'applied', next: null})
      await expectNothingLost()
    })

    it('is a reshard: abort completes what is open and leaves the rest', async () => {
      const moved = anyOf(300)
      await ground.hit([...reshard(1, 600), '--no-atomic', '--rate', '200keys/s'], 'slot-moved', {times: moved})
      await ground.done('abort', '--yes')
      expect(await slotsOwnedBy(cluster, 1), `killed after ${moved} slots`).to.be.within(5162, 5861)
      expect(await ground.lastOperation()).to.deep.include({state: 'aborted', next: null})
      await expectNothingLost()
    })

    it('is a reshard: the same command again goes on with it, another one is refused and told how', async () => {
      const words = [...reshard(2, 500), '--rate', '200keys/s', '--no-atomic']
      await ground.hit(words, 'slot-moved', {times: 20})
      const {id} = await ground.lastOperation()
      const other = await ground.run('rebalance', cluster.entry, '--yes')
      expect(other.code).to.equal(3)
      expect(other.stderr).to.match(
        new RegExp(
          `^error reshard ${id.slice(0, 8)} of .* is unfinished .*tscluster resume ${id.slice(0, 8)}.*abort`,
          'm',
        ),
      )
      const again = await ground.done(...words, '--yes')
      expect(again)
        .to.include(`reshard ${id.slice(0, 8)} of `)
        .and.to.include('this is the same command')
      expect(await ground.lastOperation()).to.deep.include({id, state: 'applied'})
      await expectNothingLost()
    })

    it('is a rebalance whose work fix and others did meanwhile: it is in nobody’s way', async () => {
      await ground.hit(['rebalance', cluster.entry, '--no-atomic', '--rate', '200keys/s'], 'slot-moved', {times: 5})
      const {id} = await ground.lastOperation()
      const said = await ground.done('fix', cluster.entry, '--yes')
      expect(said).to.include(`tscluster resume ${id.slice(0, 8)}`)
      await expectClean(cluster.primaries)
      await ground.done('resume', id.slice(0, 8), '--yes')
      expect((await ground.operations()).find((each) => each.id === id)).to.deep.include({state: 'applied'})
      await expectNothingLost()
    })

    it('is an add-node, then a del-node --drain of the same node', async () => {
      const spare = cluster.spares[0]!.address
      await ground.hit(['add-node', spare, cluster.entry], 'step-started', {times: anyOf(2)})
      await ground.done('resume', '--yes')
      expect(await ground.done('check', cluster.entry)).to.include('4 primaries')
      await ground.done('rebalance', cluster.entry, '--use-empty-primaries', '--yes')
      // The node that leaves is no place for a client to ask.
      await expectNothingLost()
      const moved = anyOf(1500)
      await ground.hit(['del-node', cluster.entry, cluster.ids[3]!, '--drain'], 'slot-moved', {times: moved})
      await ground.done('resume', '--yes')
      expect(await ground.done('check', cluster.entry), `killed after ${moved} slots`).to.include('3 primaries')
      await expectSameKeys()
    })
  })

  describe('a create', () => {
    let nodes: ServerNodes
    const words = (): string[] => ['create', ...nodes.addresses, '--replicas', '1']

    beforeEach(async () => {
      nodes = await startNodes(flavour, 6)
    })
    afterEach(() => nodes.stop())

    it('is finished by resume, and its time-savers are put back', async () => {
      const timeout = await nodes.configOf(0, 'cluster-node-timeout')
      const steps = anyOf(15)
      await ground.hit(words(), 'step-started', {times: steps})
      await ground.done('resume', '--yes')
      expect(await ground.done('check', nodes.node(0).address), `killed after ${steps} steps`).to.include(
        '3 primaries, 3 replicas',
      )
      for (let index = 0; index < 6; index++) {
        expect(await nodes.configOf(index, 'cluster-node-timeout')).to.equal(timeout)
      }
    })

    it('is taken back by abort: the nodes stand alone, empty, and can be used again', async () => {
      const steps = anyOf(15)
      await ground.hit(words(), 'step-started', {times: steps})
      await ground.done('abort', '--yes')
      for (const node of nodes) {
        const account = String(await command(node, 'CLUSTER', 'NODES'))
        expect(account.trim().split('\n'), `killed after ${steps} steps`).to.have.lengthOf(1)
        expect(await slotCounts([node])).to.deep.equal([0])
      }
      await ground.done(...words(), '--yes')
    })
  })

  it('is an import: resume brings the rest', async () => {
    const cluster = await quickCluster(flavour)
    const source = await startNodes(flavour, 1, {cluster: false})
    try {
      await fillKeys(source, 4_000, {types: ['string'], expireEvery: 0})
      const words = ['import', cluster.entry, '--from', source.node(0).address, '--copy']
      await ground.hit([...words, '--rate', '2000keys/s'], 'keys-moved', {times: 2})
      await ground.done('resume', '--yes')
      const keys = await Promise.all([...cluster.nodes].map((node) => command(node, 'DBSIZE')))
      expect(keys.reduce<number>((sum, each) => sum + Number(each), 0)).to.equal(4_000)
    } finally {
      await Promise.all([cluster.stop(), source.stop()])
    }
  })
})
