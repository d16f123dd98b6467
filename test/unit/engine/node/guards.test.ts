/** What stands before each command, in Redis' order. */
import {expect} from 'chai'
import {type EngineClient, EngineNode} from '../../../support/engine/engine-node.js'
import {ReplyError} from '../../../support/engine/parse-replies.js'

describe('the guards before a command', () => {
  let node: EngineNode
  let client: EngineClient

  beforeEach(() => {
    node = new EngineNode()
    client = node.connect()
  })

  function refused(...words: string[]): string {
    const reply = client.call(...words)
    return reply instanceof ReplyError ? reply.message : 'accepted'
  }

  it('a replica refuses writes, and EXEC with a write in its queue', () => {
    client.call('MULTI')
    client.call('SET', 'a', 1)
    node.core.server.isReplica = true
    const error = "READONLY You can't write against a read only replica."
    expect(refused('EXEC')).to.equal(`EXECABORT Transaction discarded because of: ${error}`)
    expect(refused('SET', 'a', '1')).to.equal(error)
    expect(refused('GET', 'a')).to.equal('accepted')
    client.call('CONFIG', 'SET', 'replica-read-only', 'no')
    expect(refused('SET', 'a', '1')).to.equal('accepted')
  })

  it('a replica without its primary may be told to say so', () => {
    node.core.server.isReplica = true
    client.call('CONFIG', 'SET', 'replica-serve-stale-data', 'no')
    expect(refused('GET', 'a')).to.equal(
      "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
    )
    expect(refused('INFO')).to.equal('accepted')
    node.core.server.primaryLinkIsUp = true
    expect(refused('GET', 'a')).to.equal('accepted')
  })

  it('a primary without enough good replicas takes no writes', () => {
    client.call('CONFIG', 'SET', 'min-replicas-to-write', 1)
    expect(refused('SET', 'a', '1')).to.equal('NOREPLICAS Not enough good replicas to write.')
    node.core.server.goodReplicas = 1
    expect(refused('SET', 'a', '1')).to.equal('accepted')
  })

  it('while the data set is loading only what does not need it is answered', () => {
    node.core.server.loading = true
    expect(refused('GET', 'a')).to.equal('LOADING Redis is loading the dataset in memory')
    expect(refused('INFO')).to.equal('accepted')
  })

  it('with maxmemory reached nothing may grow, but keys may go', () => {
    client.call('SET', 'a', 1)
    client.call('CONFIG', 'SET', 'maxmemory', 1000)
    node.core.server.memory.usedBytes = 2000
    expect(refused('SET', 'a', '1')).to.equal("OOM command not allowed when used memory > 'maxmemory'.")
    expect(refused('DEL', 'a')).to.equal('accepted')
    client.call('MULTI')
    expect(refused('GET', 'a')).to.match(/^OOM/)
  })

  it('some commands have no place in MULTI, and that breaks it', () => {
    client.call('MULTI')
    expect(refused('SHUTDOWN')).to.equal('ERR Command not allowed inside a transaction')
    expect(refused('EXEC')).to.match(/^EXECABORT/)
  })
})

describe('what clients may keep', () => {
  it('output above the hard limit ends a connection', () => {
    const node = new EngineNode({config: {'client-output-buffer-limit': 'pubsub 100 0 0'}})
    const listener = node.connect()
    listener.call('SUBSCRIBE', 'news')
    node.connect().call('PUBLISH', 'news', 'x'.repeat(200))
    expect(node.core.server.clients.has(listener.id)).to.equal(false)
  })

  it('output above the soft limit may wait for so many seconds', () => {
    const node = new EngineNode({config: {'client-output-buffer-limit': 'normal 0 100 2'}})
    const slow = node.connect()
    node.turn((core) => core.clientDrained(slow.id, 200))
    node.advance(2000)
    expect(node.core.server.clients.has(slow.id)).to.equal(true)
    node.advance(300)
    expect(node.core.server.clients.has(slow.id)).to.equal(false)
  })

  it('timeout closes idle clients, not those that wait or listen', () => {
    const node = new EngineNode({config: {timeout: '1'}})
    const [idle, waits, listens] = [node.connect(), node.connect(), node.connect()]
    idle.call('PING')
    waits.call('BLPOP', 'list', 0)
    listens.call('SUBSCRIBE', 'news')
    node.advance(1300)
    expect([...node.core.server.clients.keys()]).to.deep.equal([waits.id, listens.id])
  })

  it('a request that outgrows client-query-buffer-limit ends a connection', () => {
    const node = new EngineNode({config: {'client-query-buffer-limit': '1mb'}})
    const client = node.connect()
    client.send(`*2\r\n$4\r\nECHO\r\n$2000000\r\n${'x'.repeat(1_100_000)}`)
    expect(node.core.server.clients.has(client.id)).to.equal(false)
  })
})
