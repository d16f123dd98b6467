import {expect} from 'chai'
import {CursorShelf, drawFrom} from '../../../../src/engine/values/scan.js'

describe('values/scan', () => {
  const draw = (iterator: Iterator<string>, count: number): string[] => {
    const drawn: string[] = []
    drawFrom(iterator, count, (element) => drawn.push(element))
    return drawn
  }

  it('goes on where the last call ended, with what has changed meanwhile', () => {
    const [shelf, set] = [new CursorShelf(), new Set(['a', 'b', 'c', 'd'])]
    const first = shelf.resume(0, set, () => set.values())
    expect(draw(first, 2)).to.deep.equal(['a', 'b'])
    const cursor = shelf.keep(set, first)
    set.delete('c')
    set.add('e')
    expect(
      draw(
        shelf.resume(cursor, set, () => set.values()),
        9,
      ),
    ).to.deep.equal(['d', 'e'])
  })

  it('starts over for a cursor that was used, is unknown, or belongs to another collection', () => {
    const [shelf, set, other] = [new CursorShelf(), new Set(['a', 'b']), new Set(['x'])]
    const iterator = set.values()
    draw(iterator, 1)
    const cursor = shelf.keep(set, iterator)
    expect(
      draw(
        shelf.resume(cursor, other, () => other.values()),
        9,
      ),
    ).to.deep.equal(['x'])
    expect(
      draw(
        shelf.resume(cursor, set, () => set.values()),
        9,
      ),
    ).to.deep.equal(['b'])
    expect(
      draw(
        shelf.resume(cursor, set, () => set.values()),
        9,
      ),
    ).to.deep.equal(['a', 'b'])
    expect(
      draw(
        shelf.resume(987, set, () => set.values()),
        9,
      ),
    ).to.deep.equal(['a', 'b'])
  })

  it('forgets the oldest walk when there are too many', () => {
    const [shelf, set] = [new CursorShelf(2, 100), new Set(['a', 'b'])]
    const cursors = [1, 2, 3].map(() => {
      const iterator = set.values()
      draw(iterator, 1)
      return shelf.keep(set, iterator)
    })
    expect([cursors, shelf.size]).to.deep.equal([[101, 102, 103], 2])
    expect(
      cursors.map(
        (cursor) =>
          draw(
            shelf.resume(cursor, set, () => set.values()),
            9,
          ).length,
      ),
    ).to.deep.equal([2, 1, 1])
  })

  it('lets go of a collection that is gone', () => {
    const [shelf, set] = [new CursorShelf(), new Set(['a'])]
    shelf.keep(set, set.values())
    shelf.forget(set)
    expect(shelf.size).to.equal(0)
  })

  it('says when an iterator has ended', () => {
    const iterator = ['a', 'b'].values()
    expect([drawFrom(iterator, 2, () => undefined), drawFrom(iterator, 1, () => undefined)]).to.deep.equal([
      true,
      false,
    ])
  })
})
