/** Files of an engine node that a real server loads, and a real server's files that a node loads: every type in every encoding. */
import {cpSync, existsSync, rmSync} from 'node:fs'
import path from 'node:path'
import {expect} from 'chai'
import {describeOnServers} from '../../support/real-servers.js'
import {startNodes, type ServerNodes} from '../../support/server-nodes.js'
import {differences} from '../../support/test-data.js'
import {until} from '../../support/until.js'
import {readDataSet} from '../engine-replication/data-set.js'
import {encodingsOf, fillEveryEncoding} from './every-encoding.js'
import {persistenceOf} from './persistence-info.js'

const FOLDER = 'appendonlydir'
const FILES = ['dump.rdb', FOLDER]
const IN_FILES_MS = 20_000

for (const [from, to] of [
  ['engine', 'redis-7.0'],
  ['redis-7.0', 'engine'],
  ['engine', 'engine'],
] as const) {
  describeOnServers(`files from ${from} to ${to}`, ['redis-7.0'], () => {
    let writer: ServerNodes
    let reader: ServerNodes

    async function start(appendonly: 'yes' | 'no'): Promise<void> {
      ;[writer, reader] = await Promise.all([
        startNodes(from, 1, {cluster: false, config: {appendonly}}),
        startNodes(to, 1, {cluster: false, config: {appendonly}}),
      ])
      await fillEveryEncoding(writer.node(0), 20)
    }

    afterEach(() => Promise.all([writer.stop(), reader.stop()]))

    /** The reader ends, gets the writer's files in place of its own, and starts. */
    async function expectSameAfterCopy(): Promise<void> {
      const [source, target] = [writer.node(0), reader.node(0)]
      const [data, digest] = [await readDataSet(source), await writer.command(0, 'DEBUG', 'DIGEST')]
      const encodings = await encodingsOf(source)
      await Promise.all([writer.kill(0), reader.kill(0)])
      for (const name of FILES) {
        rmSync(path.join(target.directory, name), {recursive: true, force: true})
        const file = path.join(source.directory, name)
        if (existsSync(file)) cpSync(file, path.join(target.directory, name), {recursive: true})
      }
      await reader.restart(0)
      expect(differences(data, await readDataSet(target))).to.deep.equal([])
      expect(await encodingsOf(target)).to.deep.equal(encodings)
      expect(await reader.command(0, 'DEBUG', 'DIGEST')).to.equal(digest)
    }

    async function rewrite(): Promise<void> {
      await writer.command(0, 'BGREWRITEAOF')
      const isOver = async (): Promise<boolean> => {
        const info = await persistenceOf(writer.node(0))
        return info['aof_rewrite_in_progress'] === '0' && info['aof_rewrite_scheduled'] === '0'
      }
      await until(isOver, {timeoutMs: IN_FILES_MS, what: 'the AOF to be rewritten'})
      expect((await persistenceOf(writer.node(0)))['aof_last_bgrewrite_status']).to.equal('ok')
    }

    it('an RDB file', async () => {
      await start('no')
      // What has shrunk is packed again by whoever loads it: here, too.
      await writer.command(0, 'DEBUG', 'RELOAD')
      await writer.command(0, 'BGSAVE')
      const isSaved = async (): Promise<boolean> =>
        (await persistenceOf(writer.node(0)))['rdb_bgsave_in_progress'] === '0'
      await until(isSaved, {timeoutMs: IN_FILES_MS, what: 'BGSAVE to be over'})
      expect((await persistenceOf(writer.node(0)))['rdb_last_bgsave_status']).to.equal('ok')
      await expectSameAfterCopy()
    })

    for (const preamble of ['yes', 'no']) {
      it(`an AOF whose base was made with aof-use-rdb-preamble ${preamble}, and what came after it`, async () => {
        await start('yes')
        await writer.command(0, 'CONFIG', 'SET', 'aof-use-rdb-preamble', preamble)
        await rewrite()
        await fillEveryEncoding(writer.node(0), 21)
        await expectSameAfterCopy()
      })
    }
  })
}
