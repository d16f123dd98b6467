/** The sorted-set commands, as a client of Redis 7.0 sees them. */
import {expect} from 'chai'
import {EngineNode, type EngineClient} from '../../../support/engine/engine-node.js'
import {ReplyError} from '../../../support/engine/parse-replies.js'

describe('sorted-set commands', () => {
  let client: EngineClient
  let stream: string[]

  beforeEach(() => {
    const node = new EngineNode()
    stream = []
    node.core.server.propagation.addSink({append: (_db, argv) => stream.push(argv.join(' '))})
    client = node.connect()
  })

  const call = (line: string) => client.call(...line.split(' '))

  it('add and raise scores as the options of ZADD want it', () => {
    expect(call('ZADD z 1 a 2 b')).to.equal(2)
    expect(call('ZADD z XX CH 5 a 6 c')).to.equal(1)
    expect(call('ZADD z GT CH 4 a 7 b')).to.equal(1)
    expect(call('ZADD z NX INCR 1 a')).to.equal(null)
    expect(call('ZADD z INCR 1.5 a')).to.equal('6.5')
    expect(call('ZADD z GT LT 1 a')).to.deep.equal(
      new ReplyError('ERR GT, LT, and/or NX options at the same time are not compatible'),
    )
    expect(call('ZADD z 1 a x b')).to.deep.equal(new ReplyError('ERR value is not a valid float'))
  })

  it('refuse a sum that is no number', () => {
    call('ZADD z inf a')
    expect(call('ZINCRBY z -inf a')).to.deep.equal(new ReplyError('ERR resulting score is not a number (NaN)'))
  })

  it('tell ranges by rank, score and member, both ways', () => {
    call('ZADD z 1 a 2 b 3 c 4 d')
    expect(call('ZRANGE z 0 1 REV WITHSCORES')).to.deep.equal(['d', '4', 'c', '3'])
    expect(call('ZRANGE z (1 3 BYSCORE')).to.deep.equal(['b', 'c'])
    expect(call('ZRANGE z +inf -inf BYSCORE REV LIMIT 1 2')).to.deep.equal(['c', 'b'])
    expect(call('ZREVRANGEBYSCORE z 3 (1')).to.deep.equal(['c', 'b'])
    call('ZADD l 0 a 0 b 0 c')
    expect(call('ZRANGE l [b + BYLEX')).to.deep.equal(['b', 'c'])
    expect(call('ZREVRANGEBYLEX l (c -')).to.deep.equal(['b', 'a'])
    expect(call('ZLEXCOUNT l - (c')).to.equal(2)
  })

  it('have pairs for scores in RESP3, and doubles', () => {
    call('ZADD z 1.5 a')
    call('HELLO 3')
    expect(client.raw('ZRANGE', 'z', '0', '-1', 'WITHSCORES')).to.equal('*1\r\n*2\r\n$1\r\na\r\n,1.5\r\n')
    expect(client.raw('ZPOPMIN', 'z')).to.equal('*2\r\n$1\r\na\r\n,1.5\r\n')
  })

  it('explain which options of a range do not go together', () => {
    expect(call('ZRANGE z 0 1 LIMIT 0 1')).to.deep.equal(
      new ReplyError('ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX'),
    )
    expect(call('ZRANGE z - + BYLEX WITHSCORES')).to.deep.equal(
      new ReplyError('ERR syntax error, WITHSCORES not supported in combination with BYLEX'),
    )
    expect(call('ZRANGE z a b BYSCORE')).to.deep.equal(new ReplyError('ERR min or max is not a float'))
    expect(call('ZRANGE z a b BYLEX')).to.deep.equal(new ReplyError('ERR min or max not valid string range item'))
  })

  it('combine sorted sets and sets with weights', () => {
    call('ZADD a 1 x 2 y')
    call('ZADD b 10 y')
    call('SADD s x')
    expect(call('ZUNION 3 a b s WEIGHTS 1 2 3 WITHSCORES')).to.deep.equal(['x', '4', 'y', '22'])
    expect(call('ZINTER 2 a b AGGREGATE MAX WITHSCORES')).to.deep.equal(['y', '10'])
    expect(call('ZDIFF 2 a s WITHSCORES')).to.deep.equal(['y', '2'])
    expect(call('ZINTERCARD 2 a b')).to.equal(1)
    expect(call('ZUNIONSTORE d 2 a b')).to.equal(2)
    expect(call('ZDIFFSTORE d 2 a a')).to.equal(0)
    expect(call('EXISTS d')).to.equal(0)
    expect(call('ZUNION 0 a')).to.deep.equal(new ReplyError("ERR at least 1 input key is needed for 'zunion' command"))
  })

  it('take 0 for what is no number when they are combined', () => {
    call('ZADD a inf x')
    call('ZADD b -inf x')
    expect(call('ZUNION 2 a b WITHSCORES')).to.deep.equal(['x', '0'])
    expect(call('ZUNION 1 a WEIGHTS 0 WITHSCORES')).to.deep.equal(['x', '0'])
  })

  it('take from the first sorted set that there is (ZMPOP), which the stream has as ZPOPMAX', () => {
    call('ZADD z 1 a 2 b 3 c')
    expect(call('ZMPOP 2 none z MAX COUNT 2')).to.deep.equal([
      'z',
      [
        ['c', '3'],
        ['b', '2'],
      ],
    ])
    expect(stream.at(-1)).to.equal('ZPOPMAX z 2')
  })

  it('store a range, and remove ranges until the key is gone', () => {
    call('ZADD z 1 a 2 b 3 c')
    expect(call('ZRANGESTORE d z 2 +inf BYSCORE')).to.equal(2)
    expect(call('ZREMRANGEBYRANK d 0 0')).to.equal(1)
    expect(call('ZREMRANGEBYSCORE d -inf +inf')).to.equal(1)
    expect(call('EXISTS d')).to.equal(0)
    expect(call('ZRANK z c')).to.equal(2)
    expect(call('ZREVRANK z c')).to.equal(0)
  })

  it('keep a negative zero only in a skip list, as Redis does', () => {
    call('ZADD z -0.0 a')
    expect(call('ZSCORE z a')).to.equal('0')
  })
})
