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

/** Another connection for the full sync, where both sides want it. */
function secondChannel(flavour: Flavour): Readonly<Record<string, string>> {
  const directive = flavour.startsWith('valkey') ? 'dual-channel-replication-enabled' : 'repl-rdb-channel'
  return {[directive]: 'yes'}
}

describeOnServers('an engine node between two newer servers', ['redis-8.0', 'valkey-8.1', 'valkey-9.1'], (flavour) => {
  let top: ServerNode
  let ours: ServerNode
  let bottom: ServerNode
  const proxies: SeverableProxy[] = []

  before(async () => {
    const real = {...SETTINGS, ...secondChannel(flavour)}
    ;[top, ours, bottom] = await Promise.all([
      standalone(flavour, real),
      standalone('engine', SETTINGS),
      standalone(flavour, real),
    ])
    proxies.push(await SeverableProxy.to(top), await SeverableProxy.to(ours))
  })

  async function untilLinksAre(status: 'up' | 'down'): Promise<void> {
    for (const node of [ours, bottom]) {
      await until(async () => (await replicationOf(node))['master_link_status'] === status, {
        timeoutMs: 30_000,
        what: `the link of ${node.port} to be ${status}`,
      })
    }
  }

  it('is replica and primary, full and partial, under writes of every type', async () => {
    const load = WriteLoad.start(() => top)
    try {
      await load.more(WRITES)
      await follow(ours, proxies[0]!)
      await follow(bottom, proxies[1]!)
      await untilLinksAre('up')
      await load.more(WRITES)
      for (const proxy of proxies) proxy.cut()
      await untilLinksAre('down')
      await load.more(WRITES / 4)
      for (const proxy of proxies) proxy.mend()
      await untilLinksAre('up')
      await load.more(WRITES / 4)
    } finally {
      await load.stop()
    }
    await untilSameOffset(top, ours, bottom)
    await untilSameData(top, ours, bottom)
    for (const primary of [top, ours]) {
      expect([await statOf(primary, 'sync_full'), await statOf(primary, 'sync_partial_ok')]).to.deep.equal([1, 1])
    }
    expect(await statOf(ours, 'unexpected_error_replies')).to.equal(0)
  })

  it('is without what it has no type for, counts what it could not do, and has all the rest', async () => {
    await command(ours, 'REPLICAOF', 'NO', 'ONE')
    await command(ours, 'SET', 'of another history', 1)
    await command(top, 'XADD', 'stream', '*', 'field', 'value')
    await command(top, 'SET', 'text', 'before')
    await follow(ours, top)
    await untilLinkUp(ours)
    await command(top, 'XADD', 'stream', '*', 'field', 'value')
    await command(top, 'SET', 'text', 'after')
    await untilSameOffset(top, ours)
    expect(await command(ours, 'MGET', 'stream', 'text')).to.deep.equal([null, 'after'])
    expect(await statOf(ours, 'unexpected_error_replies')).to.equal(1)
  })

  after('close the wires', () => {
    for (const proxy of proxies) proxy.close()
  })
})
