/** Servers newer than Redis 7.0, each way, with the second channels that they offer: which the engine does not take. */
import {expect} from 'chai'
import type {Flavour} from '../../support/installed-servers.js'
import {describeOnServers} from '../../support/real-servers.js'
import {command} from '../../support/resp.js'
import type {ServerNode} from '../../support/server-nodes.js'
import {until} from '../../support/until.js'
import {untilSameData} from './data-set.js'
import {SeverableProxy} from './severable-proxy.js'
import {follow, replicationOf, standalone, statOf, untilLinkUp, untilSameOffset} from './standalone.js'
import {WriteLoad} from './write-load.js'

const WRITES = 800
const SETTINGS = {'repl-backlog-size': '32mb'}

/** A full sync over a connection of its own, where both sides want it. */
function secondChannel(flavour: Flavour): Readonly<Record<string, string>> {
  if (flavour === 'engine') return SETTINGS
  const directive = flavour.startsWith('valkey') ? 'dual-channel-replication-enabled' : 'repl-rdb-channel'
  return {...SETTINGS, [directive]: 'yes'}
}

async function startPair(primary: Flavour, replica: Flavour): Promise<readonly [ServerNode, ServerNode]> {
  return Promise.all([standalone(primary, secondChannel(primary)), standalone(replica, secondChannel(replica))])
}

/** Writes of every type all the while: a full sync, a link that is cut and mended; then both must hold the same. */
async function provesEqual(primary: ServerNode, replica: ServerNode): Promise<void> {
  const load = WriteLoad.start(() => primary)
  const proxy = await SeverableProxy.to(primary)
  try {
    await load.more(WRITES)
    await follow(replica, proxy)
    await untilLinkUp(replica)
    await load.more(WRITES)
    proxy.cut()
    await until(async () => (await replicationOf(replica))['master_link_status'] === 'down', {
      what: 'the link to be down',
    })
    await load.more(WRITES / 4)
    proxy.mend()
    await untilLinkUp(replica)
    await load.more(WRITES / 4)
  } finally {
    await load.stop()
  }
  await untilSameOffset(primary, replica)
  await untilSameData(primary, replica)
  proxy.close()
  expect([await statOf(primary, 'sync_full'), await statOf(primary, 'sync_partial_ok')]).to.deep.equal([1, 1])
  expect(await statOf(replica, 'unexpected_error_replies')).to.equal(0)
}

describeOnServers('replication with newer servers', ['redis-8.0', 'valkey-8.1', 'valkey-9.1'], (flavour) => {
  it('an engine node is its replica, full and partial, under writes of every type', async () => {
    const [primary, replica] = await startPair(flavour, 'engine')
    await provesEqual(primary, replica)
  })

  it('it is the replica of an engine node, full and partial, under writes of every type', async () => {
    const [primary, replica] = await startPair('engine', flavour)
    await provesEqual(primary, replica)
  })

  it('an engine replica is without what the engine has no type for, says so in its log, and has all the rest', async () => {
    const [primary, replica] = await startPair(flavour, 'engine')
    await command(primary, 'XADD', 'stream', '*', 'field', 'value')
    await command(primary, 'SET', 'text', 'before')
    await follow(replica, primary)
    await untilLinkUp(replica)
    await command(primary, 'XADD', 'stream', '*', 'field', 'value')
    await command(primary, 'SET', 'text', 'after')
    await untilSameOffset(primary, replica)
    expect(await command(replica, 'MGET', 'stream', 'text')).to.deep.equal([null, 'after'])
    expect(await statOf(replica, 'unexpected_error_replies')).to.equal(1)
  })
})
