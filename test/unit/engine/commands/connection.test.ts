/** What a connection asks for itself. */
import {expect} from 'chai'
import {EngineNode} from '../../../support/engine/engine-node.js'
import {ReplyError, ReplyMap} from '../../../support/engine/parse-replies.js'

describe('connection commands', () => {
  it('PING answers PONG, or what it was given, and in RESP2 pub/sub a pair', () => {
    const client = new EngineNode().connect()
    expect(client.raw('PING')).to.equal('+PONG\r\n')
    expect(client.call('PING', 'hello')).to.equal('hello')
    client.call('SUBSCRIBE', 'news')
    expect(client.call('PING')).to.deep.equal(['pong', ''])
  })

  it('HELLO 3 switches the protocol and tells who the server is', () => {
    const client = new EngineNode().connect()
    const reply = client.call('HELLO', 3) as ReplyMap
    expect(new Map(reply.pairs).get('version')).to.equal('7.0.15')
    expect(client.raw('GET', 'absent')).to.equal('_\r\n')
    expect(client.call('HELLO', 4)).to.deep.equal(new ReplyError('NOPROTO unsupported protocol version'))
  })

  it('a password is asked for before anything else', () => {
    const client = new EngineNode({config: {requirepass: 'secret'}}).connect()
    expect(client.call('GET', 'a')).to.deep.equal(new ReplyError('NOAUTH Authentication required.'))
    expect(client.call('AUTH', 'wrong')).to.deep.equal(
      new ReplyError('WRONGPASS invalid username-password pair or user is disabled.'),
    )
    expect(client.call('HELLO', 3, 'AUTH', 'default', 'secret')).to.be.instanceOf(ReplyMap)
    expect(client.call('GET', 'a')).to.equal(null)
  })

  it('RESET logs out, leaves MULTI, and ends every subscription', () => {
    const node = new EngineNode()
    const client = node.connect()
    client.call('HELLO', 3)
    client.call('SUBSCRIBE', 'news')
    client.call('SELECT', 3)
    client.call('MULTI')
    expect(client.call('RESET')).to.equal('RESET')
    expect(client.call('CLIENT', 'INFO')).to.match(/flags=N db=0 sub=0 .*multi=-1 .*resp=2/)
    expect(node.connect().call('PUBLISH', 'news', 'hi')).to.equal(0)
  })

  it('SELECT knows the number of databases, and in a cluster only the first', () => {
    const client = new EngineNode().connect()
    expect(client.call('SELECT', 15)).to.equal('OK')
    expect(client.call('SELECT', 16)).to.deep.equal(new ReplyError('ERR DB index is out of range'))
    const inCluster = new EngineNode({config: {'cluster-enabled': 'yes'}}).connect()
    expect(inCluster.call('SELECT', 0)).to.equal('OK')
    expect(inCluster.call('SELECT', 1)).to.deep.equal(new ReplyError('ERR SELECT is not allowed in cluster mode'))
  })

  it('protected mode turns strangers away until there is a password', () => {
    const node = new EngineNode()
    const stranger = {host: '10.1.2.3', port: 5000}
    const local = {host: '10.1.2.4', port: 6379}
    node.turn((core) => core.clientOpened(99, stranger, local))
    expect(node.takeBytes(99).toString()).to.match(/^-DENIED Redis is running in protected mode/)
    node.connect().call('CONFIG', 'SET', 'protected-mode', 'no')
    node.turn((core) => core.clientOpened(100, stranger, local))
    expect(node.takeBytes(100).toString()).to.equal('')
  })
})
