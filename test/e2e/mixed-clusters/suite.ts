/** What a cluster of engine nodes and real ones must do, whichever of the two is on which side. */
import {expect} from 'chai'
import {SlotSet} from '../../../src/model/slot-set.js'
import {selfOf} from '../../support/cluster-facts.js'
import {runTool} from '../../support/engine/real-tools.js'
import {type Flavour} from '../../support/installed-servers.js'
import {describeOnServers} from '../../support/real-servers.js'
import {command, RespConnection} from '../../support/resp.js'
import {runCli} from '../../support/run-cli.js'
import {changes, readEveryValue, tagOf, writeEveryValue, type SeenValue} from './every-value.js'
import {describeFailovers} from './failovers.js'
import {describeMembership} from './membership.js'
import {MixedNodes, pairsOf, untilAllAgree, untilInSync, type SeenNode} from './mixed-cluster.js'

/** Of two tries. */
const CREATION_MS = 180_000
/** Some at the low end of each third: what the tools move first. */
const SLOTS = [0, 1, 5461, 5462, 10_923, 10_924]

/** The suite for one kind of real servers: 8.0 and Valkey must not meet in one cluster. */
export function mixedClusterSuite(flavour: Flavour): void {
  describeOnServers('a cluster of engine nodes and real ones', [flavour], () => {
    let nodes: MixedNodes
    const story: Story = {written: new Map()}

    before(async () => {
      nodes = await MixedNodes.start(flavour)
    })

    describeCreation(flavour, () => nodes)
    describeSlots(flavour, () => nodes, story)
    describeFailovers(() => nodes)
    describeMembership(flavour, () => nodes)

    it('has every value at the end that it was given at the beginning', async () => {
      await untilAllAgree(nodes.alive)
      const found = await readEveryValue(nodes.alive, SLOTS)
      // The applications of the failovers wrote into the same slots.
      const ours = new Map([...found].filter(([key]) => story.written.has(key)))
      expect(changes(story.written, ours)).to.deep.equal([])
    })
  })
}

/** What the suite must still know at its end. */
interface Story {
  written: ReadonlyMap<string, SeenValue>
}

function describeCreation(flavour: Flavour, of: () => MixedNodes): void {
  /** Of each kind, primaries and replicas, and every replica of the other kind than its primary. */
  function expectMixture(seen: readonly SeenNode[]): void {
    const kinds = pairsOf(seen).map((pair) => pair.map(({node}) => of().kindOf(node)).join(' of '))
    expect(kinds.sort()).to.deep.equal(['engine of real', 'real of engine', 'real of engine'])
  }

  async function takeApart(): Promise<void> {
    for (const node of of().all) if ((await selfOf(node)).primaryId === null) await command(node, 'FLUSHALL')
    for (const node of of().all) await command(node, 'CLUSTER', 'RESET', 'HARD')
  }

  it('is made by tscluster create', async function () {
    this.timeout(CREATION_MS)
    const {code, stderr} = await runCli(['create', ...of().addresses, '--replicas', '1', '--yes'])
    expect(code, stderr).to.equal(0)
    expectMixture(await untilAllAgree(of().all))
  })

  it('is taken apart by CLUSTER RESET and made again by redis-cli --cluster create', async () => {
    await takeApart()
    const words = ['--cluster', 'create', ...of().addresses, '--cluster-replicas', '1', '--cluster-yes']
    await runTool([flavour, 'cli'], words)
    expectMixture(await untilAllAgree(of().all))
  })
}

