/** Outside a cluster: who is the primary is an operator's word, or FAILOVER's. With a real server on the other side, each way. */
import {once} from 'node:events'
import {expect} from 'chai'
import type {Flavour} from '../../support/installed-servers.js'
import {describeOnServers} from '../../support/real-servers.js'
import {command, RespConnection, RespError, type RespTarget} from '../../support/resp.js'
import type {ServerNode} from '../../support/server-nodes.js'
import {until} from '../../support/until.js'
import {untilSameData} from './data-set.js'
import {follow, replicationOf, standalone, statOf, untilLinkUp, untilSameOffset} from './standalone.js'
import {WriteLoad} from './write-load.js'

const PAIRS: readonly (readonly [primary: Flavour, replica: Flavour])[] = [
  ['engine', 'redis-7.0'],
  ['redis-7.0', 'engine'],
]

async function errorOf(target: RespTarget, ...words: string[]): Promise<string> {
  const failed = await command(target, ...words).then(
    () => new Error('no error'),
    (error: Error) => error,
  )
  return failed.message
}

async function untilRole(target: RespTarget, role: 'master' | 'slave'): Promise<void> {
  await until(async () => (await replicationOf(target))['role'] === role, {what: `${target.port} to be a ${role}`})
}

for (const [first, second] of PAIRS) {
  describeOnServers(`${first} and ${second} in changing roles`, ['redis-7.0'], () => {
    let one: ServerNode
    let two: ServerNode

    before(async () => {
      ;[one, two] = await Promise.all([standalone(first), standalone(second)])
      await follow(two, one)
      await untilLinkUp(two)
      await command(one, 'SET', 'key', 'value')
    })

    it('a promoted replica goes on from the same data, and its old primary follows it with a partial resync', async () => {
      await untilSameOffset(one, two)
      const {master_replid: oldId, master_repl_offset: offset} = await replicationOf(one)
      await command(two, 'REPLICAOF', 'NO', 'ONE')
      const promoted = await replicationOf(two)
      expect(promoted['role']).to.equal('master')
      expect(promoted['master_replid2']).to.equal(oldId)
      expect(promoted['second_repl_offset']).to.equal(String(Number(offset) + 1))
      await command(two, 'SET', 'key', 'newer')
      await follow(one, two)
      await untilSameOffset(two, one)
      await untilSameData(two, one)
      expect(await statOf(two, 'sync_full')).to.equal(0)
      expect(await statOf(two, 'sync_partial_ok')).to.equal(1)
    })

    it('FAILOVER changes the roles back under load: no acknowledged write is lost, and no full sync is needed', async () => {
      const load = WriteLoad.start(() => two)
      await load.more(300)
      const full = await statOf(one, 'sync_full')
      expect(await command(two, 'FAILOVER', 'TO', '127.0.0.1', one.port)).to.equal('OK')
      await untilRole(one, 'master')
      await untilRole(two, 'slave')
      await load.stop()
      await untilSameOffset(one, two)
      await untilSameData(one, two)
      expect((await replicationOf(two))['master_failover_state']).to.equal('no-failover')
      expect((await statOf(one, 'sync_full')) - full).to.equal(0)
    })

    it('FAILOVER without a name takes whoever has everything', async () => {
      expect(await command(one, 'FAILOVER')).to.equal('OK')
      await untilRole(two, 'master')
      await untilSameOffset(two, one)
      expect(await command(two, 'FAILOVER', 'TIMEOUT', 20_000)).to.equal('OK')
      await untilRole(one, 'master')
      await untilSameOffset(one, two)
    })

    it('FAILOVER to a replica that stands still waits, holds writes, and is called off by ABORT or by its TIMEOUT', async () => {
      two.process.kill('SIGSTOP')
      try {
        await command(one, 'SET', 'key', 'before')
        expect(await command(one, 'FAILOVER', 'TO', '127.0.0.1', two.port)).to.equal('OK')
        expect((await replicationOf(one))['master_failover_state']).to.equal('waiting-for-sync')
        expect(await errorOf(one, 'FAILOVER')).to.equal('ERR FAILOVER already in progress.')
        expect(await errorOf(one, 'REPLICAOF', 'no', 'one')).to.equal('ERR REPLICAOF not allowed while failing over.')
        const held = command(one, 'SET', 'key', 'after')
        expect(await command(one, 'GET', 'key')).to.equal('before')
        expect(await command(one, 'FAILOVER', 'ABORT')).to.equal('OK')
        expect(await held).to.equal('OK')
        await command(one, 'FAILOVER', 'TIMEOUT', 150)
        expect(await command(one, 'SET', 'key', 'at last')).to.equal('OK')
        expect((await replicationOf(one))['master_failover_state']).to.equal('no-failover')
      } finally {
        two.process.kill('SIGCONT')
      }
      await untilSameOffset(one, two)
    })

    it('SHUTDOWN waits for the replica that lags, and the replica then has everything', async () => {
      two.process.kill('SIGSTOP')
      await command(one, 'SET', 'key', 'the last word')
      const leaving = await RespConnection.open(one)
      const ended = once(one.process, 'exit')
      leaving.call('SHUTDOWN', 'NOSAVE').catch(() => undefined)
      const held = command(one, 'SET', 'key', 'too late').catch((error: Error) => error)
      await until(async () => (await command(one, 'CLIENT', 'LIST')) !== '', {
        what: 'the primary to answer while it waits',
      })
      expect(await errorOf(one, 'SHUTDOWN', 'ABORT', 'NOW')).to.equal('ERR syntax error')
      two.process.kill('SIGCONT')
      await ended
      expect(await held)
        .to.be.instanceOf(Error)
        .and.not.instanceOf(RespError)
      expect(await command(two, 'GET', 'key')).to.equal('the last word')
    })
  })
}
