import {expect} from 'chai'
import {type EngineClient, EngineNode} from '../../../support/engine/engine-node.js'
import {type ReplyError} from '../../../support/engine/parse-replies.js'
import {recordEvents, recordStream} from './recorded-stream.js'

describe('commands/bitmap', () => {
  let node: EngineNode
  let client: EngineClient
  const call = (line: string): unknown => client.call(...line.split(' '))
  const errorOf = (line: string): string => (call(line) as ReplyError).message

  beforeEach(() => {
    node = new EngineNode()
    client = node.connect()
  })

  it('SETBIT tells the bit that was there and lengthens the string', () => {
    expect([call('SETBIT k 7 1'), call('SETBIT k 7 1'), call('GET k'), call('GETBIT k 100')]).to.deep.equal([
      0,
      1,
      '\x01',
      0,
    ])
    expect(errorOf('SETBIT k 4294967296 1')).to.equal('ERR bit offset is not an integer or out of range')
    expect(errorOf('SETBIT k 1 2')).to.equal('ERR bit is not an integer or out of range')
    expect(call('GETBIT k 4294967295')).to.equal(0)
  })

  it('a bit that was so already is no change: nothing goes into the stream', () => {
    const stream = recordStream(node)
    for (const line of ['SETBIT k 1 1', 'SETBIT k 1 1', 'BITFIELD k GET u8 0', 'BITFIELD k SET u2 0 1']) call(line)
    expect(stream).to.deep.equal(['SETBIT k 1 1'])
  })

  it('BITCOUNT and BITPOS take ranges of bytes or of bits', () => {
    call('SET k foobar')
    expect(['BITCOUNT k', 'BITCOUNT k 1 1', 'BITCOUNT k 5 30 BIT', 'BITCOUNT k -1 -2'].map(call)).to.deep.equal([
      26, 6, 17, 0,
    ])
    client.call('SET', 'ones', '\xff\xf0')
    expect(['BITPOS ones 0', 'BITPOS ones 1 1', 'BITPOS ones 1 12 -1 BIT'].map(call)).to.deep.equal([12, 8, -1])
    expect(errorOf('BITCOUNT k 1')).to.equal('ERR syntax error')
    expect(errorOf('BITPOS k 2')).to.equal('ERR The bit argument must be 1 or 0.')
  })

  it('BITPOS finds a zero behind a string of ones only when no end was given', () => {
    client.call('SET', 'k', '\xff\xff')
    expect(['BITPOS k 0', 'BITPOS k 0 1', 'BITPOS k 0 0 -1'].map(call)).to.deep.equal([16, 16, -1])
  })

  it('BITOP stores the result, and deletes the target when there is none', () => {
    const events = recordEvents(node)
    client.call('MSET', 'a', '\xff\x0f', 'b', '\x0f')
    events.length = 0
    expect([call('BITOP AND d a b'), client.call('GET', 'd')]).to.deep.equal([2, '\x0f\0'])
    expect([call('BITOP NOT d nothing'), call('EXISTS d')]).to.deep.equal([0, 0])
    expect(events.filter((each) => !each.includes('keymiss'))).to.deep.equal(['0:new d', '0:set d', '0:del d'])
    expect(errorOf('BITOP NOT d a b')).to.equal('ERR BITOP NOT must be called with a single source key.')
  })

  it('BITFIELD wraps, saturates or fails as OVERFLOW says, from there on', () => {
    expect(call('BITFIELD k SET u8 0 250 INCRBY u8 0 10')).to.deep.equal([0, 4])
    expect(call('BITFIELD k OVERFLOW SAT INCRBY u8 0 255 OVERFLOW FAIL INCRBY u8 0 1')).to.deep.equal([255, null])
    expect(call('BITFIELD k SET i4 #1 -3 GET i4 4 GET u4 #1')).to.deep.equal([-1, -3, 13])
  })

  it('BITFIELD saturates the far too small upwards, as Redis does', () => {
    expect(call('BITFIELD k OVERFLOW SAT SET i8 0 -9223372036854775808 GET i8 0')).to.deep.equal([0, 127])
    expect(call('BITFIELD k OVERFLOW SAT SET i8 0 -1000 GET i8 0')).to.deep.equal([127, -128])
  })

  it('BITFIELD_RO reads only, and BITFIELD that only reads makes no key', () => {
    expect(errorOf('BITFIELD_RO k SET u8 0 1')).to.equal('ERR BITFIELD_RO only supports the GET subcommand')
    expect([call('BITFIELD k GET u8 9'), call('EXISTS k')]).to.deep.equal([[0], 0])
    expect(errorOf('BITFIELD k GET u64 0')).to.match(/^ERR Invalid bitfield type\./)
  })
})
