import {expect} from 'chai'
import {once} from 'node:events'
import net from 'node:net'
import {ReplySocket} from '../../../../src/engine/host/reply-socket.js'
import {ReplyWriter} from '../../../../src/engine/resp/reply-writer.js'
import {until} from '../../../support/until.js'

/** What loopback takes before it makes a writer wait is less than this. */
const MORE_THAN_BUFFERS_HOLD = 16 * 1024 * 1024

describe('the way out to a client', () => {
  let server: net.Server
  let reader: net.Socket
  let replies: ReplySocket
  let drains: number

  beforeEach(async () => {
    server = net.createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    reader = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1').pause()
    const [accepted] = (await once(server, 'connection')) as [net.Socket]
    accepted.on('error', () => undefined)
    drains = 0
    replies = new ReplySocket(accepted, () => drains++)
  })

  afterEach(() => {
    reader.destroy()
    replies.socket.destroy()
    server.close()
  })

  function say(text: string): void {
    const output = new ReplyWriter()
    output.raw(text)
    replies.write(output)
  }

  async function received(length: number): Promise<string> {
    let text = ''
    reader.setEncoding('latin1').on('data', (piece: string) => (text += piece))
    reader.resume()
    await until(() => text.length >= length, {what: `${length} bytes arrive`})
    return text
  }

  it('takes one reply after the other, and keeps none', async () => {
    let said = ''
    for (let number = 0; number < 100; number++) {
      const reply = `:${number}\r\n`
      said += reply
      say(reply)
    }
    expect(replies.unsentBytes).to.equal(0)
    expect(await received(said.length)).to.equal(said)
  })

  it('keeps the order of what had to wait, tells how much that is, and when it has left', async () => {
    let said = ''
    for (let number = 0; said.length < MORE_THAN_BUFFERS_HOLD; number++) {
      const reply = `${number} \xff${'x'.repeat((number * 7919) % 60_000)}\r\n`
      said += reply
      say(reply)
    }
    expect(replies.unsentBytes).to.be.greaterThan(0)
    expect(await received(said.length)).to.equal(said)
    await until(() => replies.unsentBytes === 0 && drains > 0, {what: 'all has left'})
  })

  it('goes short of the stream again once nothing waits any more', async () => {
    const flood = 'x'.repeat(60_000)
    let sent = 0
    while (replies.unsentBytes === 0 && sent < MORE_THAN_BUFFERS_HOLD) {
      say(flood)
      sent += flood.length
    }
    const arriving = received(sent + 5)
    await until(() => replies.unsentBytes === 0, {what: 'the flood has left'})
    say('+OK\r\n')
    expect((await arriving).slice(-5)).to.equal('+OK\r\n')
  })
})
