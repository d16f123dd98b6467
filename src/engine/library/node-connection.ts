/** A client connection to a node of this process: what `node.call()` speaks through. Over a socket, as any other client's. */
import type net from 'node:net'
import {type Endpoint} from '../ports.js'
import {ReplyError, ReplyParser, type Reply as WireReply} from '../resp/reply-parser.js'
import {encodeRequest} from '../resp/request-writer.js'

/** Text is UTF-8. */
export type Reply = string | number | bigint | boolean | null | Reply[]

/** Longer than any blocking command of a test should wait. */
const DEFAULT_LIMIT_MS = 60_000

interface Waiting {
  readonly resolve: (reply: Reply) => void
  readonly reject: (error: Error) => void
  readonly timer: NodeJS.Timeout
}

export class NodeConnection {
  readonly #socket: net.Socket
  readonly #parser = new ReplyParser()
  readonly #waiting: Waiting[] = []
  readonly #name: string
  #open = true

  /** Takes a connection that is being made; commands may be sent right away. It keeps no process alive while nothing is asked. */
  constructor({host, port}: Endpoint, socket: net.Socket, password: string) {
    this.#name = `${host}:${port}`
    this.#socket = socket
    this.#socket.on('data', (chunk) => this.#read(chunk))
    this.#socket.on('error', (error) => this.#fail(`${this.#name}: ${error.message}`))
    this.#socket.on('close', () => this.#fail(`${this.#name} closed the connection`))
    this.#socket.unref()
    // A wrong password shows in the answer to what is asked next.
    if (password !== '') this.call(['AUTH', password]).catch(() => undefined)
  }

  get isOpen(): boolean {
    return this.#open
  }

  /** @throws Error with the node's words, or when the connection is lost or nothing comes in time: then it is closed */
  call(words: readonly (string | number)[], limitMs = DEFAULT_LIMIT_MS): Promise<Reply> {
    if (!this.#open) return Promise.reject(new Error(`the connection to ${this.#name} is closed`))
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#fail(`${this.#name} did not answer ${words[0]} in ${limitMs} ms`), limitMs)
      if (this.#waiting.length === 0) this.#socket.ref()
      this.#waiting.push({resolve, reject, timer})
      const request = encodeRequest(words.map((word) => Buffer.from(String(word)).toString('latin1')))
      this.#socket.write(request, 'latin1')
    })
  }

  close(): void {
    this.#fail(`the connection to ${this.#name} was closed`)
  }

  #read(chunk: Buffer): void {
    this.#parser.feed(chunk)
    for (let reply = this.#parser.next(); reply !== undefined; reply = this.#parser.next()) this.#settle(reply)
    if (this.#parser.fault !== undefined) this.#fail(`${this.#name}: ${this.#parser.fault}`)
  }

  #settle(reply: WireReply): void {
    const waiting = this.#waiting.shift()
    if (waiting === undefined) return
    clearTimeout(waiting.timer)
    if (reply instanceof ReplyError) waiting.reject(new Error(reply.message))
    else waiting.resolve(textOf(reply))
    if (this.#waiting.length === 0) this.#socket.unref()
  }

  #fail(why: string): void {
    this.#open = false
    this.#socket.destroy()
    for (const {reject, timer} of this.#waiting.splice(0)) {
      clearTimeout(timer)
      reject(new Error(why))
    }
  }
}

/** An error inside a list (EXEC) stays text. */
function textOf(reply: WireReply): Reply {
  if (typeof reply === 'string') return Buffer.from(reply, 'latin1').toString()
  if (Array.isArray(reply)) return reply.map(textOf)
  return reply instanceof ReplyError ? reply.message : reply
}
