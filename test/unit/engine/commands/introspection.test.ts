/** COMMAND, INFO, and the commands that are known by name only. */
import {expect} from 'chai'
import {type EngineClient, EngineNode} from '../../../support/engine/engine-node.js'
import {type Reply, ReplyError} from '../../../support/engine/parse-replies.js'

describe('COMMAND', () => {
  let client: EngineClient

  beforeEach(() => {
    client = new EngineNode().connect()
  })

  it('INFO tells arity, flags, keys and categories as Redis 7.0 does', () => {
    const [get] = client.call('COMMAND', 'INFO', 'get') as Reply[][]
    expect(get!.slice(0, 7)).to.deep.equal(['get', 2, ['readonly', 'fast'], 1, 1, 1, ['@read', '@string', '@fast']])
    expect(client.call('COMMAND', 'INFO', 'nosuch')).to.deep.equal([null])
  })

  it('INFO names first and last key where several specifications meet', () => {
    const replies = client.call('COMMAND', 'INFO', 'rename', 'mset', 'zunionstore', 'migrate') as Reply[][]
    expect(replies.map((each) => each.slice(3, 6))).to.deep.equal([
      [1, 2, 1],
      [1, -1, 2],
      [1, 1, 1],
      [3, 3, 1],
    ])
  })

  it('GETKEYS finds the keys of a whole command', () => {
    expect(client.call('COMMAND', 'GETKEYS', 'mset', 'a', 1, 'b', 2)).to.deep.equal(['a', 'b'])
    expect(client.call('COMMAND', 'GETKEYS', 'sort', 'a', 'by', 'store', 'store', 'b')).to.deep.equal(['a', 'b'])
    expect(client.call('COMMAND', 'GETKEYSANDFLAGS', 'set', 'a', 1, 'GET')).to.deep.equal([
      ['a', ['RW', 'access', 'update']],
    ])
    expect(client.call('COMMAND', 'GETKEYS', 'ping', 'a')).to.deep.equal(
      new ReplyError('ERR The command has no key arguments'),
    )
  })

  it('every command has a summary', () => {
    const docs = client.call('COMMAND', 'DOCS') as Reply[]
    for (let at = 0; at < docs.length; at += 2) {
      const fields = docs[at + 1] as Reply[]
      expect(fields[fields.indexOf('summary') + 1], docs[at] as string).to.not.equal('')
    }
  })

  it('what the engine lacks is answered but not listed', () => {
    for (const words of [
      ['XADD', 's', '*', 'f', 'v'],
      ['EVAL', 'return 1', '0'],
      ['ACL', 'SETUSER', 'alice'],
      ['FUNCTION', 'LOAD', 'x'],
    ]) {
      expect((client.call(...words) as ReplyError).message).to.match(
        /^ERR .* is not supported by the tscluster engine$/,
      )
    }
    const names = client.call('COMMAND', 'LIST') as string[]
    expect(names).to.not.include.members(['xadd', 'eval', 'acl|setuser', 'xgroup|create'])
    expect(names).to.include.members(['get', 'acl|whoami', 'function|list'])
    expect(client.call('COMMAND', 'INFO', 'xadd')).to.deep.equal([null])
    expect(client.call('ACL', 'CAT', 'stream')).to.deep.equal([])
  })

  it('a dump of no functions comes back as it was', () => {
    const dump = client.call('FUNCTION', 'DUMP') as string
    expect(client.call('FUNCTION', 'RESTORE', dump)).to.equal('OK')
    expect(client.call('FUNCTION', 'RESTORE', 'rubbish')).to.be.instanceOf(ReplyError)
  })
})

describe('INFO', () => {
  it('without words has the usual sections in Redis’ order', () => {
    const text = new EngineNode().connect().call('INFO') as string
    const titles = [...text.matchAll(/^# (\w+)\r$/gm)].map(([, title]) => title)
    expect(titles).to.deep.equal(
      'Server Clients Memory Persistence Stats Replication CPU Modules Errorstats Cluster Keyspace'.split(' '),
    )
  })

  it('counts calls, failures and refusals by command, and errors by code', () => {
    const client = new EngineNode().connect()
    client.call('SET', 'a', 'x')
    client.call('INCR', 'a')
    client.call('GET')
    const text = client.call('INFO', 'commandstats', 'errorstats')
    expect(text).to.match(/cmdstat_incr:calls=1,usec=0,usec_per_call=0.00,rejected_calls=0,failed_calls=1\r/)
    expect(text).to.match(/cmdstat_get:calls=0,.*rejected_calls=1,failed_calls=0\r/)
    expect(text).to.contain('errorstat_ERR:count=2\r')
  })

  it('tells the databases that hold keys', () => {
    const client = new EngineNode().connect()
    client.call('SET', 'a', 1, 'EX', 100)
    client.call('SET', 'b', 1)
    expect(client.call('INFO', 'keyspace')).to.match(/^# Keyspace\r\ndb0:keys=2,expires=1,avg_ttl=\d+\r\n$/)
  })
})
