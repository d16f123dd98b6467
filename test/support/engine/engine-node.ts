/** One engine node in the test's own process: no sockets, no clock; time moves when the test says so. */
import {applyFile} from '../../../src/engine/apply-turn.js'
import {assembleNode} from '../../../src/engine/node/assemble.js'
import {type NodeCore} from '../../../src/engine/node/core.js'
import {type FileEffect, type LinkEffect, type Storage} from '../../../src/engine/ports.js'
import {Config} from '../../../src/engine/server/config.js'
import {countingRng} from './seeded-rng.js'
import {parseReplies, type Reply} from './parse-replies.js'

export interface EngineNodeOptions {
  readonly config?: Readonly<Record<string, string>>
  readonly seed?: number
  readonly nowMs?: number
  /** Does what the node asks, at the end of each turn. */
  readonly disk?: Storage
}

/** Starts at 2024-01-01, so that expiry times read well. */
const EPOCH_MS = 1_704_067_200_000

export class EngineNode {
  readonly core: NodeCore
  nowMs: number
  /** Everything that left the node besides replies, in order. */
  readonly files: FileEffect[] = []
  readonly links: LinkEffect[] = []
  readonly #disk: Storage | undefined
  #lastClient = 0
  readonly #replies = new Map<number, Buffer>()

  constructor({config = {}, seed = 1, nowMs = EPOCH_MS, disk}: EngineNodeOptions = {}) {
    this.#disk = disk
    this.nowMs = nowMs
    this.core = assembleNode({
      config: new Config(Object.entries(config)),
      rng: countingRng(seed),
      stopwatch: () => 0,
      processId: 1,
      nowMs,
    })
  }

  /** A new connection. */
  connect(): EngineClient {
    const id = ++this.#lastClient
    this.turn((core) => core.clientOpened(id, {host: '127.0.0.1', port: 50_000 + id}, {host: '127.0.0.1', port: 6379}))
    return new EngineClient(this, id)
  }

  /** One pass of the event loop. */
  turn(work: (core: NodeCore) => void): void {
    this.core.beginTurn(this.nowMs)
    work(this.core)
    const output = this.core.endTurn()
    this.files.push(...output.files)
    for (const effect of output.files) this.#carryOut(effect)
    this.links.push(...output.links)
    for (const connection of output.writable) {
      const chunks = connection.output.take()
      const before = this.#replies.get(connection.id) ?? Buffer.alloc(0)
      this.#replies.set(connection.id, Buffer.concat([before, ...chunks]))
      if (connection.closing !== 'no') this.core.clientClosed(connection.id)
    }
  }

  /** Without a disk everything that is asked of it is done at once, and well. */
  #carryOut(effect: FileEffect): void {
    if (this.#disk === undefined) effect.done?.(undefined)
    else applyFile(effect, this.#disk)
  }

  /** Time passes; the node ticks every 100 ms on the way. */
  advance(ms: number): void {
    const end = this.nowMs + ms
    while (this.nowMs < end) {
      this.nowMs = Math.min(end, this.nowMs + 100)
      this.turn((core) => core.tick())
    }
  }

  /** Bytes that were sent to a client since the last look. */
  takeBytes(id: number): Buffer {
    const bytes = this.#replies.get(id) ?? Buffer.alloc(0)
    this.#replies.delete(id)
    return bytes
  }
}

export class EngineClient {
  readonly #node: EngineNode
  readonly id: number

  constructor(node: EngineNode, id: number) {
    this.#node = node
    this.id = id
  }

  /** Sends raw bytes in a turn of their own. */
  send(bytes: string | Uint8Array): void {
    const chunk = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes
    this.#node.turn((core) => core.clientBytes(this.id, chunk))
  }

  /** Sends one command and returns its one reply; `undefined` when none came (it blocks). */
  call(...words: readonly (string | number)[]): Reply | undefined {
    this.send(encodeRequest(words))
    return this.received()[0]
  }

  /** All replies and messages since the last look. */
  received(): Reply[] {
    return parseReplies(this.#node.takeBytes(this.id))
  }

  /** The reply as it stood on the wire. */
  raw(...words: readonly (string | number)[]): string {
    this.send(encodeRequest(words))
    return this.#node.takeBytes(this.id).toString('latin1')
  }
}

/** A RESP array of bulk strings; each character of a word is one byte. */
export function encodeRequest(words: readonly (string | number)[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${String(word).length}\r\n${word}\r\n`).join('')}`
}
