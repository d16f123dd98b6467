/** A cluster client that never guesses: of each write it says whether it was acknowledged, or that nobody can know. */
import {setTimeout as sleep} from 'node:timers/promises'
import {slotOf} from '../../src/model/slot.js'
import {RespConnection, RespError, type RespTarget, type RespValue} from '../../test/support/resp.js'

/** `unknown`: the connection was lost before the reply, or no replica had it in time. `unsent`: no node took it before the end. */
export type Fate = 'acknowledged' | 'unknown' | 'unsent'

export interface ClientOptions {
  /** A write counts as acknowledged only when a replica has it, too: for rounds in which a replica takes over. */
  readonly waitForReplica: boolean
  /** Checked between tries: true ends them. */
  readonly isOver: () => boolean
}

/** Connections of writers bear this name, so that a fault that is meant for the tool can leave them alone. */
export const WRITER_NAME = 'torture-writer'

/**
 * Longer than any fault of a round. A command is given up only when its connection is closed: one that was left behind in a
 * stopped server's socket would be carried out after its successors.
 */
const PATIENCE_MS = 40_000
const PAUSE_MS = 15
const REPLICA_WAIT_MS = 200

export class ClusterClient {
  readonly #targets: ReadonlyMap<string, RespTarget>
  readonly #options: ClientOptions
  readonly #connections = new Map<string, RespConnection>()
  readonly #ownerOf = new Map<number, string>()

  /** @param targets every server of the round by its `host:port` */
  constructor(targets: ReadonlyMap<string, RespTarget>, options: ClientOptions) {
    this.#targets = targets
    this.#options = options
  }

  /** Follows MOVED and ASK, and tries again as long as the servers say that the write was not carried out. */
  async write(key: string, words: readonly (string | number)[]): Promise<Fate> {
    const slot = slotOf(Buffer.from(key))
    let address = this.#ownerOf.get(slot) ?? this.#anyAddress()
    let asking = false
    while (!this.#options.isOver()) {
      const replies = await this.#send(address, asking, words)
      if (replies === 'lost') return 'unknown'
      if (replies === 'refused') {
        await sleep(PAUSE_MS)
        this.#ownerOf.delete(slot)
        address = this.#anyAddress()
        asking = false
        continue
      }
      const [reply, copies] = replies
      if (!(reply instanceof RespError)) return this.#fateOf(copies)
      const [code, , where] = reply.message.split(' ')
      asking = code === 'ASK'
      if (code === 'MOVED') this.#ownerOf.set(slot, where!)
      if (code === 'MOVED' || code === 'ASK') address = where!
      else {
        // CLUSTERDOWN, TRYAGAIN, LOADING, READONLY …: refused, so not carried out.
        await sleep(PAUSE_MS)
        address = this.#anyAddress()
      }
    }
    return 'unsent'
  }

  close(): void {
    for (const connection of this.#connections.values()) connection.close()
  }

  #fateOf(copies: RespValue | RespError | undefined): Fate {
    if (!this.#options.waitForReplica) return 'acknowledged'
    return typeof copies === 'number' && copies >= 1 ? 'acknowledged' : 'unknown'
  }

  /** The reply and WAIT's; `refused` when no connection came about, `lost` when it broke with the command under way. */
  async #send(
    address: string,
    asking: boolean,
    words: readonly (string | number)[],
  ): Promise<readonly (RespValue | RespError)[] | 'refused' | 'lost'> {
    const connection = await this.#connect(address)
    if (connection === undefined) return 'refused'
    const before = asking ? [['ASKING']] : []
    const after = this.#options.waitForReplica ? [['WAIT', 1, REPLICA_WAIT_MS]] : []
    try {
      const replies = await connection.pipeline([...before, words, ...after])
      return replies.slice(before.length)
    } catch {
      connection.close()
      this.#connections.delete(address)
      return 'lost'
    }
  }

  async #connect(address: string): Promise<RespConnection | undefined> {
    const known = this.#connections.get(address)
    if (known !== undefined) return known
    const target = this.#targets.get(address)
    if (target === undefined) return undefined
    try {
      const connection = await RespConnection.open(target, PATIENCE_MS)
      await connection.call('CLIENT', 'SETNAME', WRITER_NAME)
      this.#connections.set(address, connection)
      return connection
    } catch {
      return undefined
    }
  }

  #anyAddress(): string {
    const all = [...this.#targets.keys()]
    return all[Math.floor(Math.random() * all.length)]!
  }
}
