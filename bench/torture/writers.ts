/** Clients that write all the time, one for each type of key, and keep account of every write. */
import {setTimeout as sleep} from 'node:timers/promises'
import type {RespTarget} from '../../test/support/resp.js'
import {ClusterClient} from './cluster-client.js'
import type {Holdings} from './holdings.js'
import {WRITER_KINDS, type Account, type Loss, type WriterKind} from './writer-kinds.js'

export interface WriterOptions {
  readonly waitForReplica: boolean
}

export interface WritersVerdict extends Loss {
  readonly acknowledged: number
  /** One line for each key that is not as it must be, at most ten. */
  readonly details: readonly string[]
}

const PREFIX = 'torture:'
const MOST_DETAILS = 10
/** Some hundred writes a second for each writer: enough to meet every moment of a move, and the machine's cores stay the servers'. */
const PAUSE_MS = 2

export class Writers {
  readonly #writers: readonly Writer[]
  readonly #running: Promise<unknown>

  private constructor(writers: readonly Writer[]) {
    this.#writers = writers
    this.#running = Promise.all(writers.map((writer) => writer.run()))
  }

  static start(targets: ReadonlyMap<string, RespTarget>, options: WriterOptions): Writers {
    return new Writers(WRITER_KINDS.map((kind) => new Writer(kind, targets, options)))
  }

  /** Whether a key is one of theirs. */
  static owns(key: string): boolean {
    return key.startsWith(PREFIX)
  }

  get acknowledged(): number {
    return this.#writers.reduce((sum, {acknowledged}) => sum + acknowledged, 0)
  }

  async stop(): Promise<void> {
    for (const writer of this.#writers) writer.end()
    await this.#running
  }

  /** To be asked after `stop`. @param except keys that are not judged */
  judge(holdings: Holdings, except: ReadonlySet<string>): WritersVerdict {
    const losses = this.#writers.flatMap((writer) => writer.judge(holdings, except))
    const wrong = losses.filter(({lost, doubled}) => lost + doubled > 0)
    return {
      acknowledged: this.acknowledged,
      lost: losses.reduce((sum, {lost}) => sum + lost, 0),
      doubled: losses.reduce((sum, {doubled}) => sum + doubled, 0),
      details: wrong.slice(0, MOST_DETAILS).map(({detail}) => detail),
    }
  }
}

class Writer {
  readonly #kind: WriterKind
  readonly #client: ClusterClient
  readonly #accounts = new Map<string, {acknowledged: number[]; attempted: number[]}>()
  #isOver = false
  acknowledged = 0

  constructor(kind: WriterKind, targets: ReadonlyMap<string, RespTarget>, {waitForReplica}: WriterOptions) {
    this.#kind = kind
    this.#client = new ClusterClient(targets, {waitForReplica, isOver: () => this.#isOver})
  }

  end(): void {
    this.#isOver = true
  }

  async run(): Promise<void> {
    for (let number = 1; !this.#isOver; number++) {
      const key = `${PREFIX}${this.#kind.name}:${number % this.#kind.keys}`
      const account = this.#accountOf(key)
      const fate = await this.#client.write(key, this.#kind.command(key, number))
      if (fate !== 'unsent') account.attempted.push(number)
      if (fate === 'acknowledged') {
        account.acknowledged.push(number)
        this.acknowledged++
      }
      await sleep(PAUSE_MS)
    }
    this.#client.close()
  }

  judge(holdings: Holdings, except: ReadonlySet<string>): (Loss & {readonly detail: string})[] {
    const judged = [...this.#accounts].filter(([key]) => !except.has(key))
    return judged.map(([key, account]) => {
      const value = holdings.valueOf(key)
      const loss = this.#kind.judge(value, account)
      return {...loss, detail: describe(key, account, loss, value)}
    })
  }

  #accountOf(key: string): {acknowledged: number[]; attempted: number[]} {
    const known = this.#accounts.get(key)
    if (known !== undefined) return known
    const account = {acknowledged: [], attempted: []}
    this.#accounts.set(key, account)
    return account
  }
}

function describe(key: string, {acknowledged, attempted}: Account, {lost, doubled}: Loss, value: unknown): string {
  const there = value === undefined ? 'not there' : JSON.stringify(value).slice(0, 200)
  return `${key}: ${lost} lost, ${doubled} doubled of ${acknowledged.length} acknowledged (last ${acknowledged.at(-1) ?? 'none'}) and ${attempted.length} sent; ${there}`
}
