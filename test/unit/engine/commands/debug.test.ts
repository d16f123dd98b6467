/** DEBUG, MEMORY, SHUTDOWN. */
import {expect} from 'chai'
import {type EngineClient, EngineNode} from '../../../support/engine/engine-node.js'
import {ReplyError} from '../../../support/engine/parse-replies.js'

describe('DEBUG', () => {
  let node: EngineNode
  let client: EngineClient

  beforeEach(() => {
    node = new EngineNode({config: {'enable-debug-command': 'yes'}})
    client = node.connect()
  })

  it('is refused unless redis.conf allows it', () => {
    const reply = new EngineNode().connect().call('DEBUG', 'DIGEST') as ReplyError
    expect(reply.message).to.match(
      /^ERR DEBUG command not allowed\. If the enable-debug-command option is set to "local"/,
    )
    const local = new EngineNode({config: {'enable-debug-command': 'local'}}).connect()
    expect(local.call('DEBUG', 'DIGEST')).to.equal('0'.repeat(40))
  })

  // Recorded from redis-server 7.0.15.
  it('DIGEST and DIGEST-VALUE are those of Redis', () => {
    client.call('SET', 'a', 1)
    client.call('RPUSH', 'l', 'a', 'b', 'c')
    client.call('SADD', 's', 'x', 'y', 'z')
    client.call('HSET', 'h', 'f', 'v', 'g', 'w')
    client.call('ZADD', 'z', 1.5, 'a', 2, 'b')
    client.call('SET', 'e', 'v', 'EX', 1000)
    expect(client.call('DEBUG', 'DIGEST')).to.equal('76d03373d2c8bce966d5d67771d1a6dbc1b08466')
    expect(client.call('DEBUG', 'DIGEST-VALUE', 'a', 'l', 's', 'h', 'z', 'e', 'absent')).to.deep.equal([
      'b4fc66738120fba0b5aa500ab5c2bf89cea1c5da',
      '8bf72d812571eea9b927f3c11beb0c4165a6ff89',
      '0fd9977d57e46b1b9b87439f5ac5b338416ccc24',
      'd127864ed50239662bf61bafc9bda63c17da5b37',
      '445b877af3c3ec83af30529ddbbdda3185172254',
      '311b17018163335616e089f6b951c82c477335ac',
      '0'.repeat(40),
    ])
  })

  it('SLEEP stops the node for a while, SEGFAULT for good', () => {
    client.call('DEBUG', 'SLEEP', 0.5)
    expect(node.core.server.asleepUntilMs).to.equal(node.nowMs + 500)
    node.advance(600)
    client.call('DEBUG', 'SEGFAULT')
    expect(node.core.server.ending).to.equal('crash')
  })

  it('OBJECT tells of a value what Redis tells', () => {
    client.call('RPUSH', 'l', 'a', 'b', 'c')
    expect(client.call('DEBUG', 'OBJECT', 'l')).to.match(
      /^Value at:0x\w+ refcount:1 encoding:quicklist serializedlength:19 lru:\d+ lru_seconds_idle:0 ql_nodes:1 ql_avg_node:3.00 ql_listpack_max:-2 ql_compressed:0 ql_uncompressed_size:16$/,
    )
    expect(client.call('DEBUG', 'OBJECT', 'absent')).to.deep.equal(new ReplyError('ERR no such key'))
  })

  it('words it does not know are refused as Redis refuses them', () => {
    expect(client.call('DEBUG', 'JMAP')).to.deep.equal(
      new ReplyError("ERR unknown subcommand or wrong number of arguments for 'JMAP'. Try DEBUG HELP."),
    )
  })
})

describe('SHUTDOWN', () => {
  it('ends the node without a word', () => {
    const node = new EngineNode()
    expect(node.connect().call('SHUTDOWN', 'NOSAVE')).to.equal(undefined)
    expect(node.core.server.ending).to.equal('shutdown')
  })

  it('stays when saving fails, unless it is forced', () => {
    const node = new EngineNode()
    node.core.server.beforeShutdown = ({save, isForced}) => save !== 'yes' || isForced
    const client = node.connect()
    expect(client.call('SHUTDOWN', 'SAVE')).to.deep.equal(new ReplyError('ERR Errors trying to SHUTDOWN. Check logs.'))
    expect(node.core.server.ending).to.equal(undefined)
    client.call('SHUTDOWN', 'SAVE', 'FORCE')
    expect(node.core.server.ending).to.equal('shutdown')
  })

  it('contradicting words are a syntax error', () => {
    const client = new EngineNode().connect()
    expect(client.call('SHUTDOWN', 'SAVE', 'NOSAVE')).to.deep.equal(new ReplyError('ERR syntax error'))
    expect(client.call('SHUTDOWN', 'ABORT')).to.deep.equal(new ReplyError('ERR No shutdown in progress.'))
  })
})
