/**
 * The data of a primary, as a replica would get it: SYNC over a socket of its own
 * (https://redis.io/docs/latest/operate/oss_and_stack/management/replication/).
 */
import type {Socket} from 'node:net'
import {formatAddress, type Address} from '../../model/address.js'
import {END_MARK_BYTES, ofLength, untilMark} from '../backup/payload.js'
import {ManagerError} from '../error.js'
import type {Argument, SnapshotSource} from '../ports.js'
import {openSocket, silentFor} from './plain-socket.js'
import type {PoolSettings} from './pool-settings.js'
import {encodeCommand, loginCommand, replyError} from './resp-words.js'
import {translateError} from './translate-error.js'

/** While it prepares its data the node sends a newline every second: silence for this long is a fault. */
const SILENCE_LIMIT_MS = 60_000
/** An error reply or a length is short: a longer line is no Redis server's. */
const LONGEST_LINE_BYTES = 4096
const NEWLINE = 0x0a

export async function openSnapshot(
  settings: PoolSettings,
  address: Address,
  signal: AbortSignal,
): Promise<SnapshotSource> {
  const socket = await openSocket(settings, address)
  socket.setTimeout(SILENCE_LIMIT_MS, () => void socket.destroy(silentFor(SILENCE_LIMIT_MS, address)))
  const stop = (): void => void socket.destroy(new ManagerError('interrupted', 'interrupted by the operator'))
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop, {once: true})
  socket.once('close', () => signal.removeEventListener('abort', stop))
  try {
    const dialogue = new Dialogue(socket, address)
    await logIn(dialogue, settings)
    // The stream of later writes is of no use here, and would pile up in the node's memory. An old node does not know the word.
    await dialogue.ask(['REPLCONF', 'rdb-only', '1'])
    return payloadOf(dialogue, await dialogue.ask(['SYNC']))
  } catch (error) {
    socket.destroy()
    throw translateError(error, address, ['SYNC'])
  }
}

async function logIn(dialogue: Dialogue, {credentials}: PoolSettings): Promise<void> {
  const command = loginCommand(credentials)
  if (command === undefined) return
  const reply = await dialogue.ask(command)
  if (reply.startsWith('-')) throw translateError(replyError(reply), dialogue.address, command)
}

/** `$<length>`, `$EOF:<mark>`, or an error. */
function payloadOf(dialogue: Dialogue, reply: string): SnapshotSource {
  if (reply.startsWith('-')) throw replyError(reply)
  const announced = /^\$(\d+)$/.exec(reply)
  const mark = /^\$EOF:(.+)$/.exec(reply)?.[1]
  if (announced !== null) {
    const bytes = Number(announced[1])
    const broken = (received: number): Error => brokenOff(dialogue.address, `${received} of ${bytes} bytes`)
    return {announcedBytes: bytes, chunks: dialogue.rest((chunks) => ofLength(chunks, bytes, broken))}
  }
  if (mark?.length === END_MARK_BYTES) {
    const broken = (received: number): Error => brokenOff(dialogue.address, `${received} bytes, without its end mark`)
    return {announcedBytes: null, chunks: dialogue.rest((chunks) => untilMark(chunks, Buffer.from(mark), broken))}
  }
  throw new ManagerError('protocol', 'gave an answer to SYNC that cannot be read', {
    node: formatAddress(dialogue.address),
    hint: 'is this a Redis or Valkey server?',
  })
}

/** One question at a time, one line for an answer; then everything that comes. */
class Dialogue {
  readonly address: Address
  readonly #socket: Socket
  readonly #chunks: AsyncIterator<Buffer, undefined>
  #unread: Buffer = Buffer.alloc(0)

  constructor(socket: Socket, address: Address) {
    this.address = address
    this.#socket = socket
    this.#chunks = socket[Symbol.asyncIterator]() as AsyncIterator<Buffer, undefined>
  }

  async ask(command: readonly Argument[]): Promise<string> {
    this.#socket.write(encodeCommand(command))
    for (;;) {
      const line = await this.#line()
      // A bare newline only says that the node is still at work.
      if (line !== '') return line
    }
  }

  async *rest(payload: (chunks: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      yield* payload(this.#all())
    } catch (error) {
      throw translateError(error, this.address, ['SYNC'])
    } finally {
      this.#socket.destroy()
    }
  }

  async *#all(): AsyncGenerator<Uint8Array> {
    if (this.#unread.length > 0) yield this.#unread
    for (;;) {
      const {done, value} = await this.#chunks.next()
      if (done === true) return
      yield value
    }
  }

  async #line(): Promise<string> {
    for (;;) {
      const end = this.#unread.indexOf(NEWLINE)
      if (end >= 0) {
        const line = this.#unread.toString('utf8', 0, end).replace(/\r$/, '')
        this.#unread = this.#unread.subarray(end + 1)
        return line
      }
      const {done, value} = await this.#chunks.next()
      if (done === true) {
        throw new ManagerError('unreachable', 'closed the connection', {node: formatAddress(this.address)})
      }
      this.#unread = Buffer.concat([this.#unread, value])
      if (this.#unread.length > LONGEST_LINE_BYTES && !this.#unread.includes(NEWLINE)) {
        throw new ManagerError('protocol', 'does not speak the Redis protocol', {node: formatAddress(this.address)})
      }
    }
  }
}

function brokenOff(address: Address, what: string): ManagerError {
  return new ManagerError('unreachable', `broke off its RDB transfer after ${what}`, {
    node: formatAddress(address),
    hint: "see the node's log; its client-output-buffer-limit for replicas or repl-timeout may be too low",
  })
}
