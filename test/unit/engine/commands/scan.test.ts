import {expect} from 'chai'
import {type EngineClient, EngineNode} from '../../../support/engine/engine-node.js'
import {type ReplyError} from '../../../support/engine/parse-replies.js'

describe('commands/scan', () => {
  let node: EngineNode
  let client: EngineClient

  function scanAll(...options: readonly string[]): string[] {
    const found: string[] = []
    let cursor = '0'
    do {
      const [next, keys] = client.call('SCAN', cursor, ...options) as [string, string[]]
      found.push(...keys)
      cursor = next
    } while (cursor !== '0')
    return found
  }

  beforeEach(() => {
    node = new EngineNode()
    client = node.connect()
  })

  it('meets every key once when nothing changes', () => {
    const keys = Array.from({length: 500}, (_, at) => `key:${at}`)
    for (const key of keys) client.call('SET', key, '1')
    expect(scanAll().sort()).to.deep.equal([...keys].sort())
    expect(scanAll('COUNT', '7', 'MATCH', '*:1?').sort()).to.deep.equal(
      Array.from({length: 10}, (_, at) => `key:1${at}`),
    )
  })

  it('walks one slot with all keys in pieces of COUNT', () => {
    const keys = Array.from({length: 300}, (_, at) => `{tag}:${at}`)
    for (const key of keys) client.call('SET', key, '1')
    const [cursor, first] = client.call('SCAN', '0', 'COUNT', '20') as [string, string[]]
    expect(first).to.have.length(20)
    expect(cursor).not.to.equal('0')
    expect(scanAll('COUNT', '20').sort()).to.deep.equal([...keys].sort())
  })

  it('filters by type and passes over expired keys', () => {
    client.call('SET', 'text', '1')
    client.call('SET', 'short', '1', 'PX', '5')
    node.nowMs += 6
    expect(scanAll('TYPE', 'STRING')).to.deep.equal(['text'])
    expect(scanAll('TYPE', 'list')).to.deep.equal([])
  })

  it('KEYS lists names that match', () => {
    client.call('MSET', 'one', '1', 'two', '2', 'three', '3')
    expect((client.call('KEYS', 't*') as string[]).sort()).to.deep.equal(['three', 'two'])
    expect(client.call('KEYS', '*')).to.have.length(3)
  })

  it('refuses cursors and counts that are none', () => {
    const errors = [['x'], ['1x'], ['0', 'COUNT', '0'], ['0', 'COUNT', 'x'], ['0', 'MATCH'], ['0', 'FOO', '1']]
    expect(errors.map((words) => (client.call('SCAN', ...words) as ReplyError).message)).to.deep.equal([
      'ERR invalid cursor',
      'ERR invalid cursor',
      'ERR syntax error',
      'ERR value is not an integer or out of range',
      'ERR syntax error',
      'ERR syntax error',
    ])
  })

  it('takes any number for a cursor: one that was never told begins somewhere', () => {
    client.call('SET', 'k', '1')
    expect(client.call('SCAN', '18446744073709551615')).to.be.an('array')
    expect(client.call('SCAN', '')).to.deep.equal(['0', ['k']])
  })
})