function describeSlots(flavour: Flavour, of: () => MixedNodes, story: Story): void {
  let engine: SeenNode
  let real: SeenNode

  async function expectIntact(): Promise<void> {
    const {all} = of()
    expect(changes(story.written, await readEveryValue(all, SLOTS))).to.deep.equal([])
    for (const [replica, primary] of pairsOf(await untilAllAgree(all))) await untilInSync(replica.node, primary.node)
  }

  /** Of the slots that hold values, by the id of their owner. */
  async function owners(): Promise<Map<number, string>> {
    const seen = await untilAllAgree(of().all)
    return new Map(SLOTS.map((slot) => [slot, seen.find(({slots}) => SlotSet.parse(slots)?.has(slot))!.id]))
  }

  /** @returns the slots with values that have moved */
  async function move(
    tool: 'redis-cli' | 'tscluster',
    from: SeenNode,
    to: SeenNode,
    which?: readonly number[],
  ): Promise<readonly number[]> {
    const before = await owners()
    await reshard(tool, from, to, which ?? SLOTS.filter((slot) => before.get(slot) === from.id).slice(0, 3))
    const after = await owners()
    const moved = SLOTS.filter((slot) => before.get(slot) === from.id && after.get(slot) === to.id)
    expect(moved.length, 'slots with values that have moved').to.be.greaterThan(1)
    await expectIntact()
    return moved
  }

  /** redis-cli takes the lowest slots, tscluster those that leave the map tidy, unless it is told which. */
  async function reshard(
    tool: 'redis-cli' | 'tscluster',
    from: SeenNode,
    to: SeenNode,
    slots: readonly number[],
  ): Promise<void> {
    if (tool === 'redis-cli') {
      const how = ['--cluster-from', from.id, '--cluster-to', to.id, '--cluster-slots', '3', '--cluster-yes']
      await runTool([flavour, 'cli'], ['--cluster', 'reshard', engine.node.address, ...how])
      return
    }
    const how = ['--from', from.id, '--to', to.id, '--slots', slots.join(','), '--yes']
    const {code, stderr} = await runCli(['reshard', real.node.address, ...how])
    expect(code, stderr).to.equal(0)
  }

  it('holds values of every type, the same on each primary and its replica', async () => {
    await writeEveryValue(of().all, SLOTS)
    story.written = await readEveryValue(of().all, SLOTS)
    const primaries = (await untilAllAgree(of().all)).filter(({primaryId}) => primaryId === null)
    engine = primaries.find(({node}) => of().kindOf(node) === 'engine')!
    real = primaries.find(({node}) => of().kindOf(node) === 'real')!
    await expectIntact()
  })

  for (const tool of ['redis-cli', 'tscluster'] as const) {
    it(`moves slots with all that they hold from an engine node to a real one and back (${tool} reshard)`, async () => {
      const moved = await move(tool, engine, real)
      await move(tool, real, engine, moved)
    })
  }

  it('moves a key in the middle of a transaction, both ways, with the same answers', async () => {
    const slot = SLOTS.find((each) => SlotSet.parse(engine.slots)!.has(each))!
    const key = `{${tagOf(slot)}}moved`
    const sent = async ({node: from}: SeenNode, {node: to}: SeenNode): Promise<unknown> => {
      const connection = await RespConnection.open(from)
      const queue = [
        ['INCR', key],
        ['MIGRATE', to.host, to.port, key, 0, 5000, 'REPLACE'],
        ['EXISTS', key],
      ]
      const replies = await connection.pipeline([['ASKING'], ['MULTI'], ...queue, ['EXEC']])
      connection.close()
      return replies.at(-1)
    }
    await command(engine.node, 'SET', key, 1)
    await command(real.node, 'CLUSTER', 'SETSLOT', slot, 'IMPORTING', engine.id)
    await command(engine.node, 'CLUSTER', 'SETSLOT', slot, 'MIGRATING', real.id)
    expect(await sent(engine, real)).to.deep.equal([2, 'OK', 0])
    await command(engine.node, 'CLUSTER', 'SETSLOT', slot, 'STABLE')
    expect(await sent(real, engine)).to.deep.equal([3, 'OK', 0])
    await command(real.node, 'CLUSTER', 'SETSLOT', slot, 'STABLE')
    expect(await command(engine.node, 'GETDEL', key)).to.equal('3')
    await expectIntact()
  })

  it('leaves a value that engine nodes have no type for where it is', async () => {
    const slot = SLOTS.find((each) => SlotSet.parse(real.slots)!.has(each))!
    const {host, port} = engine.node
    const key = `{${tagOf(slot)}}stream`
    await command(real.node, 'XADD', key, '1-1', 'field', 'value')
    await command(engine.node, 'CLUSTER', 'SETSLOT', slot, 'IMPORTING', real.id)
    await command(real.node, 'CLUSTER', 'SETSLOT', slot, 'MIGRATING', engine.id)
    const refused = await command(real.node, 'MIGRATE', host, port, key, 0, 5000).catch(String)
    expect(refused).to.contain('Target instance replied with error: ERR Bad data format')
    expect(await command(real.node, 'XLEN', key)).to.equal(1)
    await command(real.node, 'DEL', key)
    for (const {node} of [engine, real]) await command(node, 'CLUSTER', 'SETSLOT', slot, 'STABLE')
    await expectIntact()
  })
}
