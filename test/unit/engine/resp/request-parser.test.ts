import {expect} from 'chai'
import fc from 'fast-check'
import {type Parsed, RequestParser} from '../../../../src/engine/resp/request-parser.js'

/** Everything a parser says of a stream that arrives in these chunks; the host reuses its buffer after each. */
function parse(chunks: readonly Uint8Array[], {authenticated = true} = {}): (string[] | Exclude<Parsed, 'request'>)[] {
  const parser = new RequestParser()
  parser.authenticated = authenticated
  const argv: string[] = []
  const found: (string[] | Exclude<Parsed, 'request'>)[] = []
  for (const chunk of chunks) {
    const shared = Buffer.from(chunk)
    parser.feed(shared)
    for (;;) {
      const parsed = parser.next(argv)
      if (parsed === 'more') break
      found.push(parsed === 'request' ? [...argv] : parsed)
      if (typeof parsed === 'object') return found
    }
    parser.keepRest()
    shared.fill(0x21)
  }
  return found
}

function bytes(text: string): Buffer {
  return Buffer.from(text, 'latin1')
}

function one(text: string, options = {}): unknown {
  return parse([bytes(text)], options)
}

function request(words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`
}

describe('a request parser', () => {
  it('reads pipelined requests, each with the bytes that were sent', () => {
    const binary = '\0\r\n\xff$3\r\n'
    expect(one(request(['SET', 'key', binary]) + request(['GET', 'key']) + request(['PING']))).to.deep.equal([
      ['SET', 'key', binary],
      ['GET', 'key'],
      ['PING'],
    ])
  })

  it('reads the same requests wherever the stream is cut in two', () => {
    const stream = bytes(
      `${request(['SET', 'k', 'v\r\n*1'])}PING  "a b"\r\n*0\r\n${request(['', 'x'.repeat(120)])}GET k\n`,
    )
    const whole = parse([stream])
    expect(whole).to.have.lengthOf(5)
    for (let cut = 0; cut <= stream.length; cut++) {
      expect(parse([stream.subarray(0, cut), stream.subarray(cut)]), `cut at ${cut}`).to.deep.equal(whole)
    }
  })

  it('reads the same requests when every byte comes alone', () => {
    const stream = bytes(request(['MSET', 'a', '1', 'b', '']) + request(['GET', 'x'.repeat(300)]))
    expect(parse([...stream].map((byte) => Uint8Array.of(byte)))).to.deep.equal(parse([stream]))
  })

  it('reads any requests in any chunks', () => {
    const word = fc.string({
      unit: fc.integer({min: 0, max: 255}).map((code) => String.fromCharCode(code)),
      maxLength: 40,
    })
    const requests = fc.array(fc.array(word, {minLength: 1, maxLength: 70}), {maxLength: 5})
    fc.assert(
      fc.property(requests, fc.array(fc.integer({min: 1, max: 50}), {minLength: 1}), (sent, sizes) => {
        const stream = bytes(sent.map(request).join(''))
        const chunks: Uint8Array[] = []
        for (let at = 0, turn = 0; at < stream.length; turn++) {
          const size = sizes[turn % sizes.length]!
          chunks.push(stream.subarray(at, at + size))
          at += size
        }
        expect(parse(chunks)).to.deep.equal(sent)
      }),
      {numRuns: 60},
    )
  })

  it('takes commands typed by hand, quotes and escapes included', () => {
    expect(one("SET \"a\\x41\\n\" 'it\\'s'\r\nGET k\n")).to.deep.equal([
      ['SET', 'aA\n', "it's"],
      ['GET', 'k'],
    ])
    expect(one('\r\n  \r\nPING\r\n')).to.deep.equal(['empty', 'empty', ['PING']])
  })

  it('passes over a request without words', () => {
    expect(one(`*0\r\n*-1\r\n${request(['PING'])}`)).to.deep.equal(['empty', 'empty', ['PING']])
  })

  const faults: readonly (readonly [what: string, sent: string, error: string])[] = [
    ['a bulk without its sign', '*1\r\n:3\r\n', "expected '$', got ':'"],
    ['a number of words that is none', '*x\r\n', 'invalid multibulk length'],
    ['a number of words with a zero before it', '*01\r\n', 'invalid multibulk length'],
    ['more words than a request may have', '*1048577\r\n', 'invalid multibulk length'],
    ['more digits than a number has', `*${'1'.repeat(40)}\r\n`, 'invalid multibulk length'],
    ['a negative length', '*1\r\n$-1\r\n', 'invalid bulk length'],
    ['a length over 512 MB', '*1\r\n$536870913\r\n', 'invalid bulk length'],
    ['a length that is none', '*1\r\n$1a\r\n', 'invalid bulk length'],
    ['a quote that is not closed', 'SET "a\r\n', 'unbalanced quotes in request'],
    ['a line without end', 'x'.repeat(70_000), 'too big inline request'],
    ['a number of words without end', `*${'1'.repeat(70_000)}`, 'too big mbulk count string'],
    ['a length without end', `*1\r\n$${'1'.repeat(70_000)}`, 'too big bulk count string'],
  ]
  for (const [what, sent, error] of faults) {
    it(`refuses ${what} in Redis' words`, () => {
      expect(one(sent)).to.deep.equal([{protocolError: `Protocol error: ${error}`}])
    })
  }

  it('takes little from a client that has not logged in', () => {
    const refusal = (what: string) => [{protocolError: `Protocol error: unauthenticated ${what} length`}]
    expect(one('*11\r\n', {authenticated: false})).to.deep.equal(refusal('multibulk'))
    expect(one('*1\r\n$16385\r\n', {authenticated: false})).to.deep.equal(refusal('bulk'))
    expect(one(request(['AUTH', 'p']), {authenticated: false})).to.deep.equal([['AUTH', 'p']])
  })

  it('says how much it holds, words already read included', () => {
    const parser = new RequestParser()
    parser.feed(bytes('*3\r\n$3\r\nSET\r\n$5\r\nhello\r\n$100\r\nabc'))
    expect(parser.next([])).to.equal('more')
    parser.keepRest()
    expect(parser.pendingBytes).to.equal('SET'.length + 'hello'.length + 'abc'.length)
  })

  it('makes no room for bytes that were only announced', () => {
    const before = process.memoryUsage().arrayBuffers
    const parsers = Array.from({length: 200}, () => {
      const parser = new RequestParser()
      parser.feed(bytes('*1\r\n$500000000\r\nabc'))
      expect(parser.next([])).to.equal('more')
      parser.keepRest()
      return parser
    })
    expect(parsers.every(({pendingBytes}) => pendingBytes === 3)).to.equal(true)
    expect(process.memoryUsage().arrayBuffers - before).to.be.below(1024 * 1024)
  })

  it('puts a large value together from small pieces without copying it over and over', () => {
    const value = 'v'.repeat(8 * 1024 * 1024)
    const stream = bytes(request(['SET', 'big', value]))
    const chunks: Uint8Array[] = []
    for (let at = 0; at < stream.length; at += 4096) chunks.push(stream.subarray(at, at + 4096))
    // 2,048 pieces: copying all that came before with each of them would be 8 GB.
    expect(parse(chunks)).to.deep.equal([['SET', 'big', value]])
  })
})
