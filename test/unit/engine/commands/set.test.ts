/** The set commands, as a client of Redis 7.0 sees them. */
import {expect} from 'chai'
import {EngineNode, type EngineClient} from '../../../support/engine/engine-node.js'
import {ReplyError, ReplySet} from '../../../support/engine/parse-replies.js'

describe('set commands', () => {
  let client: EngineClient
  let stream: string[]

  beforeEach(() => {
    const node = new EngineNode()
    stream = []
    node.core.server.propagation.addSink({append: (_db, argv) => stream.push(argv.join(' '))})
    client = node.connect()
  })

  const call = (line: string) => client.call(...line.split(' '))

  it('tell few integers in ascending order, and a set as such in RESP3', () => {
    call('SADD s 10 -3 2')
    expect(call('SMEMBERS s')).to.deep.equal(['-3', '2', '10'])
    call('HELLO 3')
    expect(call('SMEMBERS s')).to.deep.equal(new ReplySet(['-3', '2', '10']))
  })

  it('combine sets, whatever is missing', () => {
    call('SADD a 1 2 3')
    call('SADD b 2 3 4')
    expect(call('SUNION a b none')).to.deep.equal(['1', '2', '3', '4'])
    expect(call('SINTER a b')).to.deep.equal(['2', '3'])
    expect(call('SINTER a none')).to.deep.equal([])
    expect(call('SDIFF a b')).to.deep.equal(['1'])
    expect(call('SINTERCARD 2 a b LIMIT 1')).to.equal(1)
    expect(call('SDIFF a a')).to.deep.equal([])
  })

  it('store a result in the place of anything, and remove the target when there is none', () => {
    call('SADD a 1 2')
    call('SET target text')
    expect(call('SUNIONSTORE target a')).to.equal(2)
    expect(call('TYPE target')).to.equal('set')
    expect(call('SINTERSTORE target a none')).to.equal(0)
    expect(call('EXISTS target')).to.equal(0)
  })

  it('spell out in the stream what chance took', () => {
    call('SADD s a b c d')
    stream.length = 0
    const popped = call('SPOP s') as string
    expect(stream).to.deep.equal([`SREM s ${popped}`])
    stream.length = 0
    const two = call('SPOP s 2') as string[]
    expect(stream).to.deep.equal(['MULTI', ...two.map((member) => `SREM s ${member}`), 'EXEC'])
    stream.length = 0
    expect(call('SPOP s 9')).to.have.length(1)
    expect(stream).to.deep.equal(['DEL s'])
  })

  it('draw members with and without repetition', () => {
    call('SADD s a b c')
    expect(call('SRANDMEMBER s 9')).to.have.members(['a', 'b', 'c'])
    expect(call('SRANDMEMBER s -9')).to.have.length(9)
    expect(call('SRANDMEMBER s x')).to.deep.equal(new ReplyError('ERR value is not an integer or out of range'))
    expect(call('SPOP s -1')).to.deep.equal(new ReplyError('ERR value is out of range, must be positive'))
  })

  it('move a member, and the key goes with its last one', () => {
    call('SADD a x')
    expect(call('SMOVE a b x')).to.equal(1)
    expect(call('EXISTS a')).to.equal(0)
    expect(call('SMISMEMBER b x y')).to.deep.equal([1, 0])
    expect(call('SMOVE b b x')).to.equal(1)
  })
})
