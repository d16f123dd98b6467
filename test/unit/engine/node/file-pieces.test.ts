import {expect} from 'chai'
import {FilePieces} from '../../../../src/engine/node/file-pieces.js'

const piecesOf = (...texts: readonly string[]): FilePieces => new FilePieces(texts.map((text) => Buffer.from(text)))

const textOf = (piece: Uint8Array | undefined): string | undefined =>
  piece === undefined ? undefined : Buffer.from(piece).toString()

describe('node/file-pieces', () => {
  it('gives the pieces of a file, and counts their bytes', () => {
    const file = piecesOf('REDIS', '0010')
    expect(textOf(file.next())).to.equal('REDIS')
    expect(file.drawn).to.equal(5)
    expect(textOf(file.next())).to.equal('0010')
    expect(file.next()).to.equal(undefined)
    expect(file.drawn).to.equal(9)
  })

  it('shows how the file begins without drawing it', () => {
    const file = piecesOf('REDIS0010', 'rest')
    expect(file.head(5)).to.equal('REDIS')
    expect(file.drawn).to.equal(0)
    expect(textOf(file.next())).to.equal('REDIS0010')
    expect(piecesOf().head(5)).to.equal('')
  })

  it('takes back what belongs to the next reader', () => {
    const file = piecesOf('snapshot*2\r\n', '$3\r\n')
    file.next()
    file.putBack(Buffer.from('*2\r\n'))
    expect(file.drawn).to.equal(8)
    expect(textOf(file.next())).to.equal('*2\r\n')
    expect(textOf(file.next())).to.equal('$3\r\n')
    expect(file.drawn).to.equal(16)
  })
})
