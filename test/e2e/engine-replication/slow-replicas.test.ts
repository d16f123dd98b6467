/** A replica that lags, or stands still: what its primary tells of it, refuses because of it, and when it gives it up. */
import {expect} from 'chai'
import type {Flavour} from '../../support/installed-servers.js'
import {describeOnServers} from '../../support/real-servers.js'
import {command, RespConnection, type RespError} from '../../support/resp.js'
import type {ServerNode} from '../../support/server-nodes.js'
import {until} from '../../support/until.js'
import {untilSameData} from './data-set.js'
import {follow, replicationOf, standalone, statOf, untilLinkUp, untilSameOffset} from './standalone.js'

const PAIRS: readonly (readonly [primary: Flavour, replica: Flavour])[] = [
  ['engine', 'redis-7.0'],
  ['redis-7.0', 'engine'],
]
const MEGABYTE = 1024 * 1024
/** More than the buffers of both sockets take, with the limit. */
const FLOOD_MEGABYTES = 40

for (const [primaryFlavour, replicaFlavour] of PAIRS) {
  describeOnServers(`a ${replicaFlavour} replica of ${primaryFlavour} that stands still`, ['redis-7.0'], () => {
    let primary: ServerNode
    let replica: ServerNode

    before(async () => {
      ;[primary, replica] = await Promise.all([standalone(primaryFlavour), standalone(replicaFlavour)])
      await follow(replica, primary)
      await untilLinkUp(replica)
    })

    /** Nothing is read or answered by the replica meanwhile. Afterwards it must come to hold the same again. */
    async function whileStill(work: () => Promise<void>): Promise<void> {
      replica.process.kill('SIGSTOP')
      try {
        await work()
      } finally {
        replica.process.kill('SIGCONT')
      }
      await untilSameOffset(primary, replica)
      await untilSameData(primary, replica)
    }

    async function untilDropped(): Promise<void> {
      const gone = async (): Promise<boolean> => (await replicationOf(primary))['connected_slaves'] === '0'
      await until(gone, {timeoutMs: 30_000, what: 'the primary to give the replica up'})
    }

    it('is not counted by WAIT before it goes on', async () => {
      const connection = await RespConnection.open(primary)
      await connection.call('SET', 'key', 'before')
      expect(await connection.call('WAIT', 1, 10_000)).to.equal(1)
      await whileStill(async () => {
        await connection.call('SET', 'key', 'meanwhile')
        expect(await connection.call('WAIT', 1, 150)).to.equal(0)
      })
      expect(await connection.call('WAIT', 1, 10_000)).to.equal(1)
      connection.close()
    })

    it('makes its primary refuse writes as soon as it lags for longer than min-replicas-max-lag', async () => {
      await command(primary, 'CONFIG', 'SET', 'min-replicas-to-write', 1, 'min-replicas-max-lag', 1)
      const write = async (): Promise<string> =>
        command(primary, 'INCR', 'counter').then(String, (error: RespError) => error.message)
      await until(async () => !Number.isNaN(Number(await write())), {what: 'a write with a good replica'})
      await whileStill(async () => {
        const refusal = 'NOREPLICAS Not enough good replicas to write.'
        await until(async () => (await write()) === refusal, {what: 'a write to be refused'})
        expect((await replicationOf(primary))['min_slaves_good_slaves']).to.equal('0')
      })
      await until(async () => (await write()) !== '' && !(await write()).startsWith('NO'), {what: 'writes to be taken'})
      await command(primary, 'CONFIG', 'SET', 'min-replicas-to-write', 0)
    })

    it('is given up when more waits for it than client-output-buffer-limit allows, and gets everything anew', async () => {
      const full = await statOf(primary, 'sync_full')
      await command(primary, 'CONFIG', 'SET', 'client-output-buffer-limit', 'replica 2mb 0 0')
      await whileStill(async () => {
        const connection = await RespConnection.open(primary)
        const value = 'x'.repeat(MEGABYTE)
        for (let count = 0; count < FLOOD_MEGABYTES; count++) await connection.call('SET', `large ${count % 3}`, value)
        connection.close()
        await untilDropped()
      })
      expect((await statOf(primary, 'sync_full')) - full).to.equal(1)
    })

    it('is given up after repl-timeout, and goes on where it stopped', async () => {
      const full = await statOf(primary, 'sync_full')
      await command(primary, 'CONFIG', 'SET', 'repl-timeout', 2, 'repl-ping-replica-period', 1)
      await whileStill(async () => {
        await untilDropped()
        await command(primary, 'SET', 'key', 'later')
        await command(primary, 'CONFIG', 'SET', 'repl-timeout', 60)
      })
      expect((await statOf(primary, 'sync_full')) - full).to.equal(0)
    })
  })
}
