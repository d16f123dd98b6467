/** A small RESP2 client for assertions: it shares no code with the program under test, and never retries or redirects. */
import net from 'node:net'
import tls from 'node:tls'

export type RespValue = string | number | null | readonly RespValue[]

/** A reply that began with `-`. */
export class RespError extends Error {
  override readonly name = 'RespError'
}

export interface RespTarget {
  readonly host: string
  readonly port: number
  readonly username?: string | undefined
  readonly password?: string | undefined
  /** PEM contents; present means TLS. */
  readonly tls?: {readonly ca: string; readonly cert: string; readonly key: string} | undefined
}

interface Waiting {
  readonly resolve: (reply: RespValue | RespError) => void
  readonly reject: (error: Error) => void
}

const DEFAULT_TIMEOUT_MS = 10_000

/** One connection; replies come in the order of the commands. Bulk strings are read as latin1, so any byte survives. */
export class RespConnection {
  readonly #socket: net.Socket
  readonly #waiting: Waiting[] = []
  #unread: Buffer = Buffer.alloc(0)
  #failure: Error | undefined

  private constructor(socket: net.Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on('data', (chunk) => this.#read(chunk))
    socket.on('error', (error) => this.#fail(error))
    socket.on('close', () => this.#fail(new Error('connection closed')))
  }

  static async open(target: RespTarget, timeoutMs = DEFAULT_TIMEOUT_MS): Promise<RespConnection> {
    const {host, port} = target
    const socket = target.tls === undefined ? net.connect({host, port}) : tls.connect({host, port, ...target.tls})
    const giveUp = (): unknown => socket.destroy(new Error(`${host}:${port} did not answer within ${timeoutMs} ms`))
    socket.setTimeout(timeoutMs, giveUp)
    await new Promise<void>((resolve, reject) => {
      socket.once(target.tls === undefined ? 'connect' : 'secureConnect', resolve)
      socket.once('error', reject)
    })
    const connection = new RespConnection(socket)
    // From here on silence is a fault only while a reply is due.
    socket.off('timeout', giveUp).on('timeout', () => connection.#waiting.length > 0 && giveUp())
    if (target.password !== undefined) {
      const login = target.username === undefined ? [target.password] : [target.username, target.password]
      await connection.call('AUTH', ...login)
    }
    return connection
  }

  /** @throws RespError when the reply is an error. */
  async call(...command: readonly (string | number)[]): Promise<RespValue> {
    const [reply] = await this.pipeline([command])
    if (reply instanceof RespError) throw reply
    return reply!
  }

  /** All commands in one write; an error reply takes its command's place. @throws Error when the connection is or gets lost */
  async pipeline(commands: readonly (readonly (string | number)[])[]): Promise<(RespValue | RespError)[]> {
    // A socket that has been closed takes what is written without a word.
    if (this.#failure !== undefined) throw this.#failure
    const replies = commands.map(
      () => new Promise<RespValue | RespError>((resolve, reject) => this.#waiting.push({resolve, reject})),
    )
    this.#socket.write(Buffer.from(commands.map(encodeCommand).join(''), 'latin1'))
    return Promise.all(replies)
  }

  close(): void {
    this.#socket.destroy()
    this.#failure ??= new Error('connection closed')
  }

  #read(chunk: Buffer): void {
    this.#unread = this.#unread.length === 0 ? chunk : Buffer.concat([this.#unread, chunk])
    let offset = 0
    while (this.#waiting.length > 0) {
      const parsed = parseReply(this.#unread, offset)
      if (parsed === undefined) break
      offset = parsed.end
      this.#waiting.shift()!.resolve(parsed.value)
    }
    this.#unread = this.#unread.subarray(offset)
  }

  #fail(error: Error): void {
    this.#failure ??= error
    for (const {reject} of this.#waiting.splice(0)) reject(error)
  }
}

/** One command over a connection of its own. */
export async function command(target: RespTarget, ...words: readonly (string | number)[]): Promise<RespValue> {
  const connection = await RespConnection.open(target)
  try {
    return await connection.call(...words)
  } finally {
    connection.close()
  }
}

/** Text is taken as latin1 when it fits and as UTF-8 otherwise, so that binary keys read by us can be sent back unchanged. */
function encodeCommand(words: readonly (string | number)[]): string {
  const bulks = words.map((word) => {
    const text = String(word)
    const bytes = Buffer.from(text, 'latin1').toString('latin1') === text ? text : Buffer.from(text).toString('latin1')
    return `$${bytes.length}\r\n${bytes}\r\n`
  })
  return `*${bulks.length}\r\n${bulks.join('')}`
}

interface Parsed<T = RespValue | RespError> {
  readonly value: T
  readonly end: number
}

/** `undefined` when the reply is not complete yet. */
function parseReply(buffer: Buffer, start: number): Parsed | undefined {
  const lineEnd = buffer.indexOf('\r\n', start)
  if (lineEnd < 0) return undefined
  const line = buffer.toString('latin1', start + 1, lineEnd)
  const next = lineEnd + 2
  switch (String.fromCharCode(buffer[start]!)) {
    case '+':
      return {value: line, end: next}
    case '-':
      return {value: new RespError(line), end: next}
    case ':':
      return {value: Number(line), end: next}
    case '$':
      return parseBulk(buffer, next, Number(line))
    case '*':
      return parseArray(buffer, next, Number(line))
    default:
      throw new Error(`not RESP2: ${buffer.toString('latin1', start, lineEnd)}`)
  }
}

function parseBulk(buffer: Buffer, start: number, length: number): Parsed | undefined {
  if (length < 0) return {value: null, end: start}
  if (buffer.length < start + length + 2) return undefined
  return {value: buffer.toString('latin1', start, start + length), end: start + length + 2}
}

function parseArray(buffer: Buffer, start: number, length: number): Parsed | undefined {
  if (length < 0) return {value: null, end: start}
  const items: RespValue[] = []
  let end = start
  while (items.length < length) {
    const item = parseReply(buffer, end)
    if (item === undefined) return undefined
    items.push(item.value instanceof RespError ? item.value.message : item.value)
    end = item.end
  }
  return {value: items, end}
}
