/** MIGRATE, DUMP and RESTORE. */
import {expect} from 'chai'
import {type EngineClient, EngineNode} from '../../../support/engine/engine-node.js'
import {ReplyError} from '../../../support/engine/parse-replies.js'
import {PaperNetwork} from '../replication/paper-network.js'
import {recordStream} from './recorded-stream.js'

function pair(targetConfig: Readonly<Record<string, string>> = {}): {
  network: PaperNetwork
  source: EngineNode
  client: EngineClient
  there: EngineClient
} {
  const network = new PaperNetwork()
  const [source, target] = [network.add(1), network.add(2, targetConfig)]
  return {network, source, client: source.connect(), there: target.connect()}
}

function errorOf(reply: unknown): string {
  return reply instanceof ReplyError ? reply.message : `no error: ${String(reply)}`
}

describe('MIGRATE', () => {
  it('moves keys of every type with their time to live, and answers when the target has them', () => {
    const {network, client, there} = pair()
    client.call('SET', 'text', 'v', 'PX', 5000)
    client.call('RPUSH', 'list', 1, 2, 3)
    client.call('ZADD', 'scores', 1, 'a')
    expect(client.call('MIGRATE', '127.0.0.1', 2, '', 0, 1000, 'KEYS', 'text', 'list', 'none', 'scores')).to.equal(
      undefined,
    )
    network.pump()
    expect(client.received()).to.deep.equal(['OK'])
    expect(client.call('DBSIZE')).to.equal(0)
    expect(there.call('LRANGE', 'list', 0, -1)).to.deep.equal(['1', '2', '3'])
    expect(there.call('PTTL', 'text')).to.equal(5000)
  })

  it('keeps the source with COPY, overwrites with REPLACE, selects the database asked for', () => {
    const {network, client, there} = pair()
    client.call('SET', 'a', 'new')
    there.call('SELECT', 3)
    there.call('SET', 'a', 'old')
    client.call('MIGRATE', '127.0.0.1', 2, 'a', 3, 1000)
    network.pump()
    expect(client.received().map(errorOf)).to.deep.equal([
      'ERR Target instance replied with error: BUSYKEY Target key name already exists.',
    ])
    client.call('MIGRATE', '127.0.0.1', 2, 'a', 3, 1000, 'COPY', 'REPLACE')
    network.pump()
    expect(client.received()).to.deep.equal(['OK'])
    expect([client.call('GET', 'a'), there.call('GET', 'a')]).to.deep.equal(['new', 'new'])
  })

  it('deletes only what was acknowledged when some keys are refused', () => {
    const {network, client, there} = pair()
    for (const key of ['a', 'b', 'c']) client.call('SET', key, 'mine')
    there.call('SET', 'b', 'theirs')
    client.call('MIGRATE', '127.0.0.1', 2, '', 0, 1000, 'KEYS', 'a', 'b', 'c')
    network.pump()
    expect(client.received().map(errorOf)[0]).to.match(/BUSYKEY/)
    expect(client.call('KEYS', '*')).to.deep.equal(['b'])
  })

  it('says NOKEY when there is none of the keys, and does not connect', () => {
    const {source, client} = pair()
    expect(client.call('MIGRATE', '127.0.0.1', 2, 'none', 0, 1000)).to.equal('NOKEY')
    expect(source.links).to.deep.equal([])
  })

  it('makes whoever touches a key on its way wait, EXEC too, and then try again', () => {
    const {network, source, client} = pair()
    client.call('SET', 'a', 1)
    client.call('SET', 'free', 1)
    const [reader, writer, transaction] = [source.connect(), source.connect(), source.connect()]
    transaction.call('MULTI')
    transaction.call('INCR', 'a')
    client.call('MIGRATE', '127.0.0.1', 2, 'a', 0, 1000)
    expect(reader.call('GET', 'a')).to.equal(undefined)
    expect(writer.call('SET', 'a', 'again')).to.equal(undefined)
    expect(transaction.call('EXEC')).to.equal(undefined)
    expect(source.connect().call('INCR', 'free')).to.equal(2)
    network.pump()
    expect(client.received()).to.deep.equal(['OK'])
    expect(reader.received()).to.deep.equal([null])
    expect(writer.received()).to.deep.equal(['OK'])
    expect(transaction.received()).to.deep.equal([[new ReplyError('ERR value is not an integer or out of range')]])
  })

  it('logs in with AUTH and AUTH2, once a connection, and tells when it is refused', () => {
    const {network, client, there} = pair({requirepass: 'secret'})
    there.call('AUTH', 'secret')
    client.call('SET', 'a', 1)
    const attempts = [[], ['AUTH', 'wrong'], ['AUTH2', 'default', 'secret']]
    const replies = attempts.map((words) => {
      client.call('MIGRATE', '127.0.0.1', 2, 'a', 0, 1000, ...words)
      network.pump()
      return client.received().map((reply) => (reply instanceof ReplyError ? reply.message : reply))[0]
    })
    expect(replies).to.deep.equal([
      'ERR Target instance replied with error: NOAUTH Authentication required.',
      'ERR Target instance replied with error: WRONGPASS invalid username-password pair or user is disabled.',
      'OK',
    ])
    expect(there.call('GET', 'a')).to.equal('1')
  })

  it('keeps the keys when nobody listens, when nobody answers, and when the connection breaks', () => {
    const {network, source, client} = pair()
    client.call('SET', 'a', 1)
    client.call('MIGRATE', '127.0.0.1', 9, 'a', 0, 1000)
    network.pump()
    expect(client.received().map(errorOf)).to.deep.equal(['IOERR error or timeout writing to target instance'])
    client.call('MIGRATE', '127.0.0.1', 2, 'a', 0, 300)
    source.advance(400)
    expect(client.received().map(errorOf)).to.deep.equal(['IOERR error or timeout connecting to the client'])
    expect(client.call('GET', 'a')).to.equal('1')
    source.links.length = 0
    client.call('MIGRATE', '127.0.0.1', 2, 'a', 0, 1000)
    network.step() // connected: the keys are under way
    const dialled = network.wires.length
    source.links.length = 0 // and never arrive
    network.cutAll()
    network.step() // once more, silently
    expect([dialled, network.wires.length]).to.deep.equal([1, 1])
    source.links.length = 0
    network.cutAll()
    expect(client.received().map(errorOf)).to.deep.equal(['IOERR error or timeout reading to target instance'])
    expect(client.call('GET', 'a')).to.equal('1')
  })

  it('keeps one connection for ten idle seconds', () => {
    const {network, source, client} = pair()
    for (const key of ['a', 'b']) {
      client.call('SET', key, 1)
      client.call('MIGRATE', '127.0.0.1', 2, key, 0, 1000)
      network.pump()
    }
    expect(network.wires).to.have.lengthOf(1)
    network.advance(9000)
    expect(network.wires).to.have.lengthOf(1)
    network.advance(1500)
    expect(network.wires).to.have.lengthOf(0)
    expect(source.core.server.migrator.cachedConnections).to.equal(0)
  })

  it('checks its arguments in Redis’ order', () => {
    const {client} = pair()
    const refused = (...words: (string | number)[]): string => errorOf(client.call('MIGRATE', '127.0.0.1', 2, ...words))
    expect(refused('k', 'x', 1, 'WHAT')).to.equal('ERR syntax error')
    expect(refused('k', 0, 1, 'AUTH2', 'user')).to.equal('ERR syntax error')
    expect(refused('k', 'x', 'y')).to.equal('ERR value is not an integer or out of range')
    expect(refused('k', 0, 1, 'KEYS', 'a')).to.match(/the key argument must be set to the empty string/)
  })
})

