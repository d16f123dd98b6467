/** A disk that fails: what a node says, refuses and tries again. */
import {expect} from 'chai'
import {type Storage} from '../../../../src/engine/ports.js'
import {encodeRequest, EngineNode, type EngineClient} from '../../../support/engine/engine-node.js'
import {ReplyError} from '../../../support/engine/parse-replies.js'
import {infoField} from '../replication/paper-network.js'

const NO_SPACE = 'No space left on device'

/** Files in memory, on a disk that can be full. */
class FullDisk implements Storage {
  readonly files = new Map<string, Buffer>()
  /** Names for which there is no room. */
  full: RegExp | undefined
  /** Bytes are taken, but cannot be held for good. */
  refusesSync = false

  read(name: string): Uint8Array | null {
    return this.files.get(name) ?? null
  }

  pieces(name: string): Uint8Array[] | null {
    const bytes = this.read(name)
    return bytes === null ? null : [bytes]
  }

  truncate(name: string, bytes: number): void {
    this.replace(name, this.read(name)!.subarray(0, bytes))
  }

  append(name: string, bytes: Uint8Array): void {
    this.#need(name)
    this.files.set(name, Buffer.concat([this.files.get(name) ?? Buffer.alloc(0), bytes]))
  }

  sync(name: string): void {
    this.#need(name)
    if (this.refusesSync) throw new Error(NO_SPACE)
  }

  replace(name: string, bytes: Uint8Array): void {
    this.#need(name)
    this.files.set(name, Buffer.from(bytes))
  }

  rename(from: string, to: string): void {
    this.#need(to)
    this.files.set(to, this.files.get(from)!)
    this.files.delete(from)
  }

  remove(name: string): void {
    this.files.delete(name)
  }

  #need(name: string): void {
    if (this.full?.test(name) === true) throw new Error(NO_SPACE)
  }
}

