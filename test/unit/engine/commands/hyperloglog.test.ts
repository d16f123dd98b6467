import {expect} from 'chai'
import {type EngineClient, EngineNode} from '../../../support/engine/engine-node.js'
import {type ReplyError} from '../../../support/engine/parse-replies.js'
import {recordStream} from './recorded-stream.js'

describe('commands/hyperloglog', () => {
  let node: EngineNode
  let client: EngineClient
  const call = (line: string): unknown => client.call(...line.split(' '))

  beforeEach(() => {
    node = new EngineNode()
    client = node.connect()
  })

  it('counts what differs, in one key and over several', () => {
    expect([call('PFADD a x y z'), call('PFADD a x'), call('PFADD b z w'), call('PFADD empty')]).to.deep.equal([
      1, 0, 1, 1,
    ])
    expect(['PFCOUNT a', 'PFCOUNT a b nothing', 'PFCOUNT nothing', 'PFCOUNT empty'].map(call)).to.deep.equal([
      3, 4, 0, 0,
    ])
    expect([call('PFMERGE c a b'), call('PFCOUNT c')]).to.deep.equal(['OK', 4])
  })

  it('comes near the truth with many elements, dense or not', () => {
    for (let first = 0; first < 10_000; first += 500) {
      client.call('PFADD', 'h', ...Array.from({length: 500}, (_, at) => `element ${first + at}`))
    }
    expect(client.call('PFCOUNT', 'h')).to.be.within(9_800, 10_200)
  })

  it('keeps the count inside the string, which replicas hear of once', () => {
    const stream = recordStream(node)
    for (const line of ['PFADD a x', 'PFCOUNT a', 'PFCOUNT a', 'PFADD a x']) call(line)
    expect(stream).to.deep.equal(['PFADD a x', 'PFCOUNT a'])
  })

  it('refuses strings that are no counters, or broken ones', () => {
    call('SET k v')
    for (const line of ['PFADD k x', 'PFCOUNT k', 'PFCOUNT k k', 'PFMERGE other k']) {
      expect((call(line) as ReplyError).message).to.equal('WRONGTYPE Key is not a valid HyperLogLog string value.')
    }
    client.call('SET', 'k', `HYLL\x01${'\0'.repeat(10)}\x80\x7f`)
    expect((call('PFCOUNT k') as ReplyError).message).to.equal('INVALIDOBJ Corrupted HLL object detected')
  })
})
