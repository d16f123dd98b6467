/** A client of the cluster as applications use one: follows MOVED and ASK, and tries again where it is asked to. */
import {formatAddress, parseAddress, type Address} from '../../../model/address.js'
import {errorCode, parseRedirection} from '../../../model/redis-error.js'
import type {SlotId} from '../../../model/slot.js'
import {ManagerError, replyOf} from '../../error.js'
import type {Argument, ManagerClock, NodeClient, NodePool, Reply} from '../../ports.js'

export interface Redirections {
  readonly moved: number
  readonly asked: number
  /** TRYAGAIN, CLUSTERDOWN, LOADING: answered when it was tried again. */
  readonly tryAgain: number
}

/**
 * `answered`: carried out. `refused`: not carried out, or not within the time. `in-doubt`: sent, and never answered.
 */
export type Answer =
  | {readonly kind: 'answered'; readonly reply: Reply}
  | {readonly kind: 'refused'; readonly error: ManagerError}
  | {readonly kind: 'in-doubt'}

/** For how long a client goes on trying: longer than a failover takes. */
const PATIENCE_MS = 30_000
const PAUSE_MS = 20
const CHANNEL = 'canary'

const AGAIN = new Set(['TRYAGAIN', 'CLUSTERDOWN', 'LOADING', 'READONLY', 'MASTERDOWN'])

export class ClusterClient {
  readonly #pool: NodePool
  readonly #clock: ManagerClock
  readonly #owners: Map<SlotId, Address>
  readonly #addresses: readonly Address[]
  readonly #counts = {moved: 0, asked: 0, tryAgain: 0}
  readonly #carriedOut = new Map<string, Map<string, number>>()
  #next = 0

  /** @param owners as the cluster tells them when it begins */
  constructor(pool: NodePool, clock: ManagerClock, owners: ReadonlyMap<SlotId, Address>) {
    this.#pool = pool
    this.#clock = clock
    this.#owners = new Map(owners)
    this.#addresses = [...new Map([...owners.values()].map((each) => [formatAddress(each), each])).values()]
  }

  get redirections(): Redirections {
    return {...this.#counts}
  }

  /** How often each command was carried out on a node, by its name in lower case. */
  carriedOutOn(address: Address): ReadonlyMap<string, number> {
    return this.#carriedOut.get(formatAddress(address)) ?? new Map()
  }

  /** One command about keys of one slot. @param signal gives up, as when the time has passed */
  async send(slot: SlotId, command: readonly Argument[], signal?: AbortSignal): Promise<Answer> {
    const untilMs = this.#clock.nowMs() + PATIENCE_MS
    let asked: Address | undefined
    let last = new ManagerError('unreachable', 'no node took a canary write')
    while (this.#clock.nowMs() < untilMs && signal?.aborted !== true) {
      const address = asked ?? this.#owners.get(slot) ?? this.#anyAddress()
      const client = await this.#open(address)
      if (client === undefined) {
        // Another node knows who has taken over.
        asked = undefined
        this.#owners.set(slot, this.#anyAddress())
        await this.#clock.sleep(PAUSE_MS, signal)
        continue
      }
      const answer = await this.#ask(client, command, asked !== undefined)
      if (answer.kind !== 'refused') return answer
      last = answer.error
      asked = await this.#follow(slot, address, answer.error, signal)
      if (asked === undefined && !this.#isPassing(answer.error)) return answer
    }
    return {kind: 'refused', error: last}
  }

  async #open(address: Address): Promise<NodeClient | undefined> {
    try {
      return await this.#pool.connect(address, CHANNEL)
    } catch {
      return undefined
    }
  }

  async #ask(client: NodeClient, command: readonly Argument[], asking: boolean): Promise<Answer> {
    try {
      const replies = await client.pipeline(asking ? [['ASKING'], command] : [command])
      const reply = replies.at(-1)!
      if (reply instanceof ManagerError) return {kind: 'refused', error: reply}
      if (reply instanceof Error) throw reply
      this.#count(client.address, String(command[0]).toLowerCase())
      return {kind: 'answered', reply}
    } catch {
      return {kind: 'in-doubt'}
    }
  }

  /** @returns whom to ask next, and only once */
  async #follow(
    slot: SlotId,
    from: Address,
    error: ManagerError,
    signal: AbortSignal | undefined,
  ): Promise<Address | undefined> {
    const redirection = parseRedirection(replyOf(error))
    if (redirection === undefined) {
      if (this.#isPassing(error)) {
        this.#counts.tryAgain++
        await this.#clock.sleep(PAUSE_MS, signal)
      }
      return undefined
    }
    const to = endpointOf(redirection.endpoint, from)
    if (redirection.kind === 'ask') {
      this.#counts.asked++
      return to
    }
    this.#counts.moved++
    this.#owners.set(slot, to)
    return undefined
  }

  #isPassing(error: ManagerError): boolean {
    const reply = replyOf(error)
    return AGAIN.has(errorCode(reply)) || parseRedirection(reply) !== undefined
  }

  #anyAddress(): Address {
    return this.#addresses[this.#next++ % this.#addresses.length]!
  }

  #count({host, port}: Address, name: string): void {
    const node = formatAddress({host, port})
    const counts = this.#carriedOut.get(node) ?? new Map<string, number>()
    counts.set(name, (counts.get(name) ?? 0) + 1)
    this.#carriedOut.set(node, counts)
  }
}

/** A node that does not know its own host says only a port: it is where the answer came from. */
function endpointOf(endpoint: string, from: Address): Address {
  const colon = endpoint.lastIndexOf(':')
  const host = endpoint.slice(0, colon)
  const port = Number(endpoint.slice(colon + 1))
  if (host === '' || host === '?') return {...from, port}
  return parseAddress(endpoint) ?? {host, port, busPort: 0, hostname: ''}
}