describe('a node on a disk that is full', () => {
  let disk: FullDisk
  let node: EngineNode
  let client: EngineClient

  function start(config: Readonly<Record<string, string>>): void {
    disk = new FullDisk()
    node = new EngineNode({config: {save: '', ...config}, disk})
    expect(node.core.boot(disk)).to.deep.equal({ok: true})
    client = node.connect()
  }

  const reply = (...words: readonly (string | number)[]): string => {
    const answer = client.call(...words)
    return answer instanceof ReplyError ? answer.message : `${answer as string}`
  }
  const finish = (): void => {
    while (node.core.server.saving.wantsTurn) node.turn(() => undefined)
  }
  const info = (field: string): string | undefined => infoField(node, 'persistence', field)
  const increment = (): string => disk.files.get('appendonlydir/appendonly.aof.1.incr.aof')!.toString('latin1')

  it('refuses writes, and PING, while the AOF cannot be written; what it could not write comes later, in its order', () => {
    start({appendonly: 'yes'})
    expect(reply('SET', 'a', 1)).to.equal('OK')
    disk.full = /incr/
    // As in Redis: the write that finds out has been answered before.
    expect(reply('INCR', 'a')).to.equal('2')
    expect(reply('SET', 'b', 1)).to.equal(`MISCONF Errors writing to the AOF file: ${NO_SPACE}`)
    expect(reply('PING')).to.equal(`MISCONF Errors writing to the AOF file: ${NO_SPACE}`)
    expect(reply('GET', 'a')).to.equal('2')
    expect(info('aof_last_write_status')).to.equal('err')
    disk.full = undefined
    node.advance(200)
    expect(reply('SET', 'c', 1)).to.equal('OK')
    expect(info('aof_last_write_status')).to.equal('ok')
    expect(increment().match(/INCR|SET\r\n\$1\r\n./g)).to.deep.equal(['SET\r\n$1\r\na', 'INCR', 'SET\r\n$1\r\nc'])
  })

  // Seed 89 of the simulator: a primary refused writes for ever after one sync had failed.
  it('takes writes again after a sync that failed: it is tried again, though no write can come before', () => {
    start({appendonly: 'yes'})
    expect(reply('SET', 'a', 1)).to.equal('OK')
    disk.refusesSync = true
    node.advance(1200)
    expect(reply('SET', 'b', 1)).to.equal(`MISCONF Errors writing to the AOF file: ${NO_SPACE}`)
    disk.refusesSync = false
    node.advance(1200)
    expect(reply('SET', 'b', 1)).to.equal('OK')
  })

  it('ends at once with appendfsync always: nobody may be told of what is not on disk', () => {
    start({appendonly: 'yes', appendfsync: 'always'})
    disk.full = /incr/
    expect(() => reply('SET', 'a', 1)).to.throw(
      `Can't recover from AOF write error when the AOF fsync policy is 'always' (write: ${NO_SPACE})`,
    )
  })

  it('refuses writes after a BGSAVE that failed, only where it has save points and is told to', () => {
    start({save: '3600 100'})
    disk.full = /rdb/
    reply('BGSAVE')
    finish()
    expect(info('rdb_last_bgsave_status')).to.equal('err')
    expect(reply('SET', 'a', 1)).to.match(/^MISCONF Redis is configured to save RDB snapshots/)
    reply('CONFIG', 'SET', 'save', '')
    expect(reply('SET', 'a', 1)).to.equal('OK')
    reply('CONFIG', 'SET', 'save', '3600 100')
    expect(reply('SET', 'a', 1)).to.match(/^MISCONF/)
    disk.full = undefined
    expect(reply('SAVE')).to.equal('OK')
    expect(reply('SET', 'a', 1)).to.equal('OK')
  })

  it('tries a save point again after five seconds', () => {
    start({save: '1 1', 'stop-writes-on-bgsave-error': 'no'})
    disk.full = /rdb/
    reply('SET', 'a', 1)
    node.advance(1500)
    finish()
    const failed = info('rdb_saves')
    disk.full = undefined
    node.advance(3000)
    expect(info('rdb_saves')).to.equal(failed)
    node.advance(3000)
    finish()
    expect([info('rdb_last_bgsave_status'), disk.files.has('dump.rdb')]).to.deep.equal(['ok', true])
  })

  it('keeps its old AOF when a rewrite fails, and after three failures waits a minute, then two', () => {
    start({appendonly: 'yes'})
    reply('SET', 'a', 1)
    disk.full = /temp/
    for (let failures = 1; failures <= 3; failures++) {
      expect(reply('BGREWRITEAOF')).to.equal('Background append only file rewriting started')
      finish()
      expect(info('aof_rewrites_consecutive_failures')).to.equal(String(failures))
    }
    expect(info('aof_last_bgrewrite_status')).to.equal('err')
    // Somebody wants it, and fails too: from here on it is tried without being asked for.
    expect([reply('CONFIG', 'SET', 'appendonly', 'no'), reply('CONFIG', 'SET', 'appendonly', 'yes')]).to.deep.equal([
      'OK',
      'OK',
    ])
    finish()
    node.advance(59_000)
    expect([info('aof_rewrite_scheduled'), info('aof_rewrites_consecutive_failures')]).to.deep.equal(['1', '4'])
    disk.full = undefined
    node.advance(2000)
    finish()
    expect([info('aof_last_bgrewrite_status'), info('aof_rewrites_consecutive_failures')]).to.deep.equal(['ok', '0'])
    const names = [...disk.files.keys()].filter((name) => name.startsWith('appendonlydir')).sort()
    expect(names).to.deep.equal([
      'appendonlydir/appendonly.aof.2.base.rdb',
      'appendonlydir/appendonly.aof.6.incr.aof',
      'appendonlydir/appendonly.aof.manifest',
    ])
  })

  it('says at once that a rewrite cannot begin, and goes on with the files it has', () => {
    start({appendonly: 'yes'})
    const refusal = "ERR Can't execute an AOF background rewriting. Please check the server logs for more information."
    for (const full of [/incr/, /manifest/]) {
      disk.full = full
      expect(reply('BGREWRITEAOF')).to.equal(refusal)
      expect(info('aof_last_bgrewrite_status')).to.equal('err')
      disk.full = undefined
      expect(reply('INCR', 'a')).to.match(/^[12]$/)
    }
    expect(increment()).to.match(/INCR[^]*INCR/)
    expect(disk.files.get('appendonlydir/appendonly.aof.manifest')!.toString()).to.equal(
      'file appendonly.aof.1.base.rdb seq 1 type b\nfile appendonly.aof.1.incr.aof seq 1 type i\n',
    )
    expect(reply('BGREWRITEAOF')).to.equal('Background append only file rewriting started')
  })

  it('begins no rewrite while there is something that it could not write: it would be executed twice', () => {
    start({appendonly: 'yes'})
    reply('SET', 'a', 1)
    disk.full = /1.incr/
    client.send(encodeRequest(['INCR', 'a']) + encodeRequest(['BGREWRITEAOF']))
    expect(client.received().at(-1)).to.be.instanceOf(ReplyError)
    disk.full = undefined
    node.advance(200)
    expect(reply('BGREWRITEAOF')).to.equal('Background append only file rewriting started')
    finish()
    const again = new EngineNode({config: {save: '', appendonly: 'yes'}, disk})
    again.core.boot(disk)
    expect(again.connect().call('GET', 'a')).to.equal('2')
  })

  it('leaves the AOF off when it cannot be turned on', () => {
    start({appendonly: 'no'})
    disk.full = /incr/
    expect(reply('CONFIG', 'SET', 'appendonly', 'yes')).to.equal(
      "ERR CONFIG SET failed (possibly related to argument 'appendonly') - Unable to turn on AOF. Check server logs.",
    )
    expect(client.call('CONFIG', 'GET', 'appendonly')).to.deep.equal(['appendonly', 'no'])
    expect([info('aof_enabled'), reply('SET', 'a', 1)]).to.deep.equal(['0', 'OK'])
    disk.full = undefined
    expect(reply('CONFIG', 'SET', 'appendonly', 'yes')).to.equal('OK')
    expect([info('aof_enabled'), info('aof_rewrite_in_progress')]).to.deep.equal(['1', '1'])
  })
})

