/** The connection for commands that are answered in a line each, against a server that says what the test tells it to say. */
import {expect} from 'chai'
import {once} from 'node:events'
import net, {type AddressInfo} from 'node:net'
import {type LineClient, openLineClient} from '../../../../src/manager/io/line-client.js'
import type {PoolSettings} from '../../../../src/manager/io/pool-settings.js'
import {failureOf} from '../../../support/failure-of.js'

const REPLY_LIMIT_MS = 50

describe('a connection for replies of one line', () => {
  let server: net.Server
  let clients: LineClient[]
  let heard: string
  let chunks: Buffer[]
  let socket: net.Socket | undefined

  beforeEach(async () => {
    heard = ''
    chunks = []
    clients = []
    server = net.createServer((each) => {
      socket = each
      each.on('data', (chunk) => {
        heard += chunk.toString()
        chunks.push(chunk)
      })
      each.on('error', () => undefined)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  })

  afterEach(async () => {
    for (const client of clients) client.close()
    socket?.destroy()
    await new Promise((resolve) => server.close(resolve))
  })

  async function open(more: Partial<PoolSettings> = {}): Promise<LineClient> {
    const address = {host: '127.0.0.1', port: (server.address() as AddressInfo).port, busPort: 0, hostname: ''}
    const settings: PoolSettings = {
      credentials: {},
      connectTimeoutMs: 1000,
      commandTimeoutMs: 1000,
      family: 0,
      tls: undefined,
      ...more,
    }
    const client = await openLineClient(settings, address)
    clients.push(client)
    return client
  }

  async function answer(text: string): Promise<void> {
    while (socket === undefined || heard === '') await new Promise((resolve) => setImmediate(resolve))
    socket.write(text)
  }

  it('sends all commands in one write and gives each its reply, in order, however the replies are cut', async () => {
    const client = await open()
    const replies = client.pipeline([['PING'], ['CLUSTER', 'COUNTKEYSINSLOT', 5], ['CLUSTER', 'SETSLOT', 5, 'STABLE']])
    await answer('+PO')
    await answer('NG\r\n:12\r')
    await answer('\n-ERR no such slot\r\n')
    const [pong, count, error] = await replies
    expect([pong, count]).to.deep.equal(['PONG', 12])
    expect(error).to.be.instanceOf(Error).with.property('message', 'CLUSTER SETSLOT failed: ERR no such slot')
    expect(heard).to.equal(
      '*1\r\n$4\r\nPING\r\n*3\r\n$7\r\nCLUSTER\r\n$15\r\nCOUNTKEYSINSLOT\r\n$1\r\n5\r\n' +
        '*4\r\n$7\r\nCLUSTER\r\n$7\r\nSETSLOT\r\n$1\r\n5\r\n$6\r\nSTABLE\r\n',
    )
  })

  it('sends keys as the bytes that they are, and takes nil for an answer', async () => {
    const client = await open()
    const replies = client.pipeline([
      ['MEMORY', 'USAGE', Buffer.from([0xff, 0x00, 0x0d])],
      ['MEMORY', 'USAGE', 'schlüssel'],
    ])
    await answer('$-1\r\n:72\r\n')
    expect(await replies).to.deep.equal([null, 72])
    const sent = Buffer.concat(chunks)
    expect(sent.includes(Buffer.from('$3\r\n\xff\0\r\r\n', 'latin1'))).to.equal(true)
    expect(sent.includes(Buffer.from('$10\r\nschlüssel\r\n'))).to.equal(true)
  })

  it('keeps batches apart that are under way at the same time', async () => {
    const client = await open()
    const both = Promise.all([client.pipeline([['PING'], ['PING']]), client.call(['CLUSTER', 'MYID'])])
    await answer('+1\r\n+2\r\n+3\r\n')
    expect(await both).to.deep.equal([['1', '2'], '3'])
  })

  it('logs in before it is handed out, and says that the node refused it', async () => {
    const opening = open({credentials: {username: 'ops', password: 'secret'}})
    await answer('-WRONGPASS invalid username-password pair\r\n')
    expect(await failureOf(opening)).to.have.property('code', 'login-failed')
    expect(heard).to.contain('AUTH\r\n$3\r\nops\r\n$6\r\nsecret\r\n')
  })

  it('gives up on a reply that does not come, and takes no late one for another command’s', async () => {
    const client = await open({commandTimeoutMs: REPLY_LIMIT_MS})
    const late = await failureOf(client.call(['CLUSTER', 'SETSLOT', 1, 'STABLE']))
    expect(late).to.include({code: 'timed-out', message: 'CLUSTER SETSLOT: no answer within 50 ms'})
    expect(client.usable).to.equal(false)
    expect(await failureOf(client.call(['PING']))).to.equal(late)
  })

  it('fails everything that waits when the node goes away in the middle', async () => {
    const client = await open()
    const both = [failureOf(client.pipeline([['PING'], ['PING']])), failureOf(client.call(['PING']))]
    await answer('+PONG\r\n')
    socket!.end()
    for (const error of await Promise.all(both)) {
      expect(error).to.include({code: 'unreachable', message: 'closed the connection'})
      expect(error.hint).to.contain('it went away in the middle')
    }
  })

  it('reads a text, whose lines are none of the replies, however it is cut', async () => {
    const client = await open()
    const replies = client.pipeline([['INFO'], ['PING'], ['CLUSTER', 'INFO']])
    await answer('$15\r\n# Server\r')
    await answer('\n+OK\r')
    await answer('\n\r\n+PONG\r\n$0\r\n\r\n')
    expect(await replies).to.deep.equal(['# Server\r\n+OK\r\n', 'PONG', ''])
  })

  it('takes a text for UTF-8', async () => {
    const client = await open()
    const reply = client.call(['INFO'])
    await answer(`$${Buffer.byteLength('dir:/schlüssel')}\r\ndir:/schlüssel\r\n`)
    expect(await reply).to.equal('dir:/schlüssel')
  })

  for (const [what, bytes] of [
    ['a list', '*1\r\n:1\r\n'],
    ['a greeting of another protocol', 'HTTP/1.1 400 Bad Request\r\n'],
    ['what TLS says to plain text, which is no line', '\x15\x03\x01'],
    ['a length that is none', '$5x\r\n'],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const client = await open()
      const failure = failureOf(client.call(['GET', 'key']))
      await answer(bytes)
      expect(await failure).to.have.property('code', 'protocol')
    })
  }
})
