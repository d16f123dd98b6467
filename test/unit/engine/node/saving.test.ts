/** Saving and starting again: RDB files, save points, the AOF, in a folder in memory. */
import {expect} from 'chai'
import {Snapshot} from '../../../../src/engine/persistence/snapshot.js'
import {encodeRequest, type EngineClient, EngineNode} from '../../../support/engine/engine-node.js'
import {PaperDisk} from '../../../support/engine/paper-disk.js'
import {contents, infoField} from '../replication/paper-network.js'

function start(folder: PaperDisk, config: Readonly<Record<string, string>> = {}, nowMs?: number): EngineNode {
  const time = nowMs === undefined ? {} : {nowMs}
  const node = new EngineNode({config: {save: '', databases: '4', ...config}, disk: folder, ...time})
  const booted = node.core.boot(folder)
  expect(booted).to.deep.equal({ok: true})
  return node
}

function fill(node: EngineNode): void {
  const client = node.connect()
  client.call('SET', 'text', 'some text', 'PX', 100_000)
  client.call('RPUSH', 'list', 'a', 'b', 'c')
  client.call('HSET', 'hash', 'field', 'value')
  client.call('SELECT', 2)
  client.call('ZADD', 'scores', 1.5, 'one')
}

/** More keys than one slice of background work takes. */
function fillLists(client: EngineClient, count: number): void {
  const requests = Array.from({length: count}, (_, index) => encodeRequest(['RPUSH', `key:${index}`, index, 'x']))
  client.send(requests.join(''))
  client.received()
}

/** Slices of background work, until there is none. */
function finish(node: EngineNode): void {
  while (node.core.server.saving.wantsTurn) node.turn(() => undefined)
}

describe('an RDB file', () => {
  it('brings everything back after SAVE and a restart', () => {
    const folder = new PaperDisk()
    const node = start(folder)
    fill(node)
    expect(node.connect().call('SAVE')).to.equal('OK')
    expect(infoField(node, 'persistence', 'rdb_changes_since_last_save')).to.equal('0')
    const again = start(folder)
    expect(contents(again)).to.deep.equal(contents(node)).and.to.have.lengthOf(4)
    expect(infoField(again, 'persistence', 'rdb_last_load_keys_loaded')).to.equal('4')
  })

  it('leaves out what expired meanwhile', () => {
    const folder = new PaperDisk()
    const node = start(folder)
    fill(node)
    node.connect().call('SAVE')
    const again = start(folder, {}, node.nowMs + 200_000)
    expect(contents(again)).to.have.lengthOf(3)
    expect(infoField(again, 'persistence', 'rdb_last_load_keys_expired')).to.equal('1')
  })

  it('shows the data as they were when BGSAVE began, whatever happens to them while it is written', () => {
    const folder = new PaperDisk()
    const node = start(folder)
    const client = node.connect()
    fillLists(client, 3000)
    client.call('SELECT', 1)
    client.call('SET', 'kept', 1, 'PX', 50_000)
    client.call('SET', 'overwritten', 'old')
    client.call('SELECT', 0)
    const before = contents(node)
    expect(client.call('BGSAVE')).to.equal('Background saving started')
    expect(node.core.server.saving.isSaving, 'more than one slice').to.equal(true)
    // All of it in one turn, between two slices.
    const commands = [
      ...[
        'RPUSH key:1 later',
        'DEL key:2',
        'RENAME key:3 key:renamed',
        'SET new 1',
        'PEXPIRE key:4 1',
        'LPOP key:2999',
      ],
      ...['SELECT 1', 'PERSIST kept', 'APPEND overwritten x', 'SELECT 0', 'FLUSHDB', 'SET key:5 other', 'BGSAVE'],
    ]
    client.send(commands.map((command) => encodeRequest(command.split(' '))).join(''))
    expect(client.received().at(-1)).to.have.property('message', 'ERR Background save already in progress')
    finish(node)
    expect(infoField(node, 'persistence', 'rdb_bgsave_in_progress')).to.equal('0')
    expect(contents(start(folder))).to.deep.equal(before)
    expect([...folder.files.keys()]).to.deep.equal(['dump.rdb'])
  })

  it('holds both databases as they were when they are swapped while it is written', () => {
    const folder = new PaperDisk()
    const node = start(folder)
    const client = node.connect()
    fillLists(client, 2500)
    client.call('SELECT', 1)
    client.call('SET', 'elsewhere', 1)
    const before = contents(node)
    client.call('BGSAVE')
    client.call('SWAPDB', 0, 1)
    client.call('RPUSH', 'key:2499', 'later')
    finish(node)
    expect(contents(start(folder))).to.deep.equal(before)
  })

  it('is written at a save point, and at SHUTDOWN when there are save points', () => {
    const folder = new PaperDisk()
    const node = start(folder, {save: '10 2'})
    const client = node.connect()
    client.call('SET', 'a', 1)
    node.advance(11_000)
    expect(folder.files.has('dump.rdb')).to.equal(false)
    client.call('SET', 'b', 2)
    node.advance(200)
    finish(node)
    expect(folder.files.has('dump.rdb')).to.equal(true)
    client.call('SET', 'c', 3)
    node.turn((core) => core.shutDown())
    expect(contents(start(folder))).to.have.lengthOf(3)
  })

  it('lets a restarted primary go on for replicas that had everything', () => {
    const folder = new PaperDisk()
    const node = start(folder, {'repl-diskless-sync-delay': '0'})
    node.connect().raw('PSYNC', '?', -1)
    node.connect().call('SET', 'a', 1)
    const {state} = node.core.server.replication
    node.connect().call('SAVE')
    const again = start(folder)
    const replica = again.connect()
    replica.call('REPLCONF', 'capa', 'psync2')
    expect(replica.raw('PSYNC', state.id, state.offset + 1)).to.equal(
      `+CONTINUE ${again.core.server.replication.state.id}\r\n`,
    )
  })

  it('that is damaged keeps the node from starting, in Redis’ words', () => {
    const folder = new PaperDisk()
    folder.files.set('dump.rdb', Buffer.from('REDIS0099 and so on'))
    expect(new EngineNode().core.boot(folder)).to.deep.equal({ok: false, error: "Can't handle RDB format version 99"})
  })
})

