import {createServer, type Server, type Socket} from 'node:net'
import type {AddressInfo} from 'node:net'
import {expect} from 'chai'
import {toManagerError, type ManagerError} from '../../../../src/manager/error.js'
import {openSnapshot} from '../../../../src/manager/io/snapshot-stream.js'
import type {Credentials} from '../../../../src/manager/ports.js'
import {address} from '../../../../src/model/address.js'

const MARK = '0123456789abcdef0123456789abcdef01234567'
const PAYLOAD = 'REDIS0010 and so on'

/** Says the next of `lines` to each command, and hangs up when there is no more to say. */
class Primary {
  readonly heard: string[] = []
  readonly #server: Server
  readonly #lines: string[]

  constructor(...lines: readonly string[]) {
    this.#lines = [...lines]
    this.#server = createServer((socket) => this.#serve(socket))
  }

  async start(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return (this.#server.address() as AddressInfo).port
  }

  stop(): void {
    this.#server.close()
  }

  #serve(socket: Socket): void {
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => {
      this.heard.push(
        chunk
          .toString()
          .split('\r\n')
          .filter((_, index) => index > 0 && index % 2 === 0)
          .join(' '),
      )
      const line = this.#lines.shift()
      if (line !== undefined) socket.write(line)
      if (this.#lines.length === 0) socket.end()
    })
  }
}

interface Heard {
  readonly payload: string
  readonly announcedBytes: number | null | undefined
  readonly error: ManagerError | undefined
}

async function read(
  primary: Primary,
  credentials: Credentials = {},
  signal = new AbortController().signal,
): Promise<Heard> {
  const port = await primary.start()
  const settings = {credentials, tls: undefined, connectTimeoutMs: 1_000, commandTimeoutMs: 1_000, family: 0} as const
  let announcedBytes: number | null | undefined
  let payload = ''
  let error: ManagerError | undefined
  try {
    const snapshot = await openSnapshot(settings, address('127.0.0.1', port), signal)
    announcedBytes = snapshot.announcedBytes
    for await (const chunk of snapshot.chunks) payload += Buffer.from(chunk).toString()
  } catch (thrown) {
    error = toManagerError(thrown)
  } finally {
    primary.stop()
  }
  return {payload, announcedBytes, error}
}

describe('the data of a primary over a raw socket', () => {
  it('comes with its length, after any number of newlines while the primary prepares it', async () => {
    const primary = new Primary('+OK\r\n', `\n\n\n$${PAYLOAD.length}\r\n${PAYLOAD}*1\r\n$4\r\nPING\r\n`)
    expect(await read(primary)).to.deep.equal({payload: PAYLOAD, announcedBytes: PAYLOAD.length, error: undefined})
    expect(primary.heard).to.deep.equal(['REPLCONF rdb-only 1', 'SYNC'])
  })

  it('comes without a length, until the mark', async () => {
    const primary = new Primary('+OK\r\n', `$EOF:${MARK}\r\n${PAYLOAD}${MARK}`)
    expect(await read(primary)).to.deep.equal({payload: PAYLOAD, announcedBytes: null, error: undefined})
  })

  it('logs in first, as a user where there is one', async () => {
    const primary = new Primary('+OK\r\n', '+OK\r\n', '$0\r\n')
    await read(primary, {username: 'bob', password: 'p w'})
    expect(primary.heard[0]).to.equal('AUTH bob p w')
  })

  it('does without rdb-only where the primary does not know it', async () => {
    const primary = new Primary('-ERR Unrecognized REPLCONF option: rdb-only\r\n', `$${PAYLOAD.length}\r\n${PAYLOAD}`)
    expect(await read(primary)).to.include({payload: PAYLOAD, error: undefined})
  })

  const refusals: readonly (readonly [string, readonly string[], string, RegExp])[] = [
    ['a refused login', ['-WRONGPASS invalid username-password pair\r\n'], 'login-failed', /login refused/],
    ['a missing right', ['+OK\r\n', '+OK\r\n', '-NOPERM no permissions\r\n'], 'not-permitted', /SYNC refused/],
    ['a refused SYNC', ['+OK\r\n', '+OK\r\n', '-LOADING Redis is loading\r\n'], 'error-reply', /SYNC failed: LOADING/],
    ['something else', ['+OK\r\n', '+OK\r\n', '+PONG\r\n'], 'protocol', /cannot be read/],
    ['a lost connection', ['+OK\r\n', '+OK\r\n', '$100\r\n12345'], 'unreachable', /after 5 of 100 bytes/],
    ['a lost mark', ['+OK\r\n', '+OK\r\n', `$EOF:${MARK}\r\n12345`], 'unreachable', /without its end mark/],
  ]
  for (const [what, lines, code, message] of refusals) {
    it(`names the node and the reason: ${what}`, async () => {
      const {error} = await read(new Primary(...lines), {password: 'secret'})
      expect(error?.code).to.equal(code)
      expect(error?.message).to.match(message)
      expect(error?.node).to.match(/^127\.0\.0\.1:\d+$/)
    })
  }

  it('says that nobody listens', async () => {
    const settings = {credentials: {}, tls: undefined, connectTimeoutMs: 500, commandTimeoutMs: 500, family: 0} as const
    const failure = openSnapshot(settings, address('127.0.0.1', 1), new AbortController().signal)
    const error = await failure.then(() => undefined, toManagerError)
    expect(error).to.include({code: 'unreachable', node: '127.0.0.1:1'})
  })

  it('stops when the operator wants it to', async () => {
    const operator = new AbortController()
    operator.abort()
    expect((await read(new Primary('+OK\r\n', '$5\r\n'), {}, operator.signal)).error).to.include({code: 'interrupted'})
  })
})
