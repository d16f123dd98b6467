/** Connections between nodes: who dialled one, or took one in, hears what happens on it. */
import {assert} from '../../model/assert.js'
import {type ConnectionId, type Endpoint, type LinkEffect, type LinkId} from '../ports.js'

export interface LinkOwner {
  opened(link: LinkId, peer: Endpoint, local: Endpoint): void
  /** The chunk belongs to the host: copy what is kept. */
  bytes(link: LinkId, chunk: Uint8Array): void
  /** Told once, also when dialling failed; never after `hangUp`. */
  closed(link: LinkId, reason: string): void
}

export class Links {
  readonly #owners = new Map<LinkId, LinkOwner>()
  /** Filled during a turn, emptied by the core at its end. */
  readonly effects: LinkEffect[] = []
  /** Bytes that the host has not been able to write yet, by link; absent: none. */
  readonly #unsent = new Map<LinkId, number>()
  #lastId = 0

  dial(to: Endpoint, owner: LinkOwner): LinkId {
    const link = ++this.#lastId
    this.#owners.set(link, owner)
    this.effects.push({kind: 'dial', link, to})
    return link
  }

  /** A link that the host accepted: `link` is negative. */
  adopt(link: LinkId, owner: LinkOwner): void {
    assert(link < 0, 'accepted links have negative numbers')
    this.#owners.set(link, owner)
  }

  /** The bytes are handed over: they must not be changed afterwards. */
  send(link: LinkId, bytes: Uint8Array): void {
    if (this.#owners.has(link)) this.effects.push({kind: 'send', link, bytes})
  }

  hangUp(link: LinkId): void {
    this.#unsent.delete(link)
    if (this.#owners.delete(link)) this.effects.push({kind: 'hang-up', link})
  }

  /** Takes out what this turn is to do on one link, in its order. */
  takeEffects(link: LinkId): LinkEffect[] {
    const isIts = (effect: LinkEffect): boolean => effect.kind !== 'gather' && effect.link === link
    const taken = this.effects.filter(isIts)
    if (taken.length === 0) return taken
    const left = this.effects.filter((effect) => !isIts(effect))
    this.effects.splice(0, this.effects.length, ...left)
    return taken
  }

  /** Small writes to a replica that connected to us may be gathered into larger packets. */
  gather(connection: ConnectionId): void {
    this.effects.push({kind: 'gather', connection})
  }

  /** The host has written what it could. */
  drained(link: LinkId, pendingBytes: number): void {
    if (pendingBytes > 0 && this.#owners.has(link)) this.#unsent.set(link, pendingBytes)
    else this.#unsent.delete(link)
  }

  /** What was sent on a link and has not left this process. */
  unsentBytes(link: LinkId): number {
    return this.#unsent.get(link) ?? 0
  }

  opened(link: LinkId, peer: Endpoint, local: Endpoint): void {
    this.#owners.get(link)?.opened(link, peer, local)
  }

  bytes(link: LinkId, chunk: Uint8Array): void {
    this.#owners.get(link)?.bytes(link, chunk)
  }

  closed(link: LinkId, reason: string): void {
    const owner = this.#owners.get(link)
    if (owner === undefined) return
    this.#owners.delete(link)
    this.#unsent.delete(link)
    owner.closed(link, reason)
  }
}
