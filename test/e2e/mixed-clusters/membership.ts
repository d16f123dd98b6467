/** What nodes of both kinds tell each other besides votes: names, messages, who moves where, who is forgotten. */
import {expect} from 'chai'
import {Redis} from 'ioredis'
import {accountOf, selfOf} from '../../support/cluster-facts.js'
import {type Flavour} from '../../support/installed-servers.js'
import {command, type RespValue} from '../../support/resp.js'
import {type ServerNode} from '../../support/server-nodes.js'
import {until} from '../../support/until.js'
import {type MixedNodes, pairsOf, untilAllAgree, type SeenNode} from './mixed-cluster.js'

/** A primary must have been without a replica for five seconds. */
const MIGRATION_MS = 25_000

export function describeMembership(flavour: Flavour, of: () => MixedNodes): void {
  it('knows the host names that nodes of either kind announce, and that they no longer do', async () => {
    const named = [of().engine.node(0), of().real.node(0)]
    const namesSeen = async (): Promise<string[]> => {
      await untilAllAgree(of().all)
      const lines = await accountOf(of().engine.node(1))
      return lines.flatMap(({address: {hostname}}) => hostname || []).sort()
    }
    for (const [index, node] of named.entries()) {
      await command(node, 'CONFIG', 'SET', 'cluster-announce-hostname', `host-${index}.example.org`)
    }
    const both = (names: readonly string[]): boolean => names.length === 2
    await until(async () => both(await namesSeen()), {what: 'both names to be known', timeoutMs: MIGRATION_MS})
    expect(await namesSeen()).to.deep.equal(['host-0.example.org', 'host-1.example.org'])
    for (const node of named) await command(node, 'CONFIG', 'SET', 'cluster-announce-hostname', '')
    await until(async () => (await namesSeen()).length === 0, {what: 'the names to be gone', timeoutMs: MIGRATION_MS})
  })

  it('carries messages between subscribers and publishers of both kinds', async () => {
    for (const [listener, speaker] of [
      [of().engine.node(0), of().real.node(0)],
      [of().real.node(0), of().engine.node(0)],
    ] as const) {
      expect(await heard(listener, speaker)).to.deep.equal(['first', 'second', 'third'])
    }
  })

  if (flavour === 'valkey-9.1') {
    it('gives all nodes of a shard one shard id, the same on all real nodes', async () => {
      const idsOf = async (node: ServerNode): Promise<string[]> =>
        ((await command(node, 'CLUSTER', 'SHARDS')) as RespValue[][])
          .map((shard) => String(shard[shard.indexOf('id') + 1]))
          .sort()
      const views = await Promise.all([...of().real].map(idsOf))
      expect(new Set(views[0])).to.have.property('size', 3)
      expect(new Set(views.map(String))).to.have.property('size', 1)
    })
  }

  it('gives an orphaned primary a replica, and forgets the one that is dead', async () => {
    const [orphaned, bereft, rich] = pairsOf(await untilAllAgree(of().all)) as [Pair, Pair, Pair]
    const [victim, orphan] = orphaned
    // Who has lost its last replica by order is not an orphan: it has none to expect.
    await command(bereft[0].node, 'CLUSTER', 'REPLICATE', rich[1].id)
    await untilAllAgree(of().all)
    await of().kill(victim.node)
    const movers = [bereft[0], rich[0]].sort((a, b) => (a.id < b.id ? -1 : 1))
    await until(async () => (await selfOf(movers[0]!.node)).primaryId === orphan.id, {
      what: 'the replica with the smallest id to migrate',
      timeoutMs: MIGRATION_MS,
    })
    const {alive} = of()
    // Redis 7.0 tells nobody whom it was told to forget; the newer ones do, and so does an engine node.
    const tellers = flavour === 'redis-7.0' ? alive : alive.slice(0, 1)
    for (const node of tellers) await command(node, 'CLUSTER', 'FORGET', victim.id)
    const after = await untilAllAgree(alive)
    expect(after.map(({id}) => id)).to.not.include(victim.id)
    expect(after.find(({id}) => id === movers[0]!.id)!.primaryId).to.equal(orphan.id)
  })
}

type Pair = readonly [replica: SeenNode, primary: SeenNode]

/** What a subscriber of one node hears of three messages published on another. */
async function heard(listener: ServerNode, speaker: ServerNode): Promise<string[]> {
  const subscriber = new Redis(listener.port, listener.host)
  const messages: string[] = []
  try {
    subscriber.on('message', (_channel, message) => messages.push(message))
    await subscriber.subscribe('news')
    for (const word of ['first', 'second', 'third']) await command(speaker, 'PUBLISH', 'news', word)
    await until(() => messages.length >= 3, {what: 'three messages to arrive'})
    return messages
  } finally {
    subscriber.disconnect()
  }
}
