/** The list commands, as a client of Redis 7.0 sees them. */
import {expect} from 'chai'
import {EngineNode, type EngineClient} from '../../../support/engine/engine-node.js'
import {ReplyError} from '../../../support/engine/parse-replies.js'

const WRONG_TYPE = new ReplyError('WRONGTYPE Operation against a key holding the wrong kind of value')

describe('list commands', () => {
  let client: EngineClient
  let stream: string[]

  beforeEach(() => {
    const node = new EngineNode()
    stream = []
    node.core.server.propagation.addSink({append: (_db, argv) => stream.push(argv.join(' '))})
    client = node.connect()
  })

  const call = (line: string) => client.call(...line.split(' '))

  it('push at either end and tell ranges with negative indexes', () => {
    expect(call('RPUSH l b c')).to.equal(2)
    expect(call('LPUSH l a z')).to.equal(4)
    expect(call('LRANGE l 0 -1')).to.deep.equal(['z', 'a', 'b', 'c'])
    expect(call('LRANGE l -2 99')).to.deep.equal(['b', 'c'])
    expect(call('LINDEX l -1')).to.equal('c')
    expect(call('LPUSHX none a')).to.equal(0)
  })

  it('remove the key with its last element', () => {
    call('RPUSH l a b')
    expect(call('LPOP l 5')).to.deep.equal(['a', 'b'])
    expect(call('EXISTS l')).to.equal(0)
    expect(client.raw('LPOP', 'l')).to.equal('$-1\r\n')
    expect(client.raw('LPOP', 'l', '2')).to.equal('*-1\r\n')
  })

  it('find positions from either end', () => {
    call('RPUSH l a b a c a')
    expect(call('LPOS l a RANK 2')).to.equal(2)
    expect(call('LPOS l a RANK -1 COUNT 2')).to.deep.equal([4, 2])
    expect(call('LPOS l a COUNT 0 MAXLEN 3')).to.deep.equal([0, 2])
    expect(call('LPOS l nope')).to.equal(null)
    expect(call('LPOS l a RANK 0')).to.be.instanceOf(ReplyError)
  })

  it('look at arguments before the key where Redis does, and behind it where Redis does', () => {
    call('SET s x')
    expect(call('LRANGE s a 1')).to.deep.equal(new ReplyError('ERR value is not an integer or out of range'))
    expect(call('LINDEX s a')).to.deep.equal(WRONG_TYPE)
    expect(call('LSET none a b')).to.deep.equal(new ReplyError('ERR no such key'))
    expect(call('LPOP s -1')).to.deep.equal(new ReplyError('ERR value is out of range, must be positive'))
  })

  it('take from the first list that there is (LMPOP), which the stream has as LPOP', () => {
    call('RPUSH l a b c')
    expect(call('LMPOP 2 none l LEFT COUNT 2')).to.deep.equal(['l', ['a', 'b']])
    expect(stream.at(-1)).to.equal('LPOP l 2')
    expect(client.raw('LMPOP', '1', 'none', 'LEFT')).to.equal('*-1\r\n')
  })

  it('turn a list round in place', () => {
    call('RPUSH l a b c')
    expect(call('LMOVE l l LEFT RIGHT')).to.equal('a')
    expect(call('RPOPLPUSH l l')).to.equal('a')
    expect(call('LRANGE l 0 -1')).to.deep.equal(['a', 'b', 'c'])
  })

  it('leave the stream alone when nothing was changed', () => {
    call('RPUSH l a b')
    stream.length = 0
    for (const line of ['LTRIM l 0 -1', 'LREM l 0 zz', 'LINSERT l BEFORE zz x', 'LPOP l 0']) call(line)
    expect(stream).to.deep.equal([])
  })
})
