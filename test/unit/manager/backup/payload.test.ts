import {expect} from 'chai'
import fc from 'fast-check'
import {ofLength, untilMark} from '../../../../src/manager/backup/payload.js'

const MARK = Buffer.from('0123456789abcdef0123456789abcdef01234567')

const broken = (received: number): Error => new Error(`broken off after ${received}`)

/** The same bytes in pieces of any size. */
const cuts = fc.array(fc.integer({min: 1, max: 60}), {minLength: 1, maxLength: 40})

async function* inPieces(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let from = 0, turn = 0; from < bytes.length; turn++) {
    const size = sizes[turn % sizes.length]!
    yield await Promise.resolve(bytes.subarray(from, from + size))
    from += size
  }
}

async function joined(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const all: Uint8Array[] = []
  for await (const chunk of chunks) all.push(Uint8Array.from(chunk))
  return Buffer.concat(all).toString('hex')
}

async function errorOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  return joined(chunks).then(
    () => 'no error',
    (error: Error) => error.message,
  )
}

describe('the payload of a full synchronisation', () => {
  it('has the announced length; the stream that follows it is left out', () =>
    fc.assert(
      fc.asyncProperty(
        fc.uint8Array({maxLength: 300}),
        fc.uint8Array({maxLength: 50}),
        cuts,
        async (data, stream, sizes) => {
          const chunks = ofLength(inPieces(Buffer.concat([data, stream]), sizes), data.length, broken)
          expect(await joined(chunks)).to.equal(Buffer.from(data).toString('hex'))
        },
      ),
    ))

  it('ends at its mark, wherever the pieces are cut', () =>
    fc.assert(
      fc.asyncProperty(fc.uint8Array({maxLength: 300}), cuts, async (data, sizes) => {
        const chunks = untilMark(inPieces(Buffer.concat([data, MARK]), sizes), MARK, broken)
        expect(await joined(chunks)).to.equal(Buffer.from(data).toString('hex'))
      }),
    ))

  it('is not ended by the beginning of a mark inside the data', async () => {
    const data = Buffer.concat([Buffer.from('data'), MARK.subarray(0, 39), Buffer.from('more')])
    const chunks = untilMark(inPieces(Buffer.concat([data, MARK]), [7]), MARK, broken)
    expect(await joined(chunks)).to.equal(data.toString('hex'))
  })

  it('is broken when the node hangs up before its end', async () => {
    expect(await errorOf(ofLength(inPieces(Buffer.from('short'), [2]), 6, broken))).to.equal('broken off after 5')
    expect(await errorOf(untilMark(inPieces(Buffer.from('no mark'), [2]), MARK, broken))).to.equal('broken off after 7')
  })
})
