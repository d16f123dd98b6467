/** A primary seen by a hand-written replica: what it answers, what it sends, when it gives up. */
import {expect} from 'chai'
import {EngineNode, type EngineClient} from '../../../support/engine/engine-node.js'
import {infoField} from './paper-network.js'

const SELECT_0 = '*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n'
const GETACK = '*3\r\n$8\r\nREPLCONF\r\n$6\r\nGETACK\r\n$1\r\n*\r\n'

function makePrimary(config: Readonly<Record<string, string>> = {}): EngineNode {
  return new EngineNode({config: {save: '', databases: '2', 'repl-diskless-sync-delay': '0', ...config}})
}

/** Attaches a replica with a full sync of an empty data set and acknowledges it. */
function attach(node: EngineNode, port = 7001): EngineClient {
  const replica = node.connect()
  replica.call('REPLCONF', 'listening-port', port)
  replica.call('REPLCONF', 'capa', 'eof', 'capa', 'psync2')
  replica.raw('PSYNC', '?', -1)
  replica.raw('REPLCONF', 'ACK', offsetOf(node))
  return replica
}

function offsetOf(node: EngineNode): number {
  return node.core.server.replication.offset
}

function idOf(node: EngineNode): string {
  return node.core.server.replication.state.id
}

describe('a primary', () => {
  it('answers a full sync with its id, its offset and an RDB, and begins the stream with the first ACK', () => {
    const node = makePrimary()
    const replica = node.connect()
    expect(replica.call('REPLCONF', 'listening-port', 7001)).to.equal('OK')
    expect(replica.call('REPLCONF', 'capa', 'eof', 'capa', 'psync2', 'capa', 'unknown')).to.equal('OK')
    const payload = replica.raw('PSYNC', '?', -1)
    expect(payload).to.match(/^\+FULLRESYNC [0-9a-f]{40} 0\r\n\$EOF:[0-9a-f]{40}\r\nREDIS0010/)
    expect(payload).to.include('repl-stream-db').and.to.include('repl-id')
    const client = node.connect()
    client.call('SET', 'a', 1)
    expect(node.takeBytes(replica.id).toString()).to.equal('')
    expect(replica.raw('REPLCONF', 'ACK', 0)).to.equal(`${SELECT_0}*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n`)
    expect(offsetOf(node)).to.equal(23 + 27)
  })

  it('sends the stream right behind a payload with its length, to a replica that knows no mark', () => {
    const node = makePrimary()
    const replica = node.connect()
    expect(replica.raw('PSYNC', '?', -1)).to.match(/^\+FULLRESYNC [0-9a-f]{40} 0\r\n\$\d+\r\nREDIS0010/)
    node.connect().call('SET', 'a', 1)
    expect(node.takeBytes(replica.id).toString()).to.match(/^\*2\r\n\$6\r\nSELECT/)
  })

  it('answers SYNC with the payload alone', () => {
    const node = makePrimary()
    expect(node.connect().raw('SYNC')).to.match(/^\$\d+\r\nREDIS0010/)
  })

  it('closes the connection behind a dump that was asked for without a stream', () => {
    const node = makePrimary()
    const reader = node.connect()
    expect(reader.call('REPLCONF', 'rdb-only', 1)).to.equal('OK')
    expect(reader.raw('SYNC')).to.match(/^\$\d+\r\nREDIS0010/)
    expect(node.core.server.clients.has(reader.id)).to.equal(false)
  })

  it('waits repl-diskless-sync-delay for others, who then share one dump', () => {
    const node = makePrimary({'repl-diskless-sync-delay': '5'})
    const [first, second] = [node.connect(), node.connect()]
    for (const each of [first, second]) {
      each.call('REPLCONF', 'capa', 'eof')
      expect(each.raw('PSYNC', '?', -1)).to.equal('')
      node.advance(2000)
    }
    node.connect().call('SET', 'a', 1)
    node.advance(3000)
    const [one, other] = [first, second].map((each) => node.takeBytes(each.id).toString('latin1').replace(/^\n+/, ''))
    expect(one)
      .to.match(/^\+FULLRESYNC/)
      .and.to.equal(other)
  })

  it('resumes exactly where its backlog allows', () => {
    const node = makePrimary()
    attach(node)
    const client = node.connect()
    client.call('SET', 'a', 1)
    client.call('SET', 'b', 2)
    const [id, end] = [idOf(node), offsetOf(node)]
    const ask = (asked: string, offset: number): string => {
      const replica = node.connect()
      replica.call('REPLCONF', 'capa', 'psync2')
      return replica.raw('PSYNC', asked, offset)
    }
    const last = '*3\r\n$3\r\nSET\r\n$1\r\nb\r\n$1\r\n2\r\n'
    expect(ask(id, end - 26)).to.equal(`+CONTINUE ${id}\r\n${last}`)
    expect(ask(id.toUpperCase(), end - 27)).to.equal(`+CONTINUE ${id}\r\n\n${last}`)
    expect(ask(id, end + 1)).to.equal(`+CONTINUE ${id}\r\n`)
    expect(ask(id, end + 2)).to.match(/^\+FULLRESYNC/)
    expect(ask('f'.repeat(40), end + 1)).to.match(/^\+FULLRESYNC/)
    const plain = node.connect()
    expect(plain.raw('PSYNC', id, end + 1)).to.equal('+CONTINUE\r\n')
  })

  it('wraps what one command did in MULTI and EXEC, and names the database only when it changes', () => {
    const node = makePrimary()
    const replica = attach(node)
    const client = node.connect()
    client.call('SADD', 's', 'a', 'b', 'c')
    replica.received()
    client.call('SPOP', 's', 2)
    const stream = node.takeBytes(replica.id).toString()
    expect(stream).to.match(
      /^\*1\r\n\$5\r\nMULTI\r\n(\*3\r\n\$4\r\nSREM\r\n\$1\r\ns\r\n\$1\r\n.\r\n){2}\*1\r\n\$4\r\nEXEC\r\n$/,
    )
  })

  it('pings its replicas every repl-ping-replica-period, but not while a failover wants the offset to stand', () => {
    const node = makePrimary()
    const replica = attach(node)
    node.advance(5000)
    replica.raw('REPLCONF', 'ACK', 0)
    node.advance(5100)
    expect(node.takeBytes(replica.id).toString()).to.equal('*1\r\n$4\r\nPING\r\n')
    expect(offsetOf(node)).to.equal(14)
    node.core.server.replication.holdsStill = true
    node.advance(20_000)
    expect(offsetOf(node)).to.equal(14)
  })

  it('asks its replicas for no acknowledgement either while the offset must stand, but afterwards', () => {
    const node = makePrimary()
    const replica = attach(node)
    const client = node.connect()
    client.call('SET', 'a', 1)
    replica.received()
    node.core.server.replication.holdsStill = true
    expect(client.call('WAIT', 1, 1000)).to.equal(undefined)
    expect(node.takeBytes(replica.id).toString()).to.equal('')
    node.core.server.replication.holdsStill = false
    node.turn(() => undefined)
    expect(node.takeBytes(replica.id).toString()).to.equal(GETACK)
  })

  it('drops a replica that has not acknowledged for repl-timeout', () => {
    const node = makePrimary({'repl-timeout': '20'})
    const replica = attach(node)
    node.advance(19_000)
    expect(infoField(node, 'replication', 'connected_slaves')).to.equal('1')
    node.advance(3000)
    expect(infoField(node, 'replication', 'connected_slaves')).to.equal('0')
    expect(node.core.server.clients.has(replica.id)).to.equal(false)
  })

  it('shows its replicas in ROLE and INFO', () => {
    const node = makePrimary()
    attach(node, 7001)
    node.connect().call('SET', 'a', 1)
    expect(node.connect().call('ROLE')).to.deep.equal(['master', 50, [['127.0.0.1', '7001', '0']]])
    expect(infoField(node, 'replication', 'slave0')).to.equal('ip=127.0.0.1,port=7001,state=online,offset=0,lag=0')
    expect(infoField(node, 'replication', 'repl_backlog_first_byte_offset')).to.equal('1')
    expect(infoField(node, 'replication', 'repl_backlog_histlen')).to.equal('50')
  })

  it('counts for WAIT the replicas that have what this client wrote, and asks them once', () => {
    const node = makePrimary()
    const replica = attach(node)
    const client = node.connect()
    expect(client.call('WAIT', 1, 0)).to.equal(1) // it wrote nothing
    client.call('SET', 'a', 1)
    const written = offsetOf(node)
    replica.received()
    expect(client.call('WAIT', 1, 1000)).to.equal(undefined)
    expect(node.takeBytes(replica.id).toString()).to.equal(GETACK)
    replica.raw('REPLCONF', 'ACK', written - 1)
    expect(client.received()).to.deep.equal([])
    replica.raw('REPLCONF', 'ACK', written)
    expect(client.received()).to.deep.equal([1])
    expect(client.call('WAIT', 2, 500)).to.equal(undefined)
    node.advance(600)
    expect(client.received()).to.deep.equal([1])
  })

  it('never answers an ACK, and a question for one only as a replica', () => {
    const client = makePrimary().connect()
    expect(client.raw('REPLCONF', 'ACK', 5)).to.equal('')
    expect(client.raw('REPLCONF', 'GETACK', '*')).to.equal('')
  })

  it('forgets its backlog after repl-backlog-ttl without replicas, and takes a new id', () => {
    const node = makePrimary({'repl-backlog-ttl': '30'})
    const replica = attach(node)
    const id = idOf(node)
    node.turn((core) => core.clientClosed(replica.id))
    node.advance(29_000)
    expect(idOf(node)).to.equal(id)
    node.advance(3000)
    expect(idOf(node)).not.to.equal(id)
    expect(infoField(node, 'replication', 'repl_backlog_active')).to.equal('0')
  })

  it('drops a replica at once when more of the stream waits for it than its limit, which is never below the backlog', () => {
    const node = makePrimary({'client-output-buffer-limit': 'replica 100kb 0 0', 'repl-backlog-size': '1mb'})
    const replica = node.connect()
    replica.call('REPLCONF', 'capa', 'eof')
    replica.raw('PSYNC', '?', -1) // and no ACK: the stream is held back here
    const client = node.connect()
    client.call('SET', 'a', 'x'.repeat(900_000))
    expect(node.core.server.clients.has(replica.id)).to.equal(true)
    client.call('SET', 'a', 'x'.repeat(200_000))
    expect(node.core.server.clients.has(replica.id)).to.equal(false)
  })

  it('drops a replica over the soft limit when that lasts for its seconds', () => {
    const node = makePrimary({'client-output-buffer-limit': 'replica 0 100kb 5'})
    const replica = attach(node)
    // The socket takes nothing, and the replica goes on acknowledging.
    node.connect().call('SET', 'a', 'x'.repeat(200_000))
    const stand = (ms: number): void => {
      for (let passed = 0; passed < ms; passed += 1000) {
        node.turn((core) => core.clientDrained(replica.id, 200_000))
        replica.raw('REPLCONF', 'ACK', 0)
        node.advance(1000)
      }
    }
    stand(4000)
    expect(node.core.server.clients.has(replica.id)).to.equal(true)
    stand(3000)
    expect(node.core.server.clients.has(replica.id)).to.equal(false)
  })

  it('lets the system gather small writes to a replica where repl-disable-tcp-nodelay says so', () => {
    const [plain, gathering] = [makePrimary(), makePrimary({'repl-disable-tcp-nodelay': 'yes'})]
    const replica = attach(gathering)
    attach(plain)
    expect(plain.links).to.deep.equal([])
    expect(gathering.links).to.deep.equal([{kind: 'gather', connection: replica.id}])
  })

  it('lets a dump wait for its reader: it counts against no limit', () => {
    const node = makePrimary({'client-output-buffer-limit': 'replica 16kb 16kb 1', 'repl-backlog-size': '16kb'})
    node
      .connect()
      .call('SET', 'a', Buffer.from(Array.from({length: 600_000}, (_, at) => (at * at) >> 7)).toString('latin1'))
    const replica = node.connect()
    replica.call('REPLCONF', 'capa', 'eof')
    expect(replica.raw('PSYNC', '?', -1)).to.match(/^\+FULLRESYNC/)
    node.turn((core) => core.clientDrained(replica.id, 600_000))
    node.advance(5000)
    expect(node.core.server.clients.has(replica.id)).to.equal(true)
  })
})