describe('BGSAVE and BGREWRITEAOF', () => {
  it('wait while slots are being copied: there is one snapshot at a time', () => {
    const node = start(new PaperDisk())
    const client = node.connect()
    client.call('SET', 'a', 1)
    const copied = new Snapshot(node.core.server.databases, [])
    expect(client.call('BGSAVE'))
      .to.have.property('message')
      .that.matches(/^ERR Another child process is active/)
    expect(client.call('BGSAVE', 'SCHEDULE')).to.equal('Background saving scheduled')
    expect(client.call('BGREWRITEAOF')).to.equal('Background append only file rewriting scheduled')
    copied.abandon()
    node.advance(200)
    finish(node)
    node.advance(200)
    finish(node)
    const done = ['rdb_saves', 'aof_rewrites'].map((field) => infoField(node, 'persistence', field))
    expect(done).to.deep.equal(['1', '1'])
  })
})

describe('an AOF', () => {
  const config = {appendonly: 'yes'}

  it('has every write on disk before its reply, and brings it back', () => {
    const folder = new PaperDisk()
    const node = start(folder, config)
    fill(node)
    node.connect().call('SPOP', 'none', 1)
    const written = folder.files.get('appendonlydir/appendonly.aof.1.incr.aof')!.length
    expect(infoField(node, 'persistence', 'aof_current_size')).to.equal(String(written))
    const again = start(folder, config)
    expect(contents(again)).to.deep.equal(contents(node)).and.to.have.lengthOf(4)
    expect([...folder.files.keys()].sort()).to.deep.equal([
      'appendonlydir/appendonly.aof.1.base.rdb',
      'appendonlydir/appendonly.aof.1.incr.aof',
      'appendonlydir/appendonly.aof.manifest',
    ])
  })

  it('ends after the last whole command or transaction, wherever it was cut off', () => {
    const folder = new PaperDisk()
    const node = start(folder, config)
    const client = node.connect()
    const commands = ['SET a 1', 'MULTI', 'INCR a', 'RPUSH l x', 'EXEC', 'DEL a']
    for (const command of commands) client.call(...command.split(' '))
    const name = 'appendonlydir/appendonly.aof.1.incr.aof'
    const whole = folder.files.get(name)!
    const seen = new Set<string>()
    for (let length = 0; length <= whole.length; length += 7) {
      folder.files.set(name, whole.subarray(0, length))
      const database = start(folder, config).core.server.databases[0]!
      const a = database.peek('a')
      seen.add(`a=${typeof a === 'string' ? a : 'none'} l=${database.has('l')}`)
    }
    expect([...seen]).to.deep.equal(['a=none l=false', 'a=1 l=false', 'a=2 l=true'])
    folder.files.set(name, whole.subarray(0, whole.length - 1))
    const refused = new EngineNode({config: {...config, 'aof-load-truncated': 'no'}}).core.boot(folder)
    expect(refused.ok).to.equal(false)
  })

  it('is rewritten without losing a write, and its old files go', () => {
    const folder = new PaperDisk()
    const node = start(folder, config)
    fill(node)
    const client = node.connect()
    fillLists(client, 2500)
    expect(client.call('BGREWRITEAOF')).to.equal('Background append only file rewriting started')
    client.call('RPUSH', 'key:2499', 'during')
    // Had the node died here, the old base and both increments would have been there.
    const meanwhile = new PaperDisk()
    for (const [name, bytes] of folder.files) meanwhile.files.set(name, bytes)
    expect(contents(start(meanwhile, config))).to.deep.equal(contents(node))
    finish(node)
    client.call('RPUSH', 'key:2499', 'after')
    expect(contents(start(folder, config))).to.deep.equal(contents(node))
    expect([...folder.files.keys()].sort()).to.deep.equal([
      'appendonlydir/appendonly.aof.2.base.rdb',
      'appendonlydir/appendonly.aof.2.incr.aof',
      'appendonlydir/appendonly.aof.manifest',
    ])
  })

  it('takes over the data when it is turned on, and stays behind when it is turned off', () => {
    const folder = new PaperDisk()
    const node = start(folder)
    fill(node)
    const client = node.connect()
    expect(client.call('CONFIG', 'SET', 'appendonly', 'yes')).to.equal('OK')
    node.advance(200)
    finish(node)
    client.call('SET', 'more', 1)
    expect(contents(start(folder, config)))
      .to.deep.equal(contents(node))
      .and.to.have.lengthOf(5)
    client.call('CONFIG', 'SET', 'appendonly', 'no')
    client.call('SET', 'unrecorded', 1)
    expect(contents(start(folder, config))).to.have.lengthOf(5)
  })

  it('is written at once when it is turned on; until then SHUTDOWN would lose everything, and is refused', () => {
    const folder = new PaperDisk()
    const node = start(folder)
    const client = node.connect()
    fillLists(client, 3000)
    client.call('CONFIG', 'SET', 'appendonly', 'yes')
    expect(infoField(node, 'persistence', 'aof_rewrite_in_progress')).to.equal('1')
    expect(client.call('SHUTDOWN')).to.have.property('message', 'ERR Errors trying to SHUTDOWN. Check logs.')
    expect(node.core.server.ending).to.equal(undefined)
    client.call('CONFIG', 'SET', 'appendonly', 'no')
    client.call('CONFIG', 'SET', 'appendonly', 'yes')
    finish(node)
    client.call('SHUTDOWN')
    expect(node.core.server.ending).to.equal('shutdown')
    expect(contents(start(folder, config))).to.have.lengthOf(3000)
  })

  it('waits with its first base until the transaction is over that turned it on', () => {
    const folder = new PaperDisk()
    const node = start(folder, {'repl-diskless-sync-delay': '0'})
    // With a backlog every write is gathered before the transaction ends.
    node.connect().raw('PSYNC', '?', -1)
    const client = node.connect()
    for (const command of ['MULTI', 'INCR a', 'CONFIG SET appendonly yes', 'INCR a', 'EXEC']) {
      client.call(...command.split(' '))
    }
    node.advance(200)
    finish(node)
    expect(start(folder, config).connect().call('GET', 'a')).to.equal('2')
  })

  it('never gives a new increment the name of one that is still to be removed', () => {
    const folder = new PaperDisk()
    const node = start(folder, {...config, 'aof-disable-auto-gc': 'yes'})
    const client = node.connect()
    client.call('SET', 'a', 1)
    client.call('CONFIG', 'SET', 'appendonly', 'no')
    client.call('BGREWRITEAOF')
    finish(node)
    client.call('CONFIG', 'SET', 'appendonly', 'yes')
    finish(node)
    client.call('SET', 'b', 2)
    // The first start removes what the manifest calls history.
    start(folder, config)
    expect(contents(start(folder, config))).to.have.lengthOf(2)
    expect([...folder.files.keys()].sort()).to.deep.equal(
      [
        'appendonlydir/appendonly.aof.3.base.rdb',
        'appendonlydir/appendonly.aof.2.incr.aof',
        'appendonlydir/appendonly.aof.manifest',
      ].sort(),
    )
  })

  it('of a server before Redis 7.0 becomes the base, even where a start before this one came only half as far', () => {
    const old = Buffer.from(encodeRequest(['SELECT', 0]) + encodeRequest(['SET', 'a', 1]), 'latin1')
    for (const manifest of [undefined, 'file appendonly.aof seq 1 type b\n']) {
      const folder = new PaperDisk()
      folder.files.set('appendonly.aof', old)
      if (manifest !== undefined) folder.files.set('appendonlydir/appendonly.aof.manifest', Buffer.from(manifest))
      expect(contents(start(folder, config))).to.have.lengthOf(1)
      expect(contents(start(folder, config))).to.have.lengthOf(1)
      expect([...folder.files.keys()].sort()).to.deep.equal([
        'appendonlydir/appendonly.aof',
        'appendonlydir/appendonly.aof.1.incr.aof',
        'appendonlydir/appendonly.aof.manifest',
      ])
    }
  })

  it('brings back a value that outlived its time before the restart as dead as it was', () => {
    const folder = new PaperDisk()
    const node = start(folder, config)
    const client = node.connect()
    client.call('SET', 'n', 1, 'PX', 1000)
    client.call('INCR', 'n')
    const again = start(folder, config, node.nowMs + 60_000)
    expect(again.connect().call('GET', 'n')).to.equal(null)
  })

  it('syncs before the reply, once a second, or never, as appendfsync says', () => {
    for (const [policy, atOnce, later] of [
      ['always', 1, 0],
      ['everysec', 0, 1],
      ['no', 0, 0],
    ] as const) {
      const node = start(new PaperDisk(), {...config, appendfsync: policy})
      const syncs = (): number => node.files.splice(0).filter(({kind}) => kind === 'sync').length
      node.advance(1500)
      syncs()
      node.connect().call('SET', 'a', 1)
      expect(syncs(), policy).to.equal(atOnce)
      node.advance(1500)
      expect(syncs(), policy).to.equal(later)
    }
  })
})
