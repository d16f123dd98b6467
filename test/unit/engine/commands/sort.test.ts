import {expect} from 'chai'
import {HashValue} from '../../../../src/engine/values/hash.js'
import {ListValue} from '../../../../src/engine/values/list.js'
import {SetValue} from '../../../../src/engine/values/set.js'
import {type EngineClient, EngineNode} from '../../../support/engine/engine-node.js'
import {type ReplyError} from '../../../support/engine/parse-replies.js'
import {recordEvents} from './recorded-stream.js'

describe('commands/sort', () => {
  let node: EngineNode
  let client: EngineClient
  const call = (line: string): unknown => client.call(...line.split(' '))
  const errorOf = (line: string): string => (call(line) as ReplyError).message

  function putList(key: string, ...items: readonly string[]): void {
    const list = new ListValue(node.core.server.encodingLimits)
    for (const item of items) list.pushTail(item)
    node.core.server.databases[0]!.set(key, list)
  }

  beforeEach(() => {
    node = new EngineNode()
    client = node.connect()
    putList('l', '3', '10', '1.5', '-2')
  })

  it('orders by number, or by text with ALPHA', () => {
    expect(call('SORT l')).to.deep.equal(['-2', '1.5', '3', '10'])
    expect(call('SORT l DESC LIMIT 1 2')).to.deep.equal(['3', '1.5'])
    expect(call('SORT l ALPHA')).to.deep.equal(['-2', '1.5', '10', '3'])
    putList('words', 'b', 'a')
    expect(errorOf('SORT words')).to.equal("ERR One or more scores can't be converted into double")
  })

  it('BY a constant keeps the order of a list, which DESC turns round', () => {
    expect(call('SORT l BY nosort')).to.deep.equal(['3', '10', '1.5', '-2'])
    expect(call('SORT l BY nosort DESC LIMIT 0 2')).to.deep.equal(['-2', '1.5'])
  })

  it('orders by other keys and shows what stands in them', () => {
    putList('ids', '1', '2', '3')
    call('MSET weight_1 30 weight_2 10 name_1 one name_2 two')
    const user = new HashValue(node.core.server.encodingLimits)
    user.set('name', 'Three')
    node.core.server.databases[0]!.set('user_3', user)
    expect(call('SORT ids BY weight_* GET # GET name_* GET user_*->name')).to.deep.equal([
      ...['3', null, 'Three'],
      ...['2', 'two', null],
      ...['1', 'one', null],
    ])
  })

  it('STORE makes a list, or deletes the target when there is nothing to store', () => {
    const events = recordEvents(node)
    expect([call('SORT l LIMIT 0 2 STORE out'), call('SORT out BY nosort')]).to.deep.equal([2, ['-2', '1.5']])
    expect([call('SORT nothing STORE out'), call('EXISTS out')]).to.deep.equal([0, 0])
    expect(events.filter((each) => !each.includes('keymiss'))).to.deep.equal([
      '0:new out',
      '0:sortstore out',
      '0:del out',
    ])
  })

  it('what is stored of a set without an order is put in the order of the alphabet', () => {
    const set = new SetValue(node.core.server.encodingLimits)
    for (const member of ['c', 'a', 'b']) set.add(member)
    node.core.server.databases[0]!.set('s', set)
    call('SORT s BY nosort STORE out')
    expect(call('SORT out BY nosort')).to.deep.equal(['a', 'b', 'c'])
  })

  it('SORT_RO stores nothing', () => {
    expect(call('SORT_RO l LIMIT 0 1')).to.deep.equal(['-2'])
    expect(errorOf('SORT_RO l STORE out')).to.equal('ERR syntax error')
  })

  it('equal numbers come in the order of their texts', () => {
    putList('same', '1.0', '1', '01')
    expect(call('SORT same')).to.deep.equal(['01', '1', '1.0'])
  })
})
