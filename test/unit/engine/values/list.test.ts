import {expect} from 'chai'
import {DEFAULT_ENCODING_LIMITS} from '../../../../src/engine/values/encoding-limits.js'
import {ListValue} from '../../../../src/engine/values/list.js'

function listOf(items: readonly string[], listMaxListpackSize = -2): ListValue {
  const list = new ListValue({...DEFAULT_ENCODING_LIMITS, listMaxListpackSize})
  for (const item of items) list.pushTail(item)
  return list
}

function all(list: ListValue): string[] {
  return list.range(0, list.size - 1)
}

function nodes(list: ListValue): string[][] {
  return Array.from(list.nodes(), ({items}) => [...items])
}

describe('values/list', () => {
  it('is pushed and popped at both ends', () => {
    const list = listOf(['b', 'c'])
    list.pushHead('a')
    expect([list.popHead(), list.popTail(), list.popTail(), list.popTail(), list.popHead()]).to.deep.equal([
      'a',
      'c',
      'b',
      undefined,
      undefined,
    ])
    expect([list.size, list.nodeCount]).to.deep.equal([0, 0])
  })

  it('finds any index among many nodes', () => {
    const items = Array.from({length: 5000}, (_, index) => `item ${index}`)
    const list = listOf(items)
    expect(list.nodeCount).to.be.greaterThan(5)
    expect([0, 1, 2499, 2500, 4998, 4999].map((index) => list.at(index))).to.deep.equal(
      [0, 1, 2499, 2500, 4998, 4999].map((index) => items[index]),
    )
    expect([list.at(-1), list.at(5000)]).to.deep.equal([undefined, undefined])
    expect(list.range(2000, 3500)).to.deep.equal(items.slice(2000, 3501))
  })

  it('fills a node up to 8 KiB of listpack and no further', () => {
    const [first] = listOf(Array.from({length: 2000}, () => 'x'.repeat(50))).nodes()
    expect(first!.packedBytes).to.be.within(8192 - 2 * 53, 8192)
  })

  it('gives an item that is larger than a node one of its own', () => {
    expect(nodes(listOf(['a', 'x'.repeat(9000), 'b'])).map(({length}) => length)).to.deep.equal([1, 1, 1])
  })

  it('fills nodes by count when the limit is positive', () => {
    expect(nodes(listOf(['a', 'b', 'c', 'd', 'e'], 2))).to.deep.equal([['a', 'b'], ['c', 'd'], ['e']])
  })

  it('splits a full node where an item is inserted, and joins what fits again', () => {
    const list = listOf(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'], 4)
    expect(list.insert('b', 'x', 'after')).to.be.true
    expect(nodes(list)).to.deep.equal([
      ['a', 'b'],
      ['x', 'c', 'd'],
      ['e', 'f', 'g', 'h'],
    ])
  })

  it('inserts at a full node’s edge into the neighbour that has room', () => {
    const list = listOf(['a', 'b', 'c'], 2)
    list.insert('b', 'x', 'after')
    expect(nodes(list)).to.deep.equal([
      ['a', 'b'],
      ['x', 'c'],
    ])
  })

  it('inserts beside the first pivot only, or not at all', () => {
    const list = listOf(['a', 'b', 'a'])
    expect([list.insert('a', 'x', 'before'), list.insert('?', 'x', 'before')]).to.deep.equal([true, false])
    expect(all(list)).to.deep.equal(['x', 'a', 'b', 'a'])
  })

  it('removes matches from the head, from the tail, or all', () => {
    const items = ['x', 'a', 'x', 'b', 'x']
    const removed = (count: number): [number, string[]] => {
      const list = listOf(items, 2)
      return [list.removeMatching(count, 'x'), all(list)]
    }
    expect(removed(2)).to.deep.equal([2, ['a', 'b', 'x']])
    expect(removed(-2)).to.deep.equal([2, ['x', 'a', 'b']])
    expect(removed(0)).to.deep.equal([3, ['a', 'b']])
  })

  it('keeps what a trim asks for', () => {
    const kept = (start: number, stop: number): string[] => {
      const list = listOf(['a', 'b', 'c', 'd', 'e'], 2)
      list.trim(start, stop)
      return all(list)
    }
    expect([kept(1, 3), kept(0, 99), kept(3, 1), kept(9, 12)]).to.deep.equal([
      ['b', 'c', 'd'],
      ['a', 'b', 'c', 'd', 'e'],
      [],
      [],
    ])
  })

  it('tells positions as LPOS counts them', () => {
    const list = listOf(['a', 'b', 'c', '1', '2', '3', 'c', 'c'], 3)
    expect(list.positions('c', 1, 1, 0)).to.deep.equal([2])
    expect(list.positions('c', 2, 0, 0)).to.deep.equal([6, 7])
    expect(list.positions('c', -1, 2, 0)).to.deep.equal([7, 6])
    expect(list.positions('c', 1, 0, 7)).to.deep.equal([2, 6])
    expect(list.positions('c', -3, 0, 0)).to.deep.equal([2])
  })

  it('replaces an item and walks both ways', () => {
    const list = listOf(['a', 'b', 'c'], 2)
    expect([list.set(1, 'x'), list.set(3, 'y')]).to.deep.equal([true, false])
    expect([[...list.values()], [...list.values(true)]]).to.deep.equal([
      ['a', 'x', 'c'],
      ['c', 'x', 'a'],
    ])
  })
})
