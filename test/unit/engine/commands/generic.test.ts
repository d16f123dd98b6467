import {expect} from 'chai'
import {ListValue} from '../../../../src/engine/values/list.js'
import {type EngineClient, EngineNode} from '../../../support/engine/engine-node.js'
import {type ReplyError} from '../../../support/engine/parse-replies.js'
import {recordEvents, recordStream} from './recorded-stream.js'

describe('commands/generic', () => {
  let node: EngineNode
  let client: EngineClient
  const call = (line: string): unknown => client.call(...line.split(' '))
  const errorOf = (line: string): string => (call(line) as ReplyError).message

  beforeEach(() => {
    node = new EngineNode()
    client = node.connect()
  })

  it('DEL and EXISTS count keys, a key named twice twice if it is still there', () => {
    call('MSET a 1 b 2')
    expect(['EXISTS a b c a', 'TOUCH a b c', 'DEL a a b c', 'UNLINK a', 'EXISTS a b'].map(call)).to.deep.equal([
      3, 2, 2, 0, 0,
    ])
  })

  it('RENAME takes value and expiry along and replaces what was there', () => {
    const events = recordEvents(node)
    call('SET a 1 EX 100')
    call('SET b 2')
    events.length = 0
    expect([call('RENAME a b'), call('GET b'), call('TTL b'), call('EXISTS a')]).to.deep.equal(['OK', '1', 100, 0])
    expect(events).to.deep.equal(['0:new b', '0:rename_from a', '0:rename_to b', '0:keymiss a'])
    expect([call('RENAME b b'), call('RENAMENX b b')]).to.deep.equal(['OK', 0])
    expect(errorOf('RENAME a b')).to.equal('ERR no such key')
  })

  it('COPY makes a value of its own', () => {
    call('SETRANGE a 0 text')
    expect([call('COPY a b'), call('COPY a b'), call('SETRANGE a 0 TEXT'), call('GET b')]).to.deep.equal([
      1,
      0,
      4,
      'text',
    ])
    expect([call('COPY a b REPLACE'), call('GET b'), call('COPY nothing c')]).to.deep.equal([1, 'TEXT', 0])
    expect(errorOf('COPY a a')).to.equal('ERR source and destination objects are the same')
    expect(errorOf('COPY a b DB 99')).to.equal('ERR DB index is out of range')
  })

  it('COPY of a list is a list of its own', () => {
    const list = new ListValue(node.core.server.encodingLimits)
    for (const item of ['a', 'b']) list.pushTail(item)
    node.core.server.databases[0]!.set('l', list)
    expect(call('COPY l m')).to.equal(1)
    list.popHead()
    expect(call('SORT m BY nosort')).to.deep.equal(['a', 'b'])
  })

  it('MOVE and SWAPDB work between databases, and not at all in a cluster', () => {
    call('SET a 1 EX 100')
    expect([call('MOVE a 1'), call('EXISTS a'), call('SELECT 1'), call('TTL a')]).to.deep.equal([1, 0, 'OK', 100])
    expect([call('SWAPDB 0 1'), call('DBSIZE'), call('SELECT 0'), call('GET a')]).to.deep.equal(['OK', 0, 'OK', '1'])
    expect(errorOf('SWAPDB 0 x')).to.equal('ERR invalid second DB index')
    expect(errorOf('MOVE a 0')).to.equal('ERR source and destination objects are the same')
  })

  it('FLUSHDB empties one database, FLUSHALL all, and both go into the stream even when there was nothing', () => {
    const stream = recordStream(node)
    for (const line of ['SET a 1', 'SELECT 1', 'SET b 1', 'FLUSHDB']) call(line)
    expect(call('DBSIZE')).to.equal(0)
    expect(node.core.server.databases[0]!.size).to.equal(1)
    call('FLUSHALL ASYNC')
    call('FLUSHALL')
    expect(node.core.server.databases[0]!.size).to.equal(0)
    expect(stream.slice(2)).to.deep.equal(['FLUSHDB', 'FLUSHALL ASYNC', 'FLUSHALL'])
    expect(errorOf('FLUSHDB NOW')).to.equal('ERR syntax error')
  })

  it('RANDOMKEY finds a key that is there, and null when none is', () => {
    expect(call('RANDOMKEY')).to.equal(null)
    call('SET gone 1 PX 10')
    call('SET kept 1')
    node.nowMs += 11
    for (let tries = 0; tries < 20; tries++) expect(call('RANDOMKEY')).to.equal('kept')
  })

  it('OBJECT ENCODING names how Redis would hold a string', () => {
    const encodings = ['1234', 'text', 'x'.repeat(45)].map((value) => {
      client.call('SET', 'k', value)
      return call('OBJECT ENCODING k')
    })
    call('APPEND k y')
    expect([...encodings, call('OBJECT ENCODING k')]).to.deep.equal(['int', 'embstr', 'raw', 'raw'])
  })

  it('OBJECT REFCOUNT shows small integers as shared', () => {
    call('MSET small 9999 large 10000 text abc')
    expect(['small', 'large', 'text', 'none'].map((key) => call(`OBJECT REFCOUNT ${key}`))).to.deep.equal([
      2_147_483_647,
      1,
      1,
      null,
    ])
  })

  it('OBJECT IDLETIME grows until the key is used; looking at it is no use', () => {
    call('SET k v')
    node.nowMs += 5_000
    call('TTL k')
    call('TYPE k')
    call('EXISTS k')
    expect(call('OBJECT IDLETIME k')).to.equal(5)
    call('GET k')
    expect(call('OBJECT IDLETIME k')).to.equal(0)
    expect(errorOf('OBJECT FREQ k')).to.match(/^ERR An LFU maxmemory policy is not selected/)
  })
})
