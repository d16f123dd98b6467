import {expect} from 'chai'
import {type Reply, ReplyError, ReplyParser} from '../../../../src/engine/resp/reply-parser.js'

function bytes(text: string): Buffer {
  return Buffer.from(text, 'latin1')
}

function all(parser: ReplyParser): Reply[] {
  const replies: Reply[] = []
  for (let reply = parser.next(); reply !== undefined; reply = parser.next()) replies.push(reply)
  return replies
}

function parse(chunks: readonly Uint8Array[]): Reply[] {
  const parser = new ReplyParser()
  return chunks.flatMap((chunk) => {
    parser.feed(chunk)
    return all(parser)
  })
}

const STREAM =
  '+OK\r\n-ERR no\r\n:42\r\n:9223372036854775807\r\n$5\r\na\r\n\0b\r\n$-1\r\n*-1\r\n*0\r\n' +
  '*2\r\n$1\r\nx\r\n*2\r\n:1\r\n_\r\n%1\r\n+k\r\n,1.5\r\n~1\r\n#t\r\n=6\r\ntxt:hi\r\n!5\r\nERR z\r\n'

const REPLIES: Reply[] = [
  ...['OK', new ReplyError('ERR no'), 42, 9223372036854775807n, 'a\r\n\0b', null, null],
  ...[[], ['x', [1, null]], ['k', 1.5], [true], 'hi', new ReplyError('ERR z')],
]

describe('a reply parser', () => {
  it('reads every kind of reply', () => {
    expect(parse([bytes(STREAM)])).to.deep.equal(REPLIES)
  })

  it('reads the same wherever the stream is cut, and byte by byte', () => {
    const stream = bytes(STREAM)
    for (let cut = 0; cut <= stream.length; cut++) {
      expect(parse([stream.subarray(0, cut), stream.subarray(cut)]), `cut at ${cut}`).to.deep.equal(REPLIES)
    }
    expect(parse([...stream].map((byte) => Uint8Array.of(byte)))).to.deep.equal(REPLIES)
  })

  it('hands over the bytes behind the header of a payload', () => {
    const parser = new ReplyParser()
    parser.feed(bytes('\n+FULLRESYNC abc 1\r\n$7\r\nREDIS'))
    expect([parser.nextLine(), parser.nextLine(), parser.nextLine()]).to.deep.equal(['', '+FULLRESYNC abc 1', '$7'])
    expect(parser.nextLine()).to.equal(undefined)
    expect(Buffer.from(parser.takeRest()).toString()).to.equal('REDIS')
    expect(parser.pendingBytes).to.equal(0)
  })

  const faults: readonly (readonly [what: string, sent: string])[] = [
    ['a type that there is not', '?x\r\n'],
    ['an integer that is none', ':1x\r\n'],
    ['a length that is none', '$abc\r\n'],
    ['a length over 512 MB', '$536870913\r\n'],
    ['more items than an array may have', '*2000000\r\n'],
    ['arrays nested without end', '*1\r\n'.repeat(100)],
    ['a bulk string that goes on', '$1\r\nab\r\n'],
    ['a line without end', 'x'.repeat(70_000)],
  ]
  for (const [what, sent] of faults) {
    it(`stops at ${what}`, () => {
      const parser = new ReplyParser()
      parser.feed(bytes(sent))
      expect(all(parser)).to.deep.equal([])
      expect(parser.fault).to.be.a('string')
      parser.feed(bytes('+OK\r\n'))
      expect(parser.next()).to.equal(undefined)
    })
  }
})