describe('FLUSHALL', () => {
  it('leaves an empty RDB file where there are save points, and none otherwise', () => {
    for (const [save, files] of [
      ['3600 100', ['dump.rdb']],
      ['', []],
    ] as const) {
      const disk = new FullDisk()
      const node = new EngineNode({config: {save}, disk})
      node.core.boot(disk)
      const client = node.connect()
      client.call('SET', 'a', 1)
      expect(client.call('FLUSHALL')).to.equal('OK')
      expect([...disk.files.keys()]).to.deep.equal(files)
      expect(infoField(node, 'persistence', 'rdb_changes_since_last_save')).to.equal(save === '' ? '2' : '0')
    }
  })
})

describe('DEBUG RELOAD and DEBUG LOADAOF', () => {
  it('append nothing to the AOF of what they read from it', () => {
    const disk = new FullDisk()
    const node = new EngineNode({config: {save: '', appendonly: 'yes', 'enable-debug-command': 'yes'}, disk})
    node.core.boot(disk)
    const client = node.connect()
    client.call('INCR', 'counter')
    for (let times = 0; times < 2; times++) expect(client.call('DEBUG', 'LOADAOF')).to.equal('OK')
    expect(client.call('GET', 'counter')).to.equal('1')
    client.call('INCR', 'counter')
    expect(client.call('DEBUG', 'LOADAOF')).to.equal('OK')
    expect(client.call('GET', 'counter')).to.equal('2')
  })

  it('bring back what the files hold', () => {
    const disk = new FullDisk()
    const node = new EngineNode({config: {save: '', appendonly: 'yes', 'enable-debug-command': 'yes'}, disk})
    node.core.boot(disk)
    const client = node.connect()
    client.call('RPUSH', 'list', 'a', 'b')
    expect(client.call('DEBUG', 'RELOAD')).to.equal('OK')
    expect(client.call('LRANGE', 'list', 0, -1)).to.deep.equal(['a', 'b'])
    client.call('RPUSH', 'list', 'c')
    expect(client.call('DEBUG', 'LOADAOF')).to.equal('OK')
    expect(client.call('LRANGE', 'list', 0, -1)).to.deep.equal(['a', 'b', 'c'])
    expect(client.call('DEBUG', 'RELOAD', 'NOSAVE')).to.equal('OK')
    expect(client.call('LRANGE', 'list', 0, -1)).to.deep.equal(['a', 'b'])
    expect(client.call('DEBUG', 'RELOAD', 'NOW')).to.have.property(
      'message',
      'ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.',
    )
  })
})
