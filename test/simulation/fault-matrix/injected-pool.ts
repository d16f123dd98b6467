/** Connections on which something may go wrong at a chosen command: another answer than the node's, or none, or a lost connection. */
import {formatAddress, type Address} from '../../../src/model/address.js'
import {ManagerError} from '../../../src/manager/error.js'
import {replyError} from '../../../src/manager/io/resp-words.js'
import {timedOut, translateError} from '../../../src/manager/io/translate-error.js'
import type {
  Argument,
  CallOptions,
  Credentials,
  NodeClient,
  NodePool,
  Reply,
  SnapshotReader,
  SnapshotSource,
} from '../../../src/manager/ports.js'
import type {Lifeline} from '../../../src/rehearsal/lifeline.js'

export type Command = readonly Argument[]

/** What becomes of a command. `undefined`: it goes its way. */
export type Mishap =
  /** The node says this instead of doing it; with the `-` of an error. */
  | {readonly kind: 'answers'; readonly reply: string}
  /** It never arrives, and the connection is lost. */
  | {readonly kind: 'lost-before'}
  /** It is carried out, and the connection is lost before the answer is there. */
  | {readonly kind: 'lost-after'}
  /** It is carried out, and nothing is ever heard of it. */
  | {readonly kind: 'no-answer'}
  /** It is carried out, and what comes back is no RESP. */
  | {readonly kind: 'garbage'}

export type OnCommand = (address: Address, command: Command) => Mishap | undefined

export interface InjectedOptions {
  readonly onCommand?: OnCommand
  readonly countOf: (address: string, slot: number) => number
}

const USUAL_TIMEOUT_MS = 5_000
/** Only counts of all slots are so many in one write. */
const MANY = 100

export class InjectedPool implements NodePool, SnapshotReader {
  readonly credentials: Credentials = {}
  /** Somebody has turned to a node. */
  readonly opened: Promise<void>
  #isOpened: () => void = () => undefined
  readonly #lifeline: Lifeline
  readonly #pool: NodePool
  readonly #options: InjectedOptions
  readonly #clients = new WeakMap<NodeClient, InjectedClient>()

  constructor(lifeline: Lifeline, pool: NodePool, options: InjectedOptions) {
    this.#lifeline = lifeline
    this.#pool = pool
    this.#options = options
    this.opened = new Promise((resolve) => (this.#isOpened = resolve))
  }

  async connect(address: Address, channel?: string): Promise<NodeClient> {
    return this.#wrapped(address, () => this.#pool.connect(address, channel))
  }

  async connectLines(address: Address, channel?: string): Promise<NodeClient> {
    return this.#wrapped(address, () => this.#pool.connectLines(address, channel))
  }

  probe(host: string, port: number): ReturnType<NodePool['probe']> {
    return this.#pool.probe(host, port)
  }

  resolve(host: string): Promise<string> {
    return this.#pool.resolve(host)
  }

  close(): void {
    this.#pool.close()
  }

  snapshot(address: Address): Promise<SnapshotSource> {
    return Promise.reject(new ManagerError('internal', 'no snapshots here', {node: formatAddress(address)}))
  }

  /** One that is no longer usable is not given out again: the pool below looks to that. */
  async #wrapped(address: Address, open: () => Promise<NodeClient>): Promise<NodeClient> {
    this.#isOpened()
    let client = await open()
    let known = this.#clients.get(client)
    if (known?.isLost === true) {
      closeOf(client)
      client = await open()
      known = this.#clients.get(client)
    }
    if (known !== undefined) return known
    const injected = new InjectedClient(this.#lifeline, address, client, this.#options)
    this.#clients.set(client, injected)
    return injected
  }
}

class InjectedClient implements NodeClient {
  readonly address: Address
  readonly #lifeline: Lifeline
  readonly #client: NodeClient
  readonly #options: InjectedOptions
  #lost: ManagerError | undefined

  constructor(lifeline: Lifeline, address: Address, client: NodeClient, options: InjectedOptions) {
    this.address = address
    this.#lifeline = lifeline
    this.#client = client
    this.#options = options
  }

  get isLost(): boolean {
    return this.#lost !== undefined
  }

  async call(command: Command, options: CallOptions = {}): Promise<Reply> {
    const [reply] = await this.pipeline([command], options)
    if (reply instanceof Error) throw reply
    return reply!
  }

  async pipeline(commands: readonly Command[], options: CallOptions = {}): Promise<(Reply | Error)[]> {
    if (this.#lost !== undefined) throw this.#lost
    if (isCount(commands)) return this.#counted(commands, options)
    const {onCommand} = this.#options
    const mishaps = commands.map((command) => onCommand?.(this.address, command))
    const end = mishaps.findIndex((mishap) => mishap !== undefined && mishap.kind !== 'answers')
    if (end >= 0) return this.#cutAt(commands, mishaps[end]!, end, options)
    const sent = commands.filter((_, index) => mishaps[index] === undefined)
    const replies = await this.#client.pipeline(sent, options)
    let next = 0
    return commands.map((command, index) => {
      const mishap = mishaps[index]
      return mishap?.kind === 'answers' ? this.#said(mishap.reply, command) : replies[next++]!
    })
  }

  /** As if the counts came one by one; a node that does not answer, answers none of them. */
  async #counted(commands: readonly Command[], options: CallOptions): Promise<(Reply | Error)[]> {
    const [first] = await this.#client.pipeline([commands[0]!], options)
    if (first instanceof Error) return commands.map(() => first)
    const name = formatAddress(this.address)
    return commands.map(([, , slot]) => this.#options.countOf(name, Number(slot)))
  }

  /** What comes after it in the same write shares its fate. */
  async #cutAt(commands: readonly Command[], mishap: Mishap, end: number, options: CallOptions): Promise<never> {
    const command = commands[end]!
    const arrived = mishap.kind === 'lost-before' ? commands.slice(0, end) : commands.slice(0, end + 1)
    if (arrived.length > 0) await this.#client.pipeline(arrived, options)
    if (mishap.kind === 'no-answer') {
      const limitMs = options.timeoutMs ?? USUAL_TIMEOUT_MS
      await this.#lifeline.promise<void>((resolve) => void this.#lifeline.after(limitMs, () => resolve(undefined)))
      this.#lost = timedOut(this.address, command, limitMs)
    } else {
      const reason = mishap.kind === 'garbage' ? 'Protocol error, got "h" as reply type byte' : 'read ECONNRESET'
      this.#lost = translateError(new Error(reason), this.address, command, true)
    }
    closeOf(this.#client)
    throw this.#lost
  }

  #said(reply: string, command: Command): Reply | Error {
    return reply.startsWith('-') ? translateError(replyError(reply), this.address, command) : reply
  }
}

function isCount(commands: readonly Command[]): boolean {
  return commands.length > MANY && String(commands[0]![1]).toUpperCase() === 'COUNTKEYSINSLOT'
}

function closeOf(client: NodeClient): void {
  if ('close' in client && typeof client.close === 'function') (client.close as () => void)()
}
