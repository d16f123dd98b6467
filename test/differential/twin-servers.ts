/** The two who are asked the same: a real redis-server and an engine node in this process. */
import net from 'node:net'
import {EngineNode, encodeRequest, type EngineClient} from '../support/engine/engine-node.js'
import {parseReplies, type Reply} from '../support/engine/parse-replies.js'
import {type ServerNode} from '../support/server-nodes.js'

const SILENCE_MS = 20_000

/** One client of each. */
export class TwinServers {
  readonly #socket: net.Socket
  readonly #engine: EngineNode
  readonly #client: EngineClient
  #received: Buffer[] = []
  #heard: () => void = () => undefined

  private constructor(socket: net.Socket, engine: EngineNode) {
    this.#socket = socket
    this.#engine = engine
    this.#client = engine.connect()
    socket.on('data', (chunk) => {
      this.#received.push(chunk)
      this.#heard()
    })
    socket.on('close', () => this.#heard())
  }

  static async connect({host, port}: ServerNode, config: Readonly<Record<string, string>>): Promise<TwinServers> {
    const socket = net.connect(port, host)
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    return new TwinServers(socket, new EngineNode({config, nowMs: Date.now()}))
  }

  close(): void {
    this.#socket.destroy()
  }

  /**
   * Sends a batch to both and returns what each said, in order. ECHO of a mark tells where the batch ends; DISCARD before it ends a
   * transaction that is still open, in which the mark would be queued.
   */
  async ask(batch: readonly (readonly string[])[]): Promise<{theirs: Reply[]; ours: Reply[]}> {
    const mark = 'the-batch-ends-here'
    const request = Buffer.from([...batch, ['DISCARD'], ['ECHO', mark]].map(encodeRequest).join(''), 'latin1')
    const end = Buffer.from(`$${mark.length}\r\n${mark}\r\n`)
    this.#socket.write(request)
    this.#engine.nowMs = Date.now()
    this.#client.send(request)
    await this.#untilTheyAnswered(end)
    const theirs = parseReplies(Buffer.concat(this.#received))
    this.#received = []
    return {theirs: theirs.slice(0, -2), ours: await this.#ourReplies(mark)}
  }

  /** @throws Error when the server hangs up first, or is silent for too long */
  async #untilTheyAnswered(end: Buffer): Promise<void> {
    const deadline = setTimeout(() => this.#socket.destroy(), SILENCE_MS)
    try {
      while (!this.#endsWith(end)) {
        if (this.#socket.destroyed) throw new Error('redis-server hung up, or said nothing any more')
        await new Promise<void>((resolve) => (this.#heard = resolve))
      }
    } finally {
      clearTimeout(deadline)
    }
  }

  #endsWith(end: Buffer): boolean {
    const last = this.#received.at(-1)
    if (last === undefined) return false
    const tail = last.length >= end.length ? last : Buffer.concat(this.#received)
    return tail.subarray(-end.length).equals(end)
  }

  /** Blocked commands of ours go on when time moves. */
  async #ourReplies(mark: string): Promise<Reply[]> {
    const replies: Reply[] = this.#client.received()
    for (let waits = 0; replies.at(-1) !== mark && waits < 20_000; waits++) {
      this.#engine.nowMs += 1
      this.#engine.turn(() => undefined)
      replies.push(...this.#client.received())
    }
    return replies.slice(0, -2)
  }
}
