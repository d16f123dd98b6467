/** A disk that does not take what a node has to write: the node says so, refuses writes as Redis does, and recovers. */
import {renameSync} from 'node:fs'
import {expect} from 'chai'
import {describeOnServers} from '../../support/real-servers.js'
import {startNodes, type ServerNodes} from '../../support/server-nodes.js'
import {until} from '../../support/until.js'
import {persistenceOf} from './persistence-info.js'

const MISCONF = /^MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk\./
const SAVED_MS = 20_000

describeOnServers('a node whose folder is gone', ['engine'], () => {
  let nodes: ServerNodes

  before(async () => {
    nodes = await startNodes('engine', 1, {cluster: false, config: {save: '3600 1000'}})
  })

  const call = (...words: readonly (string | number)[]): Promise<unknown> =>
    nodes.command(0, ...words).catch((error: Error) => error.message)
  const info = async (name: string): Promise<string | undefined> => (await persistenceOf(nodes.node(0)))[name]

  async function bgsave(): Promise<void> {
    expect(await call('BGSAVE')).to.equal('Background saving started')
    const isOver = async (): Promise<boolean> => (await info('rdb_bgsave_in_progress')) === '0'
    await until(isOver, {timeoutMs: SAVED_MS, what: 'BGSAVE to be over'})
  }

  it('takes no writes after a BGSAVE that failed, until one works', async () => {
    const {directory} = nodes.node(0)
    await call('SET', 'kept', 1)
    renameSync(directory, `${directory}-gone`)
    await bgsave()
    expect(await info('rdb_last_bgsave_status')).to.equal('err')
    expect(await call('SET', 'refused', 1)).to.match(MISCONF)
    expect(await call('PING')).to.match(MISCONF)
    expect(await call('GET', 'kept')).to.equal('1')
    expect(await call('SAVE')).to.equal('ERR')
    await call('CONFIG', 'SET', 'stop-writes-on-bgsave-error', 'no')
    expect(await call('SET', 'taken', 1)).to.equal('OK')
    await call('CONFIG', 'SET', 'stop-writes-on-bgsave-error', 'yes')
    expect(await call('SET', 'refused', 1)).to.match(MISCONF)
    renameSync(`${directory}-gone`, directory)
    await bgsave()
    expect(await info('rdb_last_bgsave_status')).to.equal('ok')
    expect(await call('SET', 'taken', 2)).to.equal('OK')
  })

  it('does not shut down while it cannot save what it holds', async () => {
    const {directory} = nodes.node(0)
    renameSync(directory, `${directory}-gone`)
    expect(await call('SHUTDOWN')).to.equal('ERR Errors trying to SHUTDOWN. Check logs.')
    expect(await call('PING')).to.equal('PONG')
    renameSync(`${directory}-gone`, directory)
  })
})
