/** A client that writes all the time, as an application does, and keeps account of every write that was acknowledged. */
import {setImmediate as breathe} from 'node:timers/promises'
import {slotOf} from '../../src/model/slot.js'
import {RespConnection, RespError, type RespTarget, type RespValue} from './resp.js'
import type {ServerNode} from './server-nodes.js'

/** More than a slot's hand-over ever takes. */
const MOST_TRIES = 2_000

export class Traffic {
  readonly #targets: ReadonlyMap<string, RespTarget>
  readonly #connections = new Map<string, Promise<RespConnection>>()
  readonly #ownerOf = new Map<number, string>()
  readonly #acknowledged = new Map<string, string>()
  readonly #first: string
  #going = true
  #done: Promise<void> = Promise.resolve()

  private constructor(nodes: readonly ServerNode[]) {
    this.#targets = new Map(nodes.map((node) => [node.address, node]))
    this.#first = nodes[0]!.address
  }

  /** @param keys how many different keys are written over and over */
  static start(nodes: readonly ServerNode[], keys = 2_000): Traffic {
    const traffic = new Traffic(nodes)
    traffic.#done = traffic.#write(keys)
    return traffic
  }

  /** Ends the writing and reads everything back. @returns how many writes were acknowledged, and those that are lost */
  async stop(): Promise<{readonly writes: number; readonly lost: readonly string[]}> {
    this.#going = false
    await this.#done
    const lost: string[] = []
    for (const [key, value] of this.#acknowledged) {
      const found = await this.#command(key, ['GET', key])
      if (found !== value) lost.push(`${key}: ${String(found)} instead of ${value}`)
    }
    for (const connection of this.#connections.values()) (await connection).close()
    return {writes: this.#acknowledged.size, lost}
  }

  async #write(keys: number): Promise<void> {
    for (let number = 0; this.#going; number++) {
      const key = `traffic:${number % keys}`
      await this.#command(key, ['SET', key, `write ${number}`])
      this.#acknowledged.set(key, `write ${number}`)
      await breathe()
    }
  }

  /** Follows MOVED and ASK, and tries again where a cluster client does. */
  async #command(key: string, words: readonly string[]): Promise<RespValue> {
    const slot = slotOf(Buffer.from(key))
    let asking = false
    let address = this.#ownerOf.get(slot) ?? this.#first
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const connection = await this.#connect(address)
      const replies = await connection.pipeline(asking ? [['ASKING'], words] : [words])
      const reply = replies.at(-1)!
      if (!(reply instanceof RespError)) return reply
      const [code, , where] = reply.message.split(' ')
      asking = code === 'ASK'
      if (code === 'MOVED') this.#ownerOf.set(slot, where!)
      if (code === 'MOVED' || code === 'ASK') address = where!
      else if (code !== 'TRYAGAIN' && code !== 'CLUSTERDOWN') throw reply
      else address = this.#ownerOf.get(slot) ?? this.#first
    }
    throw new Error(`no node took ${words.join(' ')} in ${MOST_TRIES} tries`)
  }

  #connect(address: string): Promise<RespConnection> {
    const known = this.#connections.get(address)
    if (known !== undefined) return known
    const connection = RespConnection.open(this.#targets.get(address)!)
    this.#connections.set(address, connection)
    return connection
  }
}
