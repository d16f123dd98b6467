/** The hash commands, as a client of Redis 7.0 sees them. */
import {expect} from 'chai'
import {EngineNode, type EngineClient} from '../../../support/engine/engine-node.js'
import {ReplyError, ReplyMap} from '../../../support/engine/parse-replies.js'

describe('hash commands', () => {
  let client: EngineClient
  let stream: string[]

  beforeEach(() => {
    const node = new EngineNode()
    stream = []
    node.core.server.propagation.addSink({append: (_db, argv) => stream.push(argv.join(' '))})
    client = node.connect()
  })

  const call = (line: string) => client.call(...line.split(' '))

  it('count new fields only', () => {
    expect(call('HSET h a 1 b 2')).to.equal(2)
    expect(call('HSET h a 3 c 4')).to.equal(1)
    expect(call('HMGET h a nope c')).to.deep.equal(['3', null, '4'])
    expect(call('HSET h a')).to.deep.equal(new ReplyError("ERR wrong number of arguments for 'hset' command"))
  })

  it('tell everything flat in RESP2 and as a map in RESP3', () => {
    call('HSET h a 1 b 2')
    expect(call('HGETALL h')).to.deep.equal(['a', '1', 'b', '2'])
    call('HELLO 3')
    expect(call('HGETALL h')).to.deep.equal(
      new ReplyMap([
        ['a', '1'],
        ['b', '2'],
      ]),
    )
    expect(call('HRANDFIELD h 9 WITHVALUES')).to.deep.equal([
      ['a', '1'],
      ['b', '2'],
    ])
  })

  it('keep all 64 bits of a counter and refuse to go beyond', () => {
    call('HSET h n 9223372036854775806')
    expect(call('HINCRBY h n 1')).to.equal(9223372036854775807n)
    expect(call('HINCRBY h n 1')).to.deep.equal(new ReplyError('ERR increment or decrement would overflow'))
    call('HSET h n 1.5')
    expect(call('HINCRBY h n 1')).to.deep.equal(new ReplyError('ERR hash value is not an integer'))
  })

  it('add floats as a long double does, and put the sum into the stream', () => {
    call('HSET h f 0.1')
    expect(call('HINCRBYFLOAT h f 0.2')).to.equal('0.3')
    expect(stream.at(-1)).to.equal('HSET h f 0.3')
    expect(call('HINCRBYFLOAT h f inf')).to.deep.equal(new ReplyError('ERR value is NaN or Infinity'))
  })

  it('draw fields with and without repetition', () => {
    call('HSET h a 1 b 2 c 3')
    expect(call('HRANDFIELD h 2')).to.have.length(2)
    expect(call('HRANDFIELD h 9')).to.have.members(['a', 'b', 'c'])
    expect(call('HRANDFIELD h -9')).to.have.length(9)
    expect(call('HRANDFIELD h -2 WITHVALUES')).to.have.length(4)
    expect(call('HRANDFIELD none')).to.equal(null)
  })

  it('are told whole by HSCAN while small, and piece by piece when large, each field at least once', () => {
    for (let field = 0; field < 600; field++) call(`HSET h f${field} v`)
    const seen = new Set<string>()
    let cursor = '0'
    do {
      const [next, words] = call(`HSCAN h ${cursor} COUNT 50`) as [string, string[]]
      for (const [at, word] of words.entries()) if (at % 2 === 0) seen.add(word)
      cursor = next
    } while (cursor !== '0')
    expect(seen.size).to.equal(600)
    call('HSET small a 1 b 2')
    expect(call('HSCAN small 0 MATCH b COUNT 1')).to.deep.equal(['0', ['b', '2']])
    expect(call('HSCAN small x')).to.deep.equal(new ReplyError('ERR invalid cursor'))
  })

  it('remove the key with its last field', () => {
    call('HSET h a 1')
    expect(call('HDEL h a a b')).to.equal(1)
    expect(call('EXISTS h')).to.equal(0)
  })
})
