/** The payload of a full sync as it comes in. */
import {expect} from 'chai'
import {PayloadReceiver} from '../../../../src/engine/replication/payload.js'

const MARK = '0123456789abcdefghijklmnopqrstuvwxyzABCD'

/** Feeds a text in chunks of a size; what follows the payload comes back. */
function receive(text: string, size: number): {receiver: PayloadReceiver; payload: string; rest: string} {
  const receiver = new PayloadReceiver()
  let rest = ''
  for (let at = 0; at < text.length; at += size) {
    const chunk = Buffer.from(text.slice(at, at + size), 'latin1')
    if (receiver.isDone) rest += chunk.toString('latin1')
    else rest += Buffer.from(receiver.feed(chunk)).toString('latin1')
    chunk.fill(0) // the host's buffer is used again
  }
  return {receiver, payload: Buffer.concat(receiver.take()).toString('latin1'), rest}
}

describe('the payload of a full sync', () => {
  for (const size of [1, 3, 39, 40, 41, 1000]) {
    it(`is read with its length in front, in chunks of ${size}; what follows is the stream`, () => {
      const {receiver, payload, rest} = receive('\n\n$11\r\nREDIS0010ab*1\r\n', size)
      expect(receiver.isDone && !receiver.isDiskless).to.equal(true)
      expect([payload, rest]).to.deep.equal(['REDIS0010ab', '*1\r\n'])
    })

    it(`is read up to its mark, in chunks of ${size}`, () => {
      const {receiver, payload} = receive(`\n$EOF:${MARK}\r\nREDIS0010 ${MARK.slice(1)} 0123456789${MARK}`, size)
      expect(receiver.isDone && receiver.isDiskless).to.equal(true)
      expect(payload).to.equal(`REDIS0010 ${MARK.slice(1)} 0123456789`)
    })
  }

  it('may be refused by the primary, or be no payload at all', () => {
    expect(receive('-ERR no\r\n', 100).receiver.error).to.equal('MASTER aborted replication with an error: ERR no')
    expect(receive('+OK\r\n', 100).receiver.error).to.match(/^Bad protocol from MASTER/)
    expect(receive('x'.repeat(5000), 100).receiver.error).to.match(/does not end/)
  })
})
