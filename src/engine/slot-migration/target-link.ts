/** The source's connection to the target: log in, announce the migration, then talk in SYNCSLOTS commands. */
import {type Bytes, type LinkId} from '../ports.js'
import {type Reply, ReplyError, ReplyParser} from '../resp/reply-parser.js'
import {encodeRequest} from '../resp/request-writer.js'
import {type LinkEvents} from '../replication/services.js'
import {type MigrationHost} from './host.js'

/** A command or a reply of the target. */
export interface TargetEvents {
  connected(): void
  /** The target's answer to AUTH or ESTABLISH: `error` with its code, or undefined. */
  answered(error: string | undefined): void
  /** `CLUSTER SYNCSLOTS <word>`, in lower case. */
  asked(word: string): void
  /** The connection ended, or what came over it is no protocol; not told after `close`. */
  lost(reason: string): void
}

/** Bytes that wait for one turn's end are handed over in pieces of about this size. */
const CHUNK_BYTES = 64 * 1024

export class TargetLink implements LinkEvents {
  readonly #host: MigrationHost
  readonly #events: TargetEvents
  readonly #parser = new ReplyParser()
  #link: LinkId | undefined
  #text = ''
  #chunks: Uint8Array[] = []
  #chunkBytes = 0

  /** `target`: undefined for a node that nobody knows any more. */
  constructor(host: MigrationHost, target: ReturnType<MigrationHost['endpointOf']>, events: TargetEvents) {
    this.#host = host
    this.#events = events
    if (target !== undefined) this.#link = host.links.dial(target, this)
  }

  /** Bytes that were written and not sent, or sent and not gone. */
  get pendingBytes(): number {
    return this.heldBytes + this.unsentBytes
  }

  /** Written, and not sent yet. */
  get heldBytes(): number {
    return this.#text.length + this.#chunkBytes
  }

  /** Sent, and not taken by the network. */
  get unsentBytes(): number {
    return this.#link === undefined ? 0 : this.#host.links.unsentBytes(this.#link)
  }

  /** Kept until `flush`. */
  write(argv: readonly Bytes[]): void {
    this.#text += encodeRequest(argv)
    if (this.#text.length >= CHUNK_BYTES) this.#keepText()
  }

  /** Sends what was written, in its order. */
  flush(): void {
    this.#keepText()
    const chunks = this.#chunks
    this.#chunks = []
    this.#chunkBytes = 0
    for (const chunk of chunks) this.sendBytes(chunk)
  }

  /** At once, before what was written and not flushed. */
  sendBytes(bytes: Uint8Array): void {
    if (this.#link !== undefined) this.#host.links.send(this.#link, bytes)
  }

  send(argv: readonly Bytes[]): void {
    this.sendBytes(Buffer.from(encodeRequest(argv), 'latin1'))
  }

  close(): void {
    const link = this.#link
    this.#link = undefined
    this.#text = ''
    this.#chunks = []
    this.#chunkBytes = 0
    if (link !== undefined) this.#host.links.hangUp(link)
  }

  opened(): void {
    this.#events.connected()
  }

  bytes(_link: LinkId, chunk: Uint8Array): void {
    this.#parser.feed(chunk)
    // What is read may end the migration, and the connection with it.
    while (this.#link !== undefined) {
      const reply = this.#parser.next()
      if (reply === undefined) break
      this.#read(reply)
    }
    if (this.#parser.fault !== undefined && this.#link !== undefined) this.#lose(this.#parser.fault)
  }

  closed(_link: LinkId, reason: string): void {
    this.#link = undefined
    this.#lose(reason)
  }

  #read(reply: Reply): void {
    if (Array.isArray(reply)) {
      const [command, container, word] = reply.map(String)
      if (command?.toLowerCase() !== 'cluster' || container?.toLowerCase() !== 'syncslots' || word === undefined) {
        return this.#lose('the target sent what is no slot migration command')
      }
      this.#events.asked(word.toLowerCase())
    } else this.#events.answered(reply instanceof ReplyError ? reply.message : undefined)
  }

  #lose(reason: string): void {
    this.close()
    this.#events.lost(reason)
  }

  #keepText(): void {
    if (this.#text === '') return
    const bytes = Buffer.from(this.#text, 'latin1')
    this.#text = ''
    this.#chunks.push(bytes)
    this.#chunkBytes += bytes.length
  }
}
