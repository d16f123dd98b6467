/** One connection to a node that keys are sent to: one MIGRATE at a time, requests in one write, replies line by line. */
import {writeDumpPayload} from '../persistence/dump-payload.js'
import {RdbOutput} from '../persistence/rdb-output.js'
import {type Bytes, type Endpoint, type LinkId} from '../ports.js'
import {encodeRequest} from '../resp/request-writer.js'
import {type Value} from '../values/value.js'
import {type LinkOwner, type Links} from './links.js'
import {type Errand} from './standstill.js'

/** A key as it goes out. */
export interface KeyToSend {
  readonly key: Bytes
  readonly value: Value
  /** Left to live, ms; 0 for ever. */
  readonly ttlMs: number
}

export interface MigrationRequest {
  readonly target: Endpoint
  /** The database there. */
  readonly db: number
  /** Words of AUTH, without it; none: no AUTH. */
  readonly credentials: readonly Bytes[]
  /** `RESTORE`, or in a cluster `RESTORE-ASKING`. */
  readonly command: Bytes
  readonly replace: boolean
  /** As `rdbcompression` says. */
  readonly compresses: boolean
  readonly timeoutMs: number
  /** Asked when the connection stands, and again for a second try: what of the keys is there now. */
  readonly collect: () => readonly KeyToSend[]
}

export interface MigrationEnd {
  /** Keys that the target has. */
  readonly acknowledged: readonly Bytes[]
  /** The reply for the client; undefined: all went well. */
  readonly error: string | undefined
  /** The node changed its role: the keys are as they were. */
  readonly isAbandoned: boolean
}

export interface MigrationJob {
  readonly request: MigrationRequest
  readonly done: (end: MigrationEnd) => void
}

const CONNECT_FAILED = 'IOERR error or timeout connecting to the client'
const WRITE_FAILED = 'IOERR error or timeout writing to target instance'
const READ_FAILED = 'IOERR error or timeout reading to target instance'
const UNKNOWN_DB = -1
const LONGEST_LINE = 64 * 1024
const LF = 10

/** What has been sent for the job in hand, and what came back. */
interface Exchange {
  readonly job: MigrationJob
  keys: readonly KeyToSend[]
  /** Replies that come before those of the keys: to AUTH, to SELECT. */
  preludeLeft: number
  preludeError: Bytes | undefined
  answered: number
  readonly acknowledged: Bytes[]
  error: string | undefined
  mayRetry: boolean
}

export class MigrationLane implements LinkOwner, Errand {
  readonly #links: Links
  readonly #nowMs: () => number
  readonly #target: Endpoint
  readonly #queue: MigrationJob[] = []
  #link: LinkId | undefined
  #isOpen = false
  #db = UNKNOWN_DB
  #exchange: Exchange | undefined
  #line = ''
  /** Unix ms of the last sign of progress. */
  #progressMs: number

  constructor(target: Endpoint, links: Links, nowMs: () => number) {
    this.#target = target
    this.#links = links
    this.#nowMs = nowMs
    this.#progressMs = nowMs()
  }

  /** Undefined while there is no connection, and none is being made. */
  get link(): LinkId | undefined {
    return this.#link
  }

  /** Unix ms since when nothing has been going on; undefined while something is. */
  get idleSinceMs(): number | undefined {
    return this.#exchange === undefined ? this.#progressMs : undefined
  }

  /** When the job in hand has waited too long, unix ms. */
  get deadlineMs(): number {
    return this.#exchange === undefined ? Infinity : this.#progressMs + this.#exchange.job.request.timeoutMs
  }

