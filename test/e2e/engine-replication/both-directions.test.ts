/** An engine node and a real server, each the primary of the other: full and partial, under writes of every type, through every break. */
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

/** Above the servers' own 1 MiB, so that what is written during a break always fits. */
const BACKLOG = {'repl-backlog-size': '32mb'}
const WRITES = 800

/** Two servers, one of them ours. */
const PAIRS: readonly {readonly primary: Flavour; readonly replica: Flavour}[] = [
  {primary: 'redis-7.0', replica: 'engine'},
  {primary: 'engine', replica: 'redis-7.0'},
  {primary: 'engine', replica: 'engine'},
]

for (const {primary: primaryFlavour, replica: replicaFlavour} of PAIRS) {
  describeOnServers(`replication from ${primaryFlavour} to ${replicaFlavour}`, ['redis-7.0'], () => {
    let primary: ServerNode
    let replica: ServerNode
    let load: WriteLoad

    before(async () => {
      ;[primary, replica] = await Promise.all([
        standalone(primaryFlavour, BACKLOG),
        standalone(replicaFlavour, BACKLOG),
      ])
      load = WriteLoad.start(() => primary)
      await load.more(WRITES)
    })

    /** Lets the primary rest, and compares. The writing goes on afterwards. */
    async function expectEqual(): Promise<void> {
      await load.stop()
      await untilSameOffset(primary, replica)
      await untilSameData(primary, replica)
      load = WriteLoad.start(() => primary)
    }

    for (const [diskless, loading] of [
      ['no', 'disabled'],
      ['yes', 'disabled'],
      ['yes', 'swapdb'],
    ] as const) {
      it(`a full sync with repl-diskless-sync ${diskless} and repl-diskless-load ${loading} gives the replica all data while they change`, async () => {
        await command(replica, 'REPLICAOF', 'NO', 'ONE')
        await command(primary, 'CONFIG', 'SET', 'repl-diskless-sync', diskless)
        await command(replica, 'CONFIG', 'SET', 'repl-diskless-load', loading)
        // A history of its own: nothing can be resumed.
        await command(replica, 'FLUSHALL')
        await command(replica, 'SET', 'of another history', 1)
        const before = await statOf(primary, 'sync_full')
        await follow(replica, primary)
        await untilLinkUp(replica)
        await load.more(WRITES)
        await expectEqual()
        expect((await statOf(primary, 'sync_full')) - before).to.equal(1)
      })
    }

    it('a link that is cut in the middle of the stream, again and again, is taken up where it stopped', async () => {
      const proxy = await SeverableProxy.to(primary)
      try {
        await follow(replica, proxy)
        await untilLinkUp(replica)
        const [full, partial] = [await statOf(primary, 'sync_full'), await statOf(primary, 'sync_partial_ok')]
        for (let round = 0; round < 2; round++) {
          await load.more(WRITES / 5)
          proxy.cut()
          await until(async () => (await replicationOf(replica))['master_link_status'] === 'down', {
            what: 'the link to be down',
          })
          await load.more(WRITES / 5)
          proxy.mend()
          await untilLinkUp(replica)
        }
        await expectEqual()
        expect((await statOf(primary, 'sync_full')) - full).to.equal(0)
        expect((await statOf(primary, 'sync_partial_ok')) - partial).to.be.at.least(2)
      } finally {
        proxy.close()
      }
    })

    it('CLIENT KILL TYPE replica on the primary and TYPE master on the replica only interrupt it', async () => {
      await follow(replica, primary)
      await untilLinkUp(replica)
      const full = await statOf(primary, 'sync_full')
      expect(await command(primary, 'CLIENT', 'KILL', 'TYPE', 'replica')).to.equal(1)
      await load.more(WRITES / 5)
      await untilLinkUp(replica)
      expect(await command(replica, 'CLIENT', 'KILL', 'TYPE', 'master')).to.equal(1)
      await load.more(WRITES / 5)
      await untilLinkUp(replica)
      await expectEqual()
      expect((await statOf(primary, 'sync_full')) - full).to.equal(0)
    })

    after('stop writing', () => load.stop())
  })
}
