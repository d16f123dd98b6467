/** CLIENT: other connections seen and handled from one. */
import {expect} from 'chai'
import {type EngineClient, EngineNode} from '../../../support/engine/engine-node.js'
import {ReplyError} from '../../../support/engine/parse-replies.js'

describe('CLIENT', () => {
  let node: EngineNode
  let client: EngineClient
  let other: EngineClient

  beforeEach(() => {
    node = new EngineNode()
    client = node.connect()
    other = node.connect()
  })

  it('LIST has a line for each connection, in the fields of Redis 7.0', () => {
    other.call('CLIENT', 'SETNAME', 'worker')
    const lines = (client.call('CLIENT', 'LIST') as string).trimEnd().split('\n')
    expect(lines).to.have.length(2)
    expect(lines[1]).to.match(
      /^id=2 addr=127\.0\.0\.1:50002 laddr=127\.0\.0\.1:6379 fd=2 name=worker age=0 idle=0 flags=N /,
    )
    expect(lines[0]).to.match(/cmd=client\|list user=default redir=-1 resp=2$/)
  })

  it('KILL by filter spares the one who asks unless SKIPME says no', () => {
    expect(client.call('CLIENT', 'KILL', 'TYPE', 'normal')).to.equal(1)
    expect(client.call('CLIENT', 'LIST')).to.not.contain('id=2 ')
    expect(client.call('CLIENT', 'KILL', 'ID', client.id, 'SKIPME', 'no')).to.equal(1)
    expect(node.core.server.clients.size).to.equal(0)
  })

  it('KILL in its old form wants one address', () => {
    expect(client.call('CLIENT', 'KILL', '127.0.0.1:50002')).to.equal('OK')
    expect(client.call('CLIENT', 'KILL', '127.0.0.1:50002')).to.deep.equal(new ReplyError('ERR No such client'))
  })

  it('a killed client is no longer served what it waited for', () => {
    other.call('BLPOP', 'list', 0)
    client.call('CLIENT', 'KILL', 'ID', other.id)
    client.call('RPUSH', 'list', 'a')
    expect(client.call('LLEN', 'list')).to.equal(1)
  })

  it('PAUSE WRITE holds writes until its time is over, and lets reads pass', () => {
    client.call('CLIENT', 'PAUSE', 1000, 'WRITE')
    expect(other.call('GET', 'a')).to.equal(null)
    expect(other.call('SET', 'a', 1)).to.equal(undefined)
    expect(client.call('PUBLISH', 'channel', 'held too')).to.equal(undefined)
    node.advance(1000)
    expect(other.received()).to.deep.equal(['OK'])
    expect(client.received()).to.deep.equal([0])
  })

  it('UNPAUSE lets everybody go on, in the order of their requests', () => {
    client.call('CLIENT', 'PAUSE', 100_000, 'WRITE')
    other.call('SET', 'a', 1)
    other.call('GET', 'a')
    expect(other.received()).to.deep.equal([])
    expect(client.call('CLIENT', 'UNPAUSE')).to.equal('OK')
    expect(other.received()).to.deep.equal(['OK', '1'])
  })

  it('UNBLOCK ends a wait as its timeout would, or with an error', () => {
    other.call('BLPOP', 'list', 0)
    expect(client.call('CLIENT', 'UNBLOCK', other.id)).to.equal(1)
    expect(other.received()).to.deep.equal([null])
    other.call('BLPOP', 'list', 0)
    client.call('CLIENT', 'UNBLOCK', other.id, 'ERROR')
    expect(other.received()).to.deep.equal([new ReplyError('UNBLOCKED client unblocked via CLIENT UNBLOCK')])
    expect(client.call('CLIENT', 'UNBLOCK', other.id)).to.equal(0)
  })

  it('REPLY SKIP swallows its own reply and the next one, OFF all until ON', () => {
    client.call('CLIENT', 'REPLY', 'SKIP')
    expect(client.call('PING', 'unheard')).to.equal(undefined)
    expect(client.call('PING', 'heard')).to.equal('heard')
    client.call('CLIENT', 'REPLY', 'SKIP')
    expect(client.call('NOSUCH')).to.equal(undefined)
    expect(client.call('PING')).to.equal('PONG')
    client.call('CLIENT', 'REPLY', 'OFF')
    expect(client.call('PING')).to.equal(undefined)
    expect(client.call('CLIENT', 'REPLY', 'ON')).to.equal('OK')
  })

  it('tracking is refused in clear words', () => {
    expect(client.call('CLIENT', 'TRACKING', 'ON')).to.deep.equal(
      new ReplyError('ERR CLIENT TRACKING is not supported by the tscluster engine'),
    )
    expect(client.call('CLIENT', 'GETREDIR')).to.equal(-1)
  })
})
