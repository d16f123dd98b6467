/**
 * For commands whose replies are a line each (`+OK`, a number, nil, an error) or one text (INFO). A client library makes some
 * objects of every command; to move 4,096 empty slots takes 25,000 commands, and half of the time went there. And a look at a
 * cluster is over before a library is loaded (docs/adr/0013).
 */
import type {Socket} from 'node:net'
import type {Address} from '../../model/address.js'
import type {ManagerError} from '../error.js'
import type {Argument, CallOptions, NodeClient, Reply} from '../ports.js'
import {openSocket} from './plain-socket.js'
import type {PoolSettings} from './pool-settings.js'
import {encodeCommands, loginCommand, replyError} from './resp-words.js'
import {timedOut, translateError} from './translate-error.js'

/** A longer line is no Redis server's. */
const LONGEST_LINE = 64 * 1024
/** `$-1` is a bulk string that there is not: what MEMORY USAGE says of a key that is gone. */
const BULK = /^\$(-1|\d{1,9})$/
const KEEP_ALIVE_MS = 15_000

/** Commands that were sent in one write, and what has been answered of them. */
interface Batch {
  readonly commands: readonly (readonly Argument[])[]
  readonly replies: (Reply | Error)[]
  readonly resolve: (replies: (Reply | Error)[]) => void
  readonly reject: (error: ManagerError) => void
}

/** @throws ManagerError as `NodePool.connect` does */
export async function openLineClient(settings: PoolSettings, address: Address): Promise<LineClient> {
  const client = new LineClient(await openSocket(settings, address), address, settings.commandTimeoutMs)
  const login = loginCommand(settings.credentials)
  try {
    if (login !== undefined) await client.call(login)
    return client
  } catch (error) {
    client.close()
    throw error
  }
}

export class LineClient implements NodeClient {
  readonly address: Address
  readonly #socket: Socket
  readonly #timeoutMs: number
  readonly #waiting: Batch[] = []
  #unread = ''
  #hasAnswered = false
  #failure: ManagerError | undefined

  /** @param timeoutMs how long commands may take when the call does not say */
  constructor(socket: Socket, address: Address, timeoutMs: number) {
    this.#socket = socket
    this.address = address
    this.#timeoutMs = timeoutMs
    socket.setKeepAlive(true, KEEP_ALIVE_MS).setEncoding('latin1')
    socket.on('data', (text: string) => this.#read(text))
    socket.on('error', (error) => this.#fail(error))
    socket.on('close', () => this.#fail(new Error('Socket closed')))
  }

  get usable(): boolean {
    return this.#failure === undefined
  }

  async call(command: readonly Argument[], options: CallOptions = {}): Promise<Reply> {
    const [reply] = await this.pipeline([command], options)
    if (reply instanceof Error) throw reply
    return reply!
  }

  pipeline(commands: readonly (readonly Argument[])[], options: CallOptions = {}): Promise<(Reply | Error)[]> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    if (commands.length === 0) return Promise.resolve([])
    const limitMs = options.timeoutMs ?? this.#timeoutMs
    return new Promise((resolve, reject) => {
      // Replies come in order: one that is late would be taken for the next command's.
      const late = setTimeout(() => this.#fail(timedOut(this.address, commands[0]!, limitMs)), limitMs)
      const settled =
        <T>(settle: (value: T) => void) =>
        (value: T): void => {
          clearTimeout(late)
          settle(value)
        }
      this.#waiting.push({commands, replies: [], resolve: settled(resolve), reject: settled(reject)})
      this.#socket.write(encodeCommands(commands))
    })
  }

  close(): void {
    this.#fail(new Error('Connection is closed'))
  }

  #read(chunk: string): void {
    this.#unread += chunk
    let from = 0
    for (let end = this.#unread.indexOf('\r\n'); end >= 0; end = this.#unread.indexOf('\r\n', from)) {
      const line = this.#unread.slice(from, end)
      const length = line.startsWith('$') ? lengthOf(line) : -1
      const next = length < 0 ? end + 2 : end + 2 + length + 2
      if (next > this.#unread.length) break
      this.#take(length < 0 ? this.#parse(line) : decoded(this.#unread.slice(end + 2, next - 2)))
      from = next
    }
    this.#unread = this.#unread.slice(from)
    if (!couldBeReply(this.#unread)) this.#fail(this.#unreadable())
  }

  #take(reply: Reply | Error | undefined): void {
    const batch = this.#waiting[0]
    if (batch === undefined || reply === undefined) return this.#fail(this.#unreadable())
    this.#hasAnswered = true
    batch.replies.push(reply)
    if (batch.replies.length < batch.commands.length) return
    this.#waiting.shift()
    batch.resolve(batch.replies)
  }

  /** @returns undefined for what is no reply of one line */
  #parse(line: string): Reply | Error | undefined {
    if (line.startsWith('+')) return line.slice(1)
    if (line.startsWith(':')) return Number(line.slice(1))
    if (line.startsWith('$')) return BULK.test(line) ? null : undefined
    if (!line.startsWith('-')) return undefined
    const batch = this.#waiting[0]
    return translateError(replyError(line), this.address, batch?.commands[batch.replies.length])
  }

  #unreadable(): ManagerError {
    return translateError(new Error('Protocol error'), this.address)
  }

  #fail(error: Error): void {
    if (this.#failure !== undefined) return
    const batch = this.#waiting[0]
    this.#failure = translateError(error, this.address, batch?.commands[0], this.#hasAnswered)
    this.#socket.destroy()
    for (const {reject} of this.#waiting.splice(0)) reject(this.#failure)
  }
}

/** What has come so far of a reply. What begins otherwise is something else, and may never end. */
function couldBeReply(unread: string): boolean {
  return unread === '' || unread.startsWith('$') || (/^[+:-]/.test(unread) && unread.length <= LONGEST_LINE)
}

/** Bytes of the text that follows; -1 where none does. */
function lengthOf(line: string): number {
  return Number(BULK.exec(line)?.[1] ?? -1)
}

/** A text that came as one character for each byte. */
function decoded(bytes: string): string {
  return /[\x80-\xff]/.test(bytes) ? Buffer.from(bytes, 'latin1').toString() : bytes
}
