import {expect} from 'chai'
import {ListValue} from '../../../../src/engine/values/list.js'
import {type EngineClient, EngineNode} from '../../../support/engine/engine-node.js'
import {type ReplyError} from '../../../support/engine/parse-replies.js'
import {recordStream} from './recorded-stream.js'

describe('commands/string', () => {
  let node: EngineNode
  let client: EngineClient
  const call = (line: string): unknown => client.call(...line.split(' '))
  const errorOf = (line: string): string => (call(line) as ReplyError).message

  beforeEach(() => {
    node = new EngineNode()
    client = node.connect()
  })

  it('stores any word as a value, also words that the code uses itself', () => {
    for (const word of ['absent', 'wrong-type', 'undefined', '', '\0\xff']) {
      client.call('SET', 'k', word)
      expect(client.call('GET', 'k')).to.equal(word)
    }
  })

  it('SET NX and XX look before they store, and GET tells what there was', () => {
    expect([call('SET k 1 XX'), call('SET k 1 NX'), call('SET k 2 NX'), call('SET k 2 XX GET')]).to.deep.equal([
      null,
      'OK',
      null,
      '1',
    ])
    expect([call('SET k 3 NX GET'), call('GET k')]).to.deep.equal(['2', '2'])
  })

  it('SET forgets an expiry unless KEEPTTL asks to keep it', () => {
    call('SET k 1 EX 100')
    expect([call('SET k 2 KEEPTTL'), call('TTL k'), call('SET k 3'), call('TTL k')]).to.deep.equal([
      'OK',
      100,
      'OK',
      -1,
    ])
  })

  it('refuses options that contradict one another and times that are none', () => {
    for (const options of ['NX XX', 'EX 10 PX 10', 'KEEPTTL EX 10', 'EX', 'PERSIST', 'FOO']) {
      expect(errorOf(`SET k v ${options}`)).to.equal('ERR syntax error')
    }
    expect(errorOf('SET k v EX 0')).to.equal("ERR invalid expire time in 'set' command")
    expect(errorOf('SET k v PX 9223372036854775807')).to.equal("ERR invalid expire time in 'set' command")
    expect(errorOf('PSETEX k -1 v')).to.equal("ERR invalid expire time in 'psetex' command")
    expect(errorOf('SETEX k x v')).to.equal('ERR value is not an integer or out of range')
  })

  it('GETEX with a time that has passed deletes the key, and the stream hears DEL', () => {
    const stream = recordStream(node)
    call('SET k v')
    expect(call('GETEX k EXAT 1')).to.equal('v')
    expect(call('EXISTS k')).to.equal(0)
    expect(stream).to.deep.equal(['SET k v', 'DEL k'])
  })

  it('tells the stream absolute times and results, never what depends on the moment', () => {
    const stream = recordStream(node)
    const timed = ['SET k v EX 10', 'GETEX k PX 500', 'GETEX k PERSIST', 'INCRBYFLOAT f 1.50', 'GETSET k w']
    for (const line of timed) call(line)
    for (const line of ['SET k x GET', 'GETDEL k', 'GETDEL k', 'GETEX f']) call(line)
    expect(stream).to.deep.equal([
      `SET k v PXAT ${node.nowMs + 10_000}`,
      `PEXPIREAT k ${node.nowMs + 500}`,
      'PERSIST k',
      'SET f 1.5 KEEPTTL',
      'SET k w',
      'SET k x',
      'DEL k',
    ])
  })

  it('MSETNX stores all pairs or none', () => {
    expect([call('MSETNX a 1 b 2'), call('MSETNX b 3 c 4'), call('EXISTS c')]).to.deep.equal([1, 0, 0])
    expect(errorOf('MSET a 1 b')).to.equal("ERR wrong number of arguments for 'mset' command")
    call('SET a 5 EX 100')
    call('MSET a 6 d 7')
    expect([call('TTL a'), call('MGET a nothing d')]).to.deep.equal([-1, ['6', null, '7']])
  })

  it('counts exactly over all 64 bits', () => {
    call('SET n 9007199254740991')
    expect(client.raw('INCR', 'n')).to.equal(':9007199254740992\r\n')
    expect(client.raw('INCRBY', 'n', '1')).to.equal(':9007199254740993\r\n')
    call('SET n 9223372036854775806')
    expect(client.raw('INCR', 'n')).to.equal(':9223372036854775807\r\n')
    expect(errorOf('INCR n')).to.equal('ERR increment or decrement would overflow')
    expect(errorOf('DECRBY n -9223372036854775808')).to.equal('ERR decrement would overflow')
  })

  it('counts only what is an integer to the letter', () => {
    for (const text of [' 1', '1 ', '01', '+1', '', '1.0', '9223372036854775808']) {
      client.call('SET', 'n', text)
      expect(errorOf('INCR n')).to.equal('ERR value is not an integer or out of range')
    }
  })

  it('counting and appending keep the expiry', () => {
    call('SET n 1 EX 100')
    call('INCR n')
    call('APPEND n 0')
    call('SETRANGE n 0 9')
    expect([call('GET n'), call('TTL n')]).to.deep.equal(['90', 100])
  })

  it('INCRBYFLOAT adds as an 80-bit float and prints 17 decimals without their zeros', () => {
    call('SET f 3.0e3')
    expect(call('INCRBYFLOAT f 1.1')).to.equal('3001.10000000000000009')
    call('SET f 0.1')
    expect(call('INCRBYFLOAT f 0.2')).to.equal('0.3')
    expect(errorOf('INCRBYFLOAT f inf')).to.equal('ERR increment would produce NaN or Infinity')
    expect(errorOf('INCRBYFLOAT f nan')).to.equal('ERR value is not a valid float')
  })

  it('SETRANGE pads with zeros, and refuses what would be too long', () => {
    expect([call('SETRANGE k 2 x'), call('GET k'), call('SETRANGE k 9 ')]).to.deep.equal([3, '\0\0x', 3])
    expect(errorOf('SETRANGE k -1 x')).to.equal('ERR offset is out of range')
    expect(errorOf('SETRANGE k 536870912 x')).to.equal('ERR string exceeds maximum allowed size (proto-max-bulk-len)')
  })

  it('GETRANGE counts from both ends and clips', () => {
    call('SET k Redis')
    const ranges = ['0 -1', '1 2', '-3 -1', '-1 -3', '3 1', '4 100', '-100 0', '5 9']
    expect(ranges.map((range) => call(`GETRANGE k ${range}`))).to.deep.equal([
      'Redis',
      'ed',
      'dis',
      '',
      '',
      's',
      'R',
      '',
    ])
  })

  it('LCS tells the subsequence, its length, or where it lies', () => {
    call('MSET a ohmytext b mynewtext')
    expect([call('LCS a b'), call('LCS a b LEN'), call('LCS a nothing')]).to.deep.equal(['mytext', 6, ''])
    expect(call('LCS a b IDX MINMATCHLEN 4 WITHMATCHLEN')).to.deep.equal(['matches', [[[4, 7], [5, 8], 4]], 'len', 6])
    expect(errorOf('LCS a b LEN IDX')).to.equal('ERR If you want both the length and indexes, please just use IDX.')
  })

  it('a command for strings refuses other types', () => {
    call('PFADD h x')
    expect(call('STRLEN h')).to.be.greaterThan(16)
    node.core.server.databases[0]!.set('l', collection(node))
    for (const line of ['GET l', 'APPEND l x', 'INCR l', 'SET l x GET', 'GETEX l', 'SETRANGE l 0 x', 'STRLEN l']) {
      expect(errorOf(line)).to.match(/^WRONGTYPE /)
    }
    expect([call('MGET l'), call('SET l x'), call('GET l')]).to.deep.equal([[null], 'OK', 'x'])
  })
})

function collection(node: EngineNode): ListValue {
  const list = new ListValue(node.core.server.encodingLimits)
  list.pushTail('item')
  return list
}