  add(job: MigrationJob): void {
    this.#queue.push(job)
    if (this.#exchange === undefined) this.#next()
  }

  timeOut(): void {
    if (this.deadlineMs > this.#nowMs()) return
    this.#fail(this.#isOpen ? READ_FAILED : CONNECT_FAILED)
  }

  /** Every job ends without an effect. */
  abandon(): void {
    const jobs = [...(this.#exchange === undefined ? [] : [this.#exchange.job]), ...this.#queue.splice(0)]
    this.#exchange = undefined
    this.close()
    for (const {done} of jobs) done({acknowledged: [], error: undefined, isAbandoned: true})
  }

  close(): void {
    if (this.#link !== undefined) this.#links.hangUp(this.#link)
    this.#forgetLink()
  }

  opened(): void {
    this.#isOpen = true
    this.#progressMs = this.#nowMs()
    this.#send()
  }

  bytes(_link: LinkId, chunk: Uint8Array): void {
    this.#progressMs = this.#nowMs()
    let from = 0
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, from)) {
      const line = this.#line + latin1(chunk.subarray(from, end))
      this.#line = ''
      from = end + 1
      if (this.#exchange === undefined) return this.close() // nobody asked
      this.#reply(line.replace(/\r$/, ''))
    }
    this.#line += latin1(chunk.subarray(from))
    if (this.#line.length > LONGEST_LINE) this.#fail(READ_FAILED)
  }

  closed(_link: LinkId, reason: string): void {
    const wasOpen = this.#isOpen
    this.#forgetLink()
    const exchange = this.#exchange
    if (exchange === undefined) return
    // A real server learns that nobody listens there only when it writes; a name that is none, at once.
    if (!wasOpen) return this.#fail(/ENOTFOUND|EAI_|EINVAL/.test(reason) ? CONNECT_FAILED : WRITE_FAILED)
    if (exchange.answered > 0 || !exchange.mayRetry) return this.#fail(READ_FAILED)
    // The target may just have closed an idle connection; nothing was answered, so once more from the start.
    exchange.mayRetry = false
    this.#dial()
  }

  #next(): void {
    const job = this.#queue.shift()
    if (job === undefined) return
    this.#progressMs = this.#nowMs()
    this.#exchange = {
      ...{job, keys: [], preludeLeft: 0, preludeError: undefined},
      ...{answered: 0, acknowledged: [], error: undefined, mayRetry: true},
    }
    if (this.#isOpen) this.#send()
    else if (this.#link === undefined) this.#dial()
  }

  #dial(): void {
    this.#progressMs = this.#nowMs()
    this.#link = this.#links.dial(this.#target, this)
  }

  #send(): void {
    const exchange = this.#exchange
    if (exchange === undefined || this.#link === undefined) return
    const {credentials, db, collect} = exchange.job.request
    exchange.keys = collect()
    if (exchange.keys.length === 0) return this.#finish()
    let prelude = ''
    exchange.preludeLeft = 0
    if (credentials.length > 0) {
      prelude += encodeRequest(['AUTH', ...credentials])
      exchange.preludeLeft++
    }
    if (db !== this.#db) {
      prelude += encodeRequest(['SELECT', String(db)])
      exchange.preludeLeft++
    }
    this.#links.send(this.#link, encodeKeys(prelude, exchange.keys, exchange.job.request))
  }

  /** Source: Redis 7.0's migrateCommand: the first error is told, and what was acknowledged is nevertheless the target's. */
  #reply(line: Bytes): void {
    const exchange = this.#exchange!
    if (exchange.preludeLeft > 0) {
      exchange.preludeLeft--
      if (line.startsWith('-')) exchange.preludeError ??= line
      return
    }
    const {key} = exchange.keys[exchange.answered]!
    exchange.answered++
    const error = exchange.preludeError ?? (line.startsWith('-') ? line : undefined)
    if (error === undefined) exchange.acknowledged.push(key)
    else {
      exchange.error ??= `ERR Target instance replied with error: ${error.slice(1)}`
      this.#db = UNKNOWN_DB
    }
    if (exchange.answered === exchange.keys.length) this.#finish()
  }

  #finish(): void {
    const {job, acknowledged, error} = this.#exchange!
    if (error === undefined && acknowledged.length > 0) this.#db = job.request.db
    this.#exchange = undefined
    this.#progressMs = this.#nowMs()
    job.done({acknowledged, error, isAbandoned: false})
    if (this.#exchange === undefined) this.#next()
  }

  #fail(text: string): void {
    const exchange = this.#exchange
    this.close()
    if (exchange === undefined) return
    exchange.error ??= text
    this.#finish()
  }

  #forgetLink(): void {
    this.#link = undefined
    this.#isOpen = false
    this.#db = UNKNOWN_DB
    this.#line = ''
  }
}

/** In one piece, and without an object for each key: this is where a node that gives slots away spends its time. */
function encodeKeys(prelude: Bytes, keys: readonly KeyToSend[], request: MigrationRequest): Uint8Array {
  const {command, replace, compresses} = request
  const output = new RdbOutput()
  const payload = new RdbOutput(compresses)
  const head = `*${replace ? 5 : 4}\r\n${bulk(command)}`
  let text = prelude
  for (const {key, value, ttlMs} of keys) {
    payload.clear()
    writeDumpPayload(payload, value)
    output.text(`${text}${head}${bulk(key)}${bulk(String(ttlMs))}$${payload.length}\r\n`)
    output.append(payload)
    text = replace ? '\r\n$7\r\nREPLACE\r\n' : '\r\n'
  }
  output.text(text)
  return output.take()
}

function bulk(word: Bytes): Bytes {
  return `$${word.length}\r\n${word}\r\n`
}

function latin1(bytes: Uint8Array): Bytes {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}
