/** Channels, patterns and shard channels: who listens, and what each of them is told. */
import {type Bytes} from '../ports.js'
import {keySlot} from '../keyspace/key-slot.js'
import {type Client} from './client.js'

/** The three kinds of subscriptions. Shard channels belong to the owner of their slot. */
export type SubscriptionKind = 'channel' | 'pattern' | 'shard'

const WORDS = {
  channel: {subscribe: 'subscribe', unsubscribe: 'unsubscribe'},
  pattern: {subscribe: 'psubscribe', unsubscribe: 'punsubscribe'},
  shard: {subscribe: 'ssubscribe', unsubscribe: 'sunsubscribe'},
} as const

/** Matches a channel against a pattern: the glob of KEYS, handed in. */
export type Matcher = (pattern: Bytes, text: Bytes) => boolean

export class PubSub {
  readonly #subscribers: Readonly<Record<SubscriptionKind, Map<Bytes, Set<Client>>>> = {
    channel: new Map<Bytes, Set<Client>>(),
    pattern: new Map<Bytes, Set<Client>>(),
    shard: new Map<Bytes, Set<Client>>(),
  }
  readonly #matches: Matcher
  /** A client has output now. */
  readonly #wrote: (client: Client) => void
  /** Carries a message to the other nodes of the cluster; installed by the cluster layer. */
  broadcast: (kind: 'channel' | 'shard', channel: Bytes, message: Bytes) => void = () => undefined

  constructor(matches: Matcher, wrote: (client: Client) => void) {
    this.#matches = matches
    this.#wrote = wrote
  }

  /** What a client is subscribed to. */
  static subscriptionsOf(client: Client, kind: SubscriptionKind): Set<Bytes> {
    if (kind === 'channel') return client.channels
    return kind === 'pattern' ? client.patterns : client.shardChannels
  }

  /** Adds a subscription and confirms it. */
  subscribe(client: Client, kind: SubscriptionKind, name: Bytes): void {
    PubSub.subscriptionsOf(client, kind).add(name)
    const subscribers = this.#subscribers[kind]
    const present = subscribers.get(name)
    if (present === undefined) subscribers.set(name, new Set([client]))
    else present.add(client)
    this.#confirm(client, WORDS[kind].subscribe, kind, name)
  }

  /** Ends a subscription, if there is one, and confirms it in any case. */
  unsubscribe(client: Client, kind: SubscriptionKind, name: Bytes): void {
    this.#remove(client, kind, name)
    this.#confirm(client, WORDS[kind].unsubscribe, kind, name)
  }

  /** Ends all subscriptions of a kind; without any, one confirmation of nothing. */
  unsubscribeAll(client: Client, kind: SubscriptionKind): void {
    const names = [...PubSub.subscriptionsOf(client, kind)]
    for (const name of names) this.unsubscribe(client, kind, name)
    if (names.length === 0) this.#confirm(client, WORDS[kind].unsubscribe, kind, undefined)
  }

  /** The client goes away, or starts afresh: nothing is said. */
  forget(client: Client): void {
    for (const kind of ['channel', 'pattern', 'shard'] as const) {
      for (const name of [...PubSub.subscriptionsOf(client, kind)]) this.#remove(client, kind, name)
    }
  }

  /** PUBLISH: to this node's subscribers and to the other nodes. @returns how many here got it */
  publish(channel: Bytes, message: Bytes): number {
    const receivers = this.deliver(channel, message)
    this.broadcast('channel', channel, message)
    return receivers
  }

  /** SPUBLISH. */
  publishToShard(channel: Bytes, message: Bytes): number {
    const receivers = this.deliverToShard(channel, message)
    this.broadcast('shard', channel, message)
    return receivers
  }

  /** To the subscribers of this node only: what another node has published, a keyspace event. */
  deliver(channel: Bytes, message: Bytes): number {
    let receivers = 0
    for (const client of this.#subscribers.channel.get(channel) ?? []) {
      this.#push(client, ['message', channel, message])
      receivers++
    }
    for (const [pattern, clients] of this.#subscribers.pattern) {
      if (!this.#matches(pattern, channel)) continue
      for (const client of clients) {
        this.#push(client, ['pmessage', pattern, channel, message])
        receivers++
      }
    }
    return receivers
  }

  deliverToShard(channel: Bytes, message: Bytes): number {
    const clients = this.#subscribers.shard.get(channel)
    if (clients === undefined) return 0
    for (const client of clients) this.#push(client, ['smessage', channel, message])
    return clients.size
  }

  /** The slot has left this node: its shard channels end, and their subscribers are told. */
  dropSlot(slot: number): void {
    for (const [channel, clients] of [...this.#subscribers.shard]) {
      if (keySlot(channel) !== slot) continue
      for (const client of [...clients]) {
        this.unsubscribe(client, 'shard', channel)
        this.#wrote(client)
      }
    }
  }

  /** Active names of a kind, in the order in which they came. */
  names(kind: SubscriptionKind): IterableIterator<Bytes> {
    return this.#subscribers[kind].keys()
  }

  countSubscribers(kind: SubscriptionKind, name: Bytes): number {
    return this.#subscribers[kind].get(name)?.size ?? 0
  }

  count(kind: SubscriptionKind): number {
    return this.#subscribers[kind].size
  }

  matches(pattern: Bytes, text: Bytes): boolean {
    return this.#matches(pattern, text)
  }

  #remove(client: Client, kind: SubscriptionKind, name: Bytes): void {
    if (!PubSub.subscriptionsOf(client, kind).delete(name)) return
    const subscribers = this.#subscribers[kind]
    const present = subscribers.get(name)
    present?.delete(client)
    if (present?.size === 0) subscribers.delete(name)
  }

  /** The confirmation counts channels and patterns together, shard channels by themselves. */
  #confirm(client: Client, word: string, kind: SubscriptionKind, name: Bytes | undefined): void {
    const {output} = client
    const silenced = unsilencePushes(client)
    output.push(3)
    output.bulk(word)
    output.bulkOrNull(name)
    output.integer(kind === 'shard' ? client.shardChannels.size : client.channels.size + client.patterns.size)
    output.silent = silenced
  }

  #push(client: Client, words: readonly Bytes[]): void {
    if (client.closing !== 'no') return
    const {output} = client
    const silenced = unsilencePushes(client)
    output.push(words.length)
    for (const word of words) output.bulk(word)
    output.silent = silenced
    this.#wrote(client)
  }
}

/** CLIENT REPLY OFF silences replies; what pub/sub says is none. @returns what `silent` was */
function unsilencePushes(client: Client): boolean {
  const {silent} = client.output
  if (silent && client.replies !== 'on') client.output.silent = false
  return silent
}
