import {expect} from 'chai'
import {ReplyWriter} from '../../../../src/engine/resp/reply-writer.js'

function written(protocol: 2 | 3, say: (reply: ReplyWriter) => void): string {
  const reply = new ReplyWriter()
  reply.protocol = protocol
  say(reply)
  return Buffer.concat([...reply.take()]).toString('latin1')
}

describe('a reply writer', () => {
  const replies: readonly (readonly [string, (reply: ReplyWriter) => void, resp2: string, resp3: string])[] = [
    ['a status', (reply) => reply.ok(), '+OK\r\n', '+OK\r\n'],
    ['an error, on one line whatever its text', (reply) => reply.error('ERR a\r\nb'), '-ERR a  b\r\n', '-ERR a  b\r\n'],
    ['a small integer', (reply) => reply.integer(7), ':7\r\n', ':7\r\n'],
    ['a negative integer', (reply) => reply.integer(-1), ':-1\r\n', ':-1\r\n'],
    ['a 64-bit integer', (reply) => reply.integer(2n ** 62n), ':4611686018427387904\r\n', ':4611686018427387904\r\n'],
    ['a bulk of any bytes', (reply) => reply.bulk('\0\xff\r\n'), '$4\r\n\0\xff\r\n\r\n', '$4\r\n\0\xff\r\n\r\n'],
    ['nothing', (reply) => reply.null(), '$-1\r\n', '_\r\n'],
    ['no array', (reply) => reply.nullArray(), '*-1\r\n', '_\r\n'],
    ['a map', (reply) => reply.map(2), '*4\r\n', '%2\r\n'],
    ['a set', (reply) => reply.set(2), '*2\r\n', '~2\r\n'],
    ['a push', (reply) => reply.push(3), '*3\r\n', '>3\r\n'],
    ['a double', (reply) => reply.double(1.5), '$3\r\n1.5\r\n', ',1.5\r\n'],
    ['truth', (reply) => reply.boolean(true), ':1\r\n', '#t\r\n'],
    ['text for people', (reply) => reply.verbatim('hi'), '$2\r\nhi\r\n', '=6\r\ntxt:hi\r\n'],
  ]
  for (const [what, say, resp2, resp3] of replies) {
    it(`writes ${what} in both protocols`, () => {
      expect([written(2, say), written(3, say)]).to.deep.equal([resp2, resp3])
    })
  }

  it('hands over many replies in their order, as bytes and as text', () => {
    const [asBytes, asText] = [new ReplyWriter(), new ReplyWriter()]
    for (const reply of [asBytes, asText]) for (let number = 0; number < 100; number++) reply.bulk(`value ${number}`)
    expect(asText.takeText()).to.equal(Buffer.concat([...asBytes.take()]).toString('latin1'))
    expect([asBytes.isEmpty, asText.isEmpty, asText.pendingBytes]).to.deep.equal([true, true, 0])
  })

  it('is to be taken as bytes once it holds any', () => {
    const reply = new ReplyWriter()
    reply.status('a')
    reply.rawBytes(Buffer.from('payload'))
    reply.status('b')
    expect(reply.takeText()).to.equal(undefined)
    expect(reply.pendingBytes).to.equal('+a\r\npayload+b\r\n'.length)
    expect(Buffer.concat([...reply.take()]).toString()).to.equal('+a\r\npayload+b\r\n')
  })

  it('keeps nothing while it is silent, but counts errors', () => {
    const reply = new ReplyWriter()
    reply.silent = true
    reply.bulk('x')
    reply.error('ERR no')
    expect([reply.isEmpty, reply.errors, reply.lastError]).to.deep.equal([true, 1, 'ERR no'])
  })

  it('cuts a long output into chunks and loses nothing', () => {
    const value = 'v'.repeat(50_000)
    const text = written(2, (reply) => {
      for (let number = 0; number < 10; number++) reply.bulk(value)
    })
    expect(text).to.equal(`$50000\r\n${value}\r\n`.repeat(10))
  })
})