describe('MIGRATE inside MULTI', () => {
  function begin(client: EngineClient, ...queue: (readonly (string | number)[])[]): void {
    client.call('MULTI')
    for (const words of queue) client.call(...words)
    expect(client.call('EXEC')).to.equal(undefined)
  }

  const migrate = (port: number, key: string, ...more: readonly string[]): readonly (string | number)[] => [
    ...['MIGRATE', '127.0.0.1', port, key, 0, 300],
    ...more,
  ]

  it('answers in its place, and what follows finds the keys gone', () => {
    const {network, source, client, there} = pair()
    const stream = recordStream(source)
    client.call('SET', 'a', 1)
    begin(client, ['INCR', 'a'], migrate(2, 'a'), migrate(2, 'none'), ['INCR', 'a'], migrate(2, 'a', 'REPLACE'), [
      'GET',
      'a',
    ])
    network.pump()
    expect(client.received()).to.deep.equal([[2, 'OK', 'NOKEY', 1, 'OK', null]])
    expect(there.call('GET', 'a')).to.equal('1')
    expect(stream.slice(1)).to.deep.equal(['MULTI', 'INCR a', 'DEL a', 'INCR a', 'DEL a', 'EXEC'])
    expect(client.call('PING')).to.equal('PONG')
    expect([network.wires.length, source.core.server.migrator.cachedConnections]).to.deep.equal([1, 1])
  })

  it('lets nobody see half a transaction: all that comes meanwhile is heard afterwards', () => {
    const {network, source, client, there} = pair()
    const [reader, blocked] = [source.connect(), source.connect()]
    client.call('MSET', 'a', 1, 'b', 1)
    expect(blocked.call('BLPOP', 'list', 0)).to.equal(undefined)
    begin(client, ['RPUSH', 'list', 'x'], ['SET', 'b', 2], migrate(2, 'a'), ['LPOP', 'list'])
    expect(reader.call('GET', 'b')).to.equal(undefined)
    const late = source.connect()
    expect(late.call('EXISTS', 'a', 'list')).to.equal(undefined)
    source.advance(200)
    expect([client.received(), reader.received()]).to.deep.equal([[], []])
    network.pump()
    expect(client.received()).to.deep.equal([[1, 'OK', 'OK', 'x']])
    expect([reader.received(), late.received(), blocked.received()]).to.deep.equal([['2'], [0], []])
    expect(there.call('GET', 'a')).to.equal('1')
  })

  it('says nothing to anybody but the target before it has ended', () => {
    const {source, client} = pair({appendonly: 'yes'})
    client.call('SET', 'a', 1)
    source.links.length = 0
    source.files.length = 0
    begin(client, ['SET', 'b', 1], migrate(2, 'a'))
    source.advance(200)
    expect(source.links).to.deep.equal([{kind: 'dial', link: 1, to: {host: '127.0.0.1', port: 2, isSecure: false}}])
    expect(source.files).to.deep.equal([])
  })

  it('answers with an error when the target refuses, cannot be reached, or is silent; the rest is executed', () => {
    const {network, source, client, there} = pair()
    there.call('SET', 'a', 'theirs')
    client.call('SET', 'a', 1)
    begin(client, migrate(2, 'a'), migrate(9, 'a'), ['GET', 'a'])
    network.pump()
    const [[busy, unreachable, value]] = client.received() as [unknown[]]
    expect([errorOf(busy), errorOf(unreachable), value]).to.deep.equal([
      'ERR Target instance replied with error: BUSYKEY Target key name already exists.',
      'IOERR error or timeout writing to target instance',
      '1',
    ])
    network.cutAll()
    begin(client, migrate(2, 'a'), ['INCR', 'a'])
    source.advance(400)
    const [[silent, count]] = client.received() as [unknown[]]
    expect([errorOf(silent), count]).to.deep.equal(['IOERR error or timeout connecting to the client', 2])
    expect(client.call('GET', 'a')).to.equal('2')
  })

  it('takes a connection of its own beside a MIGRATE that is under way', () => {
    const {network, source, client, there} = pair()
    const other = source.connect()
    client.call('MSET', 'a', 1, 'b', 2)
    other.call(...migrate(2, 'b'))
    begin(client, migrate(2, 'a'), ['EXISTS', 'a'])
    network.pump()
    expect([client.received(), other.received()]).to.deep.equal([[['OK', 0]], ['OK']])
    expect(there.call('MGET', 'a', 'b')).to.deep.equal(['1', '2'])
    expect(source.core.server.migrator.cachedConnections).to.equal(2)
  })
})

