/** The backlog: a ring of the last bytes of the stream. */
import {expect} from 'chai'
import fc from 'fast-check'
import {Backlog} from '../../../../src/engine/replication/backlog.js'

function text(backlog: Backlog, offset: number): string {
  return Buffer.from(backlog.from(offset)).toString('latin1')
}

describe('the replication backlog', () => {
  it('gives every byte from an offset on', () => {
    const backlog = new Backlog(1024, 1000)
    backlog.append(Buffer.from('hello '))
    backlog.append(Buffer.from('world'))
    expect([backlog.firstOffset, backlog.endOffset]).to.deep.equal([1001, 1011])
    expect(text(backlog, 1001)).to.equal('hello world')
    expect(text(backlog, 1007)).to.equal('world')
    expect(text(backlog, 1012)).to.equal('')
  })

  it('covers the byte that comes next, not the one after it, nor one that has gone', () => {
    const backlog = new Backlog(4, 0)
    backlog.append(Buffer.from('abcdef'))
    expect([2, 3, 6, 7, 8].map((offset) => backlog.covers(offset))).to.deep.equal([false, true, true, true, false])
  })

  it('keeps what fits when its size changes', () => {
    const backlog = new Backlog(100, 0)
    backlog.append(Buffer.from('abcdef'))
    backlog.resize(3)
    expect(text(backlog, backlog.firstOffset)).to.equal('def')
    backlog.append(Buffer.from('gh'))
    expect(text(backlog, 6)).to.equal('fgh')
    backlog.resize(5)
    backlog.append(Buffer.from('ij'))
    expect(text(backlog, backlog.firstOffset)).to.equal('fghij')
  })

  it('is the tail of what was appended, however it was cut into pieces', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({maxLength: 70}), {maxLength: 30}),
        fc.integer({min: 1, max: 64}),
        (pieces, size) => {
          const backlog = new Backlog(size, 0)
          for (const piece of pieces) backlog.append(Buffer.from(piece, 'latin1'))
          const all = Buffer.from(pieces.join(''), 'latin1').toString('latin1')
          expect(text(backlog, backlog.firstOffset)).to.equal(all.slice(Math.max(0, all.length - size)))
        },
      ),
    )
  })
})
