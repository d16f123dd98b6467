/** A full sync on its way in: received, loaded piece by piece, and put in the place of the old data. */
import {Database, type DatabaseHooks} from '../keyspace/database.js'
import {type Bytes} from '../ports.js'
import {RdbLoader} from '../persistence/rdb-loader.js'
import {type ReplicationHost} from './host.js'
import {PayloadReceiver} from './payload.js'

/** Bytes of a dump that are put into the databases in one turn: a millisecond or two, also where they are well compressed. */
const SLICE_BYTES = 32 * 1024
/**
 * A dump up to here is loaded beside the old data. A real server answers nobody before it has loaded 2 MiB
 * (loading-process-events-interval-bytes), so tools do not expect -LOADING from a replica of little data.
 */
const SMALL_DUMP_BYTES = 1024 * 1024

/** Data that nobody sees yet: nothing expires, nobody hears of it. */
const UNSEEN: DatabaseHooks = {
  mayDeleteExpired: () => false,
  ignoresExpiry: () => true,
  expired: () => undefined,
  added: () => undefined,
  modified: () => undefined,
}

export interface IncomingDumpOptions {
  readonly host: ReplicationHost
  /** The old data are of the history that the new ones are of: clients may go on reading them. */
  readonly isSameHistory: boolean
  /** The old data go now. */
  readonly dataGoing: () => void
}

/**
 * The old data stay until the dump has come to its end. Then a large dump is loaded in their place, while clients hear -LOADING: it does
 * not need the memory of two. Where there are no old data, or `repl-diskless-load swapdb` wants it, the dump is loaded as it comes in,
 * beside what is there, and takes its place at once. Source: Redis 7.0's readSyncBulkPayload.
 */
export class IncomingDump {
  readonly receiver = new PayloadReceiver()
  readonly #options: IncomingDumpOptions
  #loader: RdbLoader | undefined
  /** What it is loaded into, when that is not what clients see. */
  #beside: readonly Database[] | undefined
  /** The directive as it was when the loading began. */
  #swaps = false
  readonly #chunks: Uint8Array[] = []

  constructor(options: IncomingDumpOptions) {
    this.#options = options
  }

  /** Whether `load` has something to do. */
  get canLoad(): boolean {
    return this.#loader !== undefined && (this.#chunks.length > 0 || this.receiver.isDone)
  }

  /** All of it is in the databases. */
  get isLoaded(): boolean {
    return this.receiver.isDone && this.#loader?.isComplete === true
  }

  /** Why it cannot be loaded, in the words of a real server's log. */
  get error(): string | undefined {
    return this.#loader?.error
  }

  /** What was left out, and how often. */
  get skipped(): ReadonlyMap<string, number> {
    return this.#loader?.skipped ?? new Map()
  }

  aux(name: string): Bytes | undefined {
    return this.#loader?.aux(name)
  }

  /** @returns what of the chunk comes after the dump; the chunk is copied where it is kept */
  feed(chunk: Uint8Array): Uint8Array {
    const {receiver} = this
    const hadHeader = receiver.hasHeader
    const rest = receiver.feed(chunk)
    if (receiver.error !== undefined || !receiver.hasHeader) return rest
    if (!hadHeader) this.#tellHeader()
    if (this.#loader === undefined) this.#beginIfDue()
    if (this.#loader !== undefined) this.#chunks.push(...receiver.take())
    return rest
  }

  /** One slice goes into the databases; with the last one the new data take their place. */
  load(): void {
    const loader = this.#loader
    if (loader === undefined) return
    for (let left = SLICE_BYTES; left > 0 && loader.error === undefined;) {
      const chunk = this.#chunks.shift()
      if (chunk === undefined) break
      if (chunk.length > left) this.#chunks.unshift(chunk.subarray(left))
      const piece = chunk.subarray(0, left)
      left -= piece.length
      loader.feed(piece)
    }
    if (!this.receiver.isDone || this.#chunks.length > 0) return
    loader.close()
    if (loader.error === undefined) this.#takePlace()
  }

  /** It did not come to its end, or is no good. Half of the new data is worse than none. */
  abandon(): void {
    const {host} = this.#options
    if (this.#loader === undefined) return
    host.setLoading('no')
    if (this.#beside === undefined) host.emptyData()
    else if (this.#swaps) host.log('notice', 'MASTER <-> REPLICA sync: Discarding temporary DB in background')
  }

  #tellHeader(): void {
    const {host} = this.#options
    const {isDiskless, totalBytes} = this.receiver
    const where = host.config.text('repl-diskless-load') === 'disabled' ? 'disk' : 'parser'
    const what = isDiskless ? 'streamed RDB from master with EOF' : `${totalBytes} bytes from master`
    host.log('notice', `MASTER <-> REPLICA sync: receiving ${what} to ${where}`)
  }

  #beginIfDue(): void {
    const {host, isSameHistory} = this.#options
    const {receiver} = this
    const isEmpty = host.databases.every(({size}) => size === 0)
    this.#swaps = host.config.text('repl-diskless-load') === 'swapdb'
    if (!receiver.isDone && !isEmpty && !this.#swaps) return
    if (isEmpty || this.#swaps || receiver.totalBytes <= SMALL_DUMP_BYTES) {
      this.#beside = host.databases.map(({index}) => new Database(index, UNSEEN))
      if (this.#swaps) host.setLoading(isSameHistory ? 'async' : 'yes')
    } else {
      this.#dropOld('Flushing old data')
      host.setLoading('yes')
    }
    host.log('notice', 'MASTER <-> REPLICA sync: Loading DB in memory')
    const databases = this.#beside ?? host.databases
    this.#loader = new RdbLoader({databases, limits: host.limits, dropExpiredBeforeMs: -Infinity})
  }

  #takePlace(): void {
    const {host} = this.#options
    for (const line of this.#loader?.summary(host.nowMs) ?? []) host.log('notice', line)
    if (this.#beside !== undefined) {
      this.#dropOld(this.#swaps ? 'Swapping active DB with loaded DB' : 'Flushing old data')
      for (const [index, database] of host.databases.entries()) database.swapWith(this.#beside[index]!)
    }
    host.setLoading('no')
  }

  #dropOld(how: string): void {
    const {host, dataGoing} = this.#options
    host.log('notice', 'Discarding previously cached master state.')
    host.log('notice', `MASTER <-> REPLICA sync: ${how}`)
    dataGoing()
    host.emptyData()
  }
}
