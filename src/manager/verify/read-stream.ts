/** A stream in pages: its entries, its groups, and what these wait for. */
import type {Digest} from '../../model/digest.js'
import {errorCode} from '../../model/redis-error.js'
import {replyOf} from '../error.js'
import type {Argument, NodeClient, Reply} from '../ports.js'
import {listReply} from '../reply.js'
import {StreamDigest} from './value-digest.js'

const ENTRIES_PER_PAGE = 500

/** @returns `null` when the stream is gone, or is none any more */
export async function readStream(client: NodeClient, key: Argument, asking: boolean): Promise<Digest | null> {
  const stream = new StreamReader(client, key, asking)
  try {
    return await stream.digest()
  } catch (error) {
    if (GONE.has(errorCode(replyOf(error)))) return null
    throw error
  }
}

/** `ERR no such key`, another type, another node. */
const GONE = new Set(['ERR', 'NOGROUP', 'WRONGTYPE', 'MOVED', 'ASK', 'TRYAGAIN'])

class StreamReader {
  readonly #client: NodeClient
  readonly #key: Argument
  readonly #asking: boolean
  readonly #digest = new StreamDigest()

  constructor(client: NodeClient, key: Argument, asking: boolean) {
    this.#client = client
    this.#key = key
    this.#asking = asking
  }

  async digest(): Promise<Digest> {
    const info = fieldsOf(await this.#list('XINFO', 'STREAM', this.#key))
    this.#digest.lastId(text(info.get('last-generated-id')))
    await this.#entries()
    for (const group of await this.#list('XINFO', 'GROUPS', this.#key)) {
      const fields = fieldsOf(Array.isArray(group) ? (group as readonly Reply[]) : [])
      const name = fields.get('name') as Buffer
      this.#digest.group({name, lastDelivered: text(fields.get('last-delivered-id'))})
      await this.#pending(name)
    }
    return this.#digest.finish()
  }

  async #entries(): Promise<void> {
    for (let from = '-'; ;) {
      const page = await this.#list('XRANGE', this.#key, from, '+', 'COUNT', ENTRIES_PER_PAGE)
      for (const entry of page) {
        const [id, fields] = entry as readonly [Reply, readonly Buffer[]]
        this.#digest.entry(text(id), fields)
        from = after(text(id))
      }
      if (page.length < ENTRIES_PER_PAGE) return
    }
  }

  async #pending(name: Buffer): Promise<void> {
    for (let from = '-'; ;) {
      const page = await this.#list('XPENDING', this.#key, name, from, '+', ENTRIES_PER_PAGE)
      for (const pending of page) {
        const [id, consumer] = pending as readonly [Reply, Buffer]
        this.#digest.pending({name}, {id: text(id), consumer})
        from = after(text(id))
      }
      if (page.length < ENTRIES_PER_PAGE) return
    }
  }

  async #list(...command: readonly Argument[]): Promise<readonly Reply[]> {
    const sent = this.#asking ? [['ASKING'], command] : [command]
    const replies = await this.#client.pipeline(sent, {bytes: true})
    return listReply(replies.at(-1)!, this.#client)
  }
}

function fieldsOf(list: readonly Reply[]): ReadonlyMap<string, Reply> {
  const pairs = list.flatMap((name, index) => (index % 2 === 0 ? [[text(name), list[index + 1] ?? null] as const] : []))
  return new Map(pairs)
}

function text(reply: Reply | undefined): string {
  return Buffer.isBuffer(reply) ? reply.toString('latin1') : String(reply ?? '')
}

/** The next id: servers before 6.2 know no `(id`. */
function after(id: string): string {
  const [ms = '0', sequence = '0'] = id.split('-')
  return `${ms}-${BigInt(sequence) + 1n}`
}
