/** The manager's connection to a simulated node: RESP over a virtual wire, with time limits on the virtual clock. */
import type {SimConnection} from '../engine/sim/sim-client.js'
import {ReplyError, ReplyParser, type Reply as ParsedReply} from '../engine/resp/reply-parser.js'
import type {Address} from '../model/address.js'
import type {ManagerError} from '../manager/error.js'
import {encodeCommands, replyError} from '../manager/io/resp-words.js'
import {timedOut, translateError} from '../manager/io/translate-error.js'
import type {Argument, CallOptions, NodeClient, Reply} from '../manager/ports.js'
import type {Lifeline} from './lifeline.js'

/** Commands that were sent in one write, and what has been answered of them. */
interface Batch {
  readonly commands: readonly (readonly Argument[])[]
  readonly bytes: boolean
  readonly replies: (Reply | Error)[]
  readonly resolve: (replies: (Reply | Error)[]) => void
  readonly reject: (error: ManagerError) => void
  readonly forgetLimit: () => void
}

export class SimNodeClient implements NodeClient {
  readonly address: Address
  readonly #lifeline: Lifeline
  readonly #timeoutMs: number
  readonly #connection: SimConnection
  readonly #parser = new ReplyParser()
  readonly #released: () => void
  readonly #waiting: Batch[] = []
  #failure: ManagerError | undefined
  #hasAnswered = false
  #opened: {resolve(): void; reject(error: ManagerError): void} | undefined

  /** @param timeoutMs how long a command may take when the call does not say */
  constructor(lifeline: Lifeline, address: Address, timeoutMs: number) {
    this.address = address
    this.#lifeline = lifeline
    this.#timeoutMs = timeoutMs
    this.#connection = lifeline.stage.simulator.connect(
      {host: address.host, port: address.port},
      {
        onOpen: () => this.#open(),
        onBytes: (chunk) => this.#read(chunk),
        onClose: (reason) => this.#fail(new Error(reason)),
      },
    )
    this.#released = lifeline.holds(() => this.#connection.close())
  }

  get usable(): boolean {
    return this.#failure === undefined
  }

  /** Until the connection stands. @throws ManagerError `unreachable` or `timed-out` */
  opened(limitMs: number): Promise<void> {
    return this.#lifeline.promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure)
      const forgetLimit = this.#lifeline.after(limitMs, () => this.#fail(new Error('connect ETIMEDOUT')))
      this.#opened = {
        resolve: () => (forgetLimit(), resolve()),
        reject: (error) => (forgetLimit(), reject(error)),
      }
    })
  }

  async call(command: readonly Argument[], options: CallOptions = {}): Promise<Reply> {
    const [reply] = await this.pipeline([command], options)
    if (reply instanceof Error) throw reply
    return reply!
  }

  pipeline(commands: readonly (readonly Argument[])[], options: CallOptions = {}): Promise<(Reply | Error)[]> {
    const {timeoutMs: limitMs = this.#timeoutMs, bytes = false} = options
    if (commands.length === 0) return Promise.resolve([])
    return this.#lifeline.promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure)
      // Whoever is killed between two commands has sent the first and not the second.
      const sent = this.#lifeline.allowed(this.address, commands)
      if (sent.length > 0) this.#connection.send(Buffer.from(encodeCommands(sent)))
      if (sent.length < commands.length) return this.#lifeline.cut()
      const late = (): void => this.#fail(timedOut(this.address, commands[0]!, limitMs))
      const forgetLimit = this.#lifeline.after(limitMs, late)
      this.#waiting.push({commands, bytes, replies: [], resolve, reject, forgetLimit})
    })
  }

  close(): void {
    this.#fail(new Error('Connection is closed'))
  }

  #open(): void {
    this.#opened?.resolve()
    this.#opened = undefined
  }

  #read(chunk: Uint8Array): void {
    if (this.#failure !== undefined) return
    this.#parser.feed(chunk)
    for (let reply = this.#parser.next(); reply !== undefined; reply = this.#parser.next()) this.#take(reply)
    if (this.#parser.fault !== undefined) this.#fail(new Error(`Protocol error, ${this.#parser.fault}`))
  }

  #take(parsed: ParsedReply): void {
    const batch = this.#waiting[0]
    if (batch === undefined) return this.#fail(new Error('Protocol error, a reply that nobody asked for'))
    this.#hasAnswered = true
    const command = batch.commands[batch.replies.length]
    batch.replies.push(
      parsed instanceof ReplyError
        ? translateError(replyError(`-${parsed.message}`), this.address, command)
        : toReply(parsed, batch.bytes),
    )
    if (batch.replies.length < batch.commands.length) return
    this.#waiting.shift()
    batch.forgetLimit()
    batch.resolve(batch.replies)
  }

  #fail(error: Error): void {
    if (this.#failure !== undefined) return
    const command = this.#waiting[0]?.commands[0]
    this.#failure = translateError(error, this.address, command, this.#hasAnswered)
    this.#released()
    this.#connection.close()
    this.#opened?.reject(this.#failure)
    this.#opened = undefined
    for (const {reject, forgetLimit} of this.#waiting.splice(0)) {
      forgetLimit()
      reject(this.#failure)
    }
  }
}

/** What the parser gives, in the shapes that the manager's own clients give. */
function toReply(parsed: ParsedReply, bytes: boolean): Reply {
  if (typeof parsed === 'string') {
    const raw = Buffer.from(parsed, 'latin1')
    return bytes ? raw : raw.toString()
  }
  if (parsed instanceof ReplyError) return replyError(`-${parsed.message}`) as unknown as Reply
  if (Array.isArray(parsed)) return parsed.map((item) => toReply(item, bytes))
  if (typeof parsed === 'bigint') return parsed.toString()
  return typeof parsed === 'boolean' ? Number(parsed) : parsed
}
