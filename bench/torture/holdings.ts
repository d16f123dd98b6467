/** All keys of all servers after a round: who holds each, and whether a client finds it there. */
import {slotOf} from '../../src/model/slot.js'
import {selfOf} from '../../test/support/cluster-facts.js'
import type {RespTarget} from '../../test/support/resp.js'
import type {ServerNode} from '../../test/support/server-nodes.js'
import {digest} from '../../test/support/test-data.js'

export interface Stray {
  readonly key: string
  readonly address: string
  readonly isHeldByOwner: boolean
}

interface Held {
  /** What the owner of the key's slot has: type, whether it expires, the value. */
  value: string | undefined
  /** Addresses of primaries that have the key although its slot is another's. */
  readonly elsewhere: string[]
}

export class Holdings {
  readonly #keys: ReadonlyMap<string, Held>

  private constructor(keys: ReadonlyMap<string, Held>) {
    this.#keys = keys
  }

  /** Reads every primary whole. @throws Error when one does not answer */
  static async read(nodes: Iterable<ServerNode>): Promise<Holdings> {
    const keys = new Map<string, Held>()
    for (const node of nodes) {
      const {slots, primaryId} = await selfOf(node)
      if (primaryId !== null) continue
      for (const [key, value] of await digest([node])) {
        const held = keys.get(key) ?? {value: undefined, elsewhere: []}
        keys.set(key, held)
        if (slots.has(slotOf(Buffer.from(key)))) held.value = value
        else held.elsewhere.push(node.address)
      }
    }
    return new Holdings(keys)
  }

  /** A server that is not in a cluster. */
  static async readStandalone(target: RespTarget): Promise<ReadonlyMap<string, string>> {
    return digest([target])
  }

  /** As `digest` puts it: `string stays "value"`. */
  textOf(key: string): string | undefined {
    return this.#keys.get(key)?.value
  }

  /** The value alone; `undefined` when no client would find the key. */
  valueOf(key: string): unknown {
    const text = this.textOf(key)
    // A slot that is still open answers with a redirection instead.
    if (text === undefined || text.includes(' error ')) return undefined
    return JSON.parse(text.slice(text.indexOf(' ', text.indexOf(' ') + 1) + 1)) as unknown
  }

  /** Keys that a primary has although it does not own their slot. */
  get strays(): readonly Stray[] {
    return [...this.#keys].flatMap(([key, {value, elsewhere}]) =>
      elsewhere.map((address) => ({key, address, isHeldByOwner: value !== undefined})),
    )
  }

  keys(): IterableIterator<string> {
    return this.#keys.keys()
  }
}
