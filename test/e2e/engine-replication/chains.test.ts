/** Three servers in a row, ours and real ones in turns: restarts, kills and pauses anywhere leave all three with the same data. */
import {once} from 'node:events'
import {expect} from 'chai'
import type {Flavour} from '../../support/installed-servers.js'
import {describeOnServers} from '../../support/real-servers.js'
import {command} from '../../support/resp.js'
import {startNodes, type ServerNode, type ServerNodes} from '../../support/server-nodes.js'
import {until} from '../../support/until.js'
import {untilSameData} from './data-set.js'
import {replicationOf, statOf, untilLinkUp, untilSameOffset} from './standalone.js'
import {WriteLoad} from './write-load.js'

const CHAINS: readonly (readonly [top: Flavour, middle: Flavour, bottom: Flavour])[] = [
  ['redis-7.0', 'engine', 'redis-7.0'],
  ['engine', 'redis-7.0', 'engine'],
]
/** What is written during a break fits. */
const SETTINGS = {'repl-backlog-size': '32mb', 'repl-ping-replica-period': 1}
const WRITES = 300

async function startBelow(flavour: Flavour, above?: ServerNodes): Promise<ServerNodes> {
  const replicaof = above === undefined ? {} : {replicaof: `127.0.0.1 ${above.node(0).port}`}
  return startNodes(flavour, 1, {cluster: false, config: {...SETTINGS, ...replicaof}})
}

async function shutDown(nodes: ServerNodes, ...how: readonly string[]): Promise<void> {
  const ended = once(nodes.node(0).process, 'exit')
  command(nodes.node(0), 'SHUTDOWN', 'SAVE', ...how).catch(() => undefined)
  await ended
}

for (const flavours of CHAINS) {
  describeOnServers(`a chain of ${flavours.join(', ')}`, ['redis-7.0'], () => {
    let top: ServerNodes
    let middle: ServerNodes
    let bottom: ServerNodes
    let load: WriteLoad

    const all = (): [ServerNode, ServerNode, ServerNode] => [top.node(0), middle.node(0), bottom.node(0)]

    before(async () => {
      top = await startBelow(flavours[0])
      load = WriteLoad.start(() => top.node(0))
      await load.more(WRITES)
      middle = await startBelow(flavours[1], top)
      bottom = await startBelow(flavours[2], middle)
    })

    /** Lets the top rest, and compares all three. The writing goes on afterwards. */
    async function expectEqual(): Promise<void> {
      await load.stop()
      const [first, ...others] = all()
      await untilSameOffset(first, ...others)
      await untilSameData(first, ...others)
      load = WriteLoad.start(() => top.node(0))
    }

    it('carries every write to its end', async () => {
      await untilLinkUp(middle.node(0))
      await untilLinkUp(bottom.node(0))
      await load.more(WRITES)
      await expectEqual()
    })

    it('is whole again after its middle was shut down and started again, which goes on where its file stands', async () => {
      const full = await statOf(top.node(0), 'sync_full')
      await shutDown(middle, 'NOW')
      await load.more(WRITES)
      await middle.restart(0)
      await untilLinkUp(middle.node(0))
      await untilLinkUp(bottom.node(0))
      await load.more(WRITES)
      await expectEqual()
      expect((await statOf(top.node(0), 'sync_full')) - full).to.equal(0)
    })

    it('is whole again after the kill of its middle, and of its end', async () => {
      await middle.kill(0)
      await bottom.kill(0)
      await load.more(WRITES)
      await Promise.all([middle.restart(0), bottom.restart(0)])
      await untilLinkUp(middle.node(0))
      await untilLinkUp(bottom.node(0))
      await load.more(WRITES)
      await expectEqual()
    })

    it('waits for a top that stands still for longer than repl-timeout, and goes on where it stopped', async () => {
      const full = await statOf(top.node(0), 'sync_full')
      await command(middle.node(0), 'CONFIG', 'SET', 'repl-timeout', 2)
      top.pause(0)
      try {
        await until(async () => (await replicationOf(middle.node(0)))['master_link_status'] === 'down', {
          what: 'the middle to lose patience',
        })
      } finally {
        top.resume(0)
      }
      await command(middle.node(0), 'CONFIG', 'SET', 'repl-timeout', 60)
      await untilLinkUp(middle.node(0))
      await load.more(WRITES)
      await expectEqual()
      expect((await statOf(top.node(0), 'sync_full')) - full).to.equal(0)
    })

    it('goes on in the same history after its top was shut down and started again', async () => {
      await load.stop()
      await untilSameOffset(...all())
      const {master_replid: oldId} = await replicationOf(top.node(0))
      await shutDown(top)
      await top.restart(0)
      load = WriteLoad.start(() => top.node(0))
      await load.more(WRITES)
      await untilLinkUp(middle.node(0))
      await untilLinkUp(bottom.node(0))
      await expectEqual()
      expect((await replicationOf(top.node(0)))['master_replid2']).to.equal(oldId)
      for (const name of ['sync_full', 'sync_partial_err']) expect(await statOf(top.node(0), name), name).to.equal(0)
    })

    after('stop writing', () => load.stop())
  })
}
