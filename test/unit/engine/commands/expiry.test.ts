import {expect} from 'chai'
import {type EngineClient, EngineNode} from '../../../support/engine/engine-node.js'
import {type ReplyError} from '../../../support/engine/parse-replies.js'
import {recordEvents, recordStream} from './recorded-stream.js'

describe('commands/expiry', () => {
  let node: EngineNode
  let client: EngineClient
  const call = (line: string): unknown => client.call(...line.split(' '))
  const errorOf = (line: string): string => (call(line) as ReplyError).message

  beforeEach(() => {
    node = new EngineNode()
    client = node.connect()
    call('SET k v')
  })

  it('a key is there to its last millisecond and gone in the next', () => {
    call('PEXPIRE k 1000')
    node.nowMs += 1000
    expect([call('PTTL k'), call('GET k')]).to.deep.equal([0, 'v'])
    node.nowMs += 1
    expect([call('PTTL k'), call('GET k')]).to.deep.equal([-2, null])
  })

  it('tells times in seconds rounded to the nearest, from now or since 1970', () => {
    call('PEXPIREAT k 1704067201500')
    expect(['TTL k', 'PTTL k', 'EXPIRETIME k', 'PEXPIRETIME k'].map(call)).to.deep.equal([
      2, 1500, 1_704_067_202, 1_704_067_201_500,
    ])
    expect(['PERSIST k', 'PERSIST k', 'TTL k', 'TTL nothing'].map(call)).to.deep.equal([1, 0, -1, -2])
  })

  it('NX, XX, GT and LT take a key without expiry for one that goes never', () => {
    const steps = [
      'EXPIRE k 10 XX',
      'EXPIRE k 10 GT',
      'EXPIRE k 10 LT',
      'EXPIRE k 20 NX',
      'EXPIRE k 20 LT',
      'EXPIRE k 20 GT',
    ]
    expect(steps.map(call)).to.deep.equal([0, 0, 1, 0, 0, 1])
    expect(errorOf('EXPIRE k 10 NX GT')).to.equal('ERR NX and XX, GT or LT options at the same time are not compatible')
    expect(errorOf('EXPIRE k 10 GT LT')).to.equal('ERR GT and LT options at the same time are not compatible')
    expect(errorOf('EXPIRE k 10 foo')).to.equal('ERR Unsupported option foo')
  })

  it('a time that has passed deletes at once', () => {
    const stream = recordStream(node)
    const events = recordEvents(node)
    expect([call('EXPIRE k -1'), call('DBSIZE')]).to.deep.equal([1, 0])
    expect(stream).to.deep.equal(['DEL k'])
    expect(events).to.deep.equal(['0:del k'])
  })

  it('goes into the stream as PEXPIREAT', () => {
    const stream = recordStream(node)
    for (const line of ['EXPIRE k 10', 'EXPIRE k 20 XX', 'EXPIRE k 1 NX', 'PEXPIREAT k 1704067299999']) call(line)
    expect(stream).to.deep.equal([
      `PEXPIREAT k ${node.nowMs + 10_000}`,
      `PEXPIREAT k ${node.nowMs + 20_000} XX`,
      'PEXPIREAT k 1704067299999',
    ])
  })

  it('refuses what overflows 64 bits of milliseconds and prints what just fits', () => {
    expect(errorOf('EXPIRE k 9223372036854776')).to.equal("ERR invalid expire time in 'expire' command")
    expect(errorOf('PEXPIRE k 9223372036854775807')).to.equal("ERR invalid expire time in 'pexpire' command")
    expect(call('PEXPIREAT k 9223372036854774784')).to.equal(1)
    expect(client.raw('PEXPIRETIME', 'k')).to.equal(':9223372036854774784\r\n')
  })

  it('an expired key that is asked for goes with a DEL and the event', () => {
    call('PEXPIRE k 5')
    const stream = recordStream(node)
    const events = recordEvents(node)
    node.nowMs += 6
    expect(call('GET k')).to.equal(null)
    expect(stream).to.deep.equal(['DEL k'])
    expect(events).to.deep.equal(['0:expired k', '0:keymiss k'])
  })

  it('a key that is overwritten after its time expires first', () => {
    call('PEXPIRE k 5')
    const events = recordEvents(node)
    node.nowMs += 6
    expect(call('SET k w NX')).to.equal('OK')
    expect(events).to.deep.equal(['0:expired k', '0:new k', '0:set k'])
  })

  it('a replica hides an expired key and leaves it where it is', () => {
    call('PEXPIRE k 5')
    node.core.server.isReplica = true
    node.nowMs += 6
    expect([call('GET k'), call('EXISTS k'), call('KEYS *'), call('DBSIZE')]).to.deep.equal([null, 0, [], 1])
    node.advance(300)
    expect(node.core.server.databases[0]!.size).to.equal(1)
  })

  it('keys go although nobody asks for them', () => {
    const stream = recordStream(node)
    for (let at = 0; at < 50; at++) call(`SET key:${at} v PX 50`)
    stream.length = 0
    node.advance(200)
    expect([call('DBSIZE'), stream.length, node.core.server.stats.expiredKeys]).to.deep.equal([1, 50, 50])
    expect(stream.every((line) => line.startsWith('DEL key:'))).to.be.true
  })

  it('DEBUG SET-ACTIVE-EXPIRE 0 leaves them', () => {
    node.core.server.activeExpire = false
    call('PEXPIRE k 50')
    node.advance(500)
    expect(node.core.server.databases[0]!.size).to.equal(1)
  })
})