describe('DUMP and RESTORE', () => {
  const HELLO = '\x00\x05hello\x0a\x00\x63\x72\xdf\x76\x65\x34\x20\x0a'

  it('give and take the payload of a real server', () => {
    const client = new EngineNode().connect()
    client.call('SET', 'k', 'hello')
    expect(client.call('DUMP', 'k')).to.equal(HELLO)
    expect(client.call('DUMP', 'none')).to.equal(null)
    expect(client.call('RESTORE', 'other', 0, HELLO)).to.equal('OK')
    expect(client.call('GET', 'other')).to.equal('hello')
  })

  it('refuse in Redis’ order: options, the key that is there, the time, the payload', () => {
    const client = new EngineNode().connect()
    client.call('SET', 'k', 'v')
    const refused = (...words: (string | number)[]): string => errorOf(client.call('RESTORE', ...words))
    expect(refused('k', 'x', 'junk', 'WHAT')).to.equal('ERR syntax error')
    expect(refused('k', 'x', 'junk')).to.equal('BUSYKEY Target key name already exists.')
    expect(refused('new', 'x', 'junk')).to.equal('ERR value is not an integer or out of range')
    expect(refused('new', -1, 'junk')).to.equal('ERR Invalid TTL value, must be >= 0')
    expect(refused('new', 0, 'junk')).to.equal('ERR DUMP payload version or checksum are wrong')
    expect(refused('new', 0, HELLO, 'FREQ', 256)).to.equal('ERR Invalid FREQ value, must be >= 0 and <= 255')
  })

  it('store nothing that is past already, but REPLACE has removed what was there', () => {
    const client = new EngineNode().connect()
    client.call('SET', 'k', 'v')
    expect(client.call('RESTORE', 'k', 1, HELLO, 'ABSTTL', 'REPLACE')).to.equal('OK')
    expect(client.call('EXISTS', 'k')).to.equal(0)
  })
})
