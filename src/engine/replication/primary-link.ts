/** A replica's side: the connection to its primary, from the first PING to the stream, and again after every loss. */
import {type Bytes, type Endpoint, type LinkId, type LogLevel} from '../ports.js'
import {RdbLoader} from '../persistence/rdb-loader.js'
import {encodeRequest} from '../resp/request-writer.js'
import {Handshake, type HandshakeResult} from './handshake.js'
import {type LinkEvents, type ReplicationHost} from './host.js'
import {PayloadReceiver} from './payload.js'
import {StreamReader} from './stream-reader.js'

/** The words of ROLE. */
export type PrimaryLinkState = 'connect' | 'connecting' | 'handshake' | 'sync' | 'connected'

/** Bytes of a dump that are put into the databases in one turn: a few milliseconds. */
const LOAD_BYTES = 64 * 1024
/**
 * So much is loaded at once, in the turn in which the last byte of the dump came: some 50 ms. A real server answers nobody before
 * it has loaded 2 MiB (loading-process-events-interval-bytes), so tools do not expect -LOADING from a replica of little data.
 */
const FIRST_LOAD_BYTES = 1024 * 1024
const RETRY_MS = 1000
const ACK_EVERY_MS = 1000
const LONGEST_LINE = 1024
const LF = 10

/** What is asked of a primary: the history to go on in, and the first byte wanted; `?` and -1 for everything. */
export interface HistoryRequest {
  readonly id: string
  readonly offset: number
  /** The other side is our replica still: it is to take over. */
  readonly isHandover: boolean
}

/** What the link tells the replication of its node. */
export interface PrimaryLinkOwner {
  readonly wanted: HistoryRequest
  /** Bytes of the stream processed so far. */
  readonly offset: number
  /** The database in which a resumed stream goes on. */
  readonly cachedDb: number
  /** A full sync begins to load: nothing of the old data or history is left for replicas of ours. */
  dataGoing(): void
  /** The data stand at this point of this history. */
  synced(id: string, offset: number): void
  /** The stream goes on where it stopped, perhaps under another id. */
  resumed(id: string | undefined): void
  /** Bytes of the stream that were executed. */
  processed(bytes: Uint8Array): void
  /** PSYNC has an answer: data come, or they do not. May end the link for good. */
  answered(isAccepted: boolean): void
  /** The primary will not go on from what we have: next time everything is asked for. */
  historyRefused(): void
  /** The link to the primary is lost; `db` is where its stream stood. */
  lost(db: number): void
}

export class PrimaryLink implements LinkEvents {
  readonly target: Endpoint
  readonly #host: ReplicationHost
  readonly #owner: PrimaryLinkOwner
  #state: PrimaryLinkState = 'connect'
  #link: LinkId | undefined
  #handshake: Handshake | undefined
  #line = ''
  #payload: PayloadReceiver | undefined
  #syncPoint = {id: '', offset: 0}
  #loader: RdbLoader | undefined
  #chunks: Uint8Array[] = []
  #stream: StreamReader | undefined
  /** Stream bytes that came while the payload was being loaded. */
  #early: Uint8Array[] = []
  #retryAtMs = 0
  /** The stream stood, and is to be taken up again. */
  #isReturning = false
  #ackAtMs = 0
  #newlineAtMs = 0
  #heardMs = 0
  #ends: readonly [peer: Endpoint, local: Endpoint] | undefined
  /** Unix ms of the last loss; 0: never connected. */
  downSinceMs = 0

  constructor(target: Endpoint, host: ReplicationHost, owner: PrimaryLinkOwner) {
    this.target = target
    this.#host = host
    this.#owner = owner
  }

  get state(): PrimaryLinkState {
    return this.#state
  }

  get isUp(): boolean {
    return this.#state === 'connected'
  }

  get isLoading(): boolean {
    return this.#loader !== undefined
  }

  /** Unix ms at which the primary was last heard; 0 without a connection. */
  get heardMs(): number {
    return this.#heardMs
  }

  get payload(): PayloadReceiver | undefined {
    return this.#payload
  }

  /** Bytes of the stream received, executed or not. */
  get readOffset(): number {
    return this.#owner.offset + (this.#stream?.pendingBytes ?? 0)
  }

  /** Begins, or begins again, when it is time to. Part of the end of every turn. */
  connectIfDue(): void {
    const {nowMs, links, config} = this.#host
    if (this.#state !== 'connect' || nowMs < this.#retryAtMs) return
    const {host, port} = this.target
    this.#host.log('notice', `${this.#isReturning ? 'Reconnecting' : 'Connecting'} to MASTER ${host}:${port}`)
    this.#isReturning = false
    this.#state = 'connecting'
    this.#heardMs = nowMs
    this.#host.log('notice', `MASTER <-> REPLICA sync started`)
    this.#link = links.dial(config.flag('tls-replication') ? {...this.target, isSecure: true} : this.target, this)
  }

  /** Where the primary finds this node. Source: Redis 7.0's syncWithMaster. */
  get #ownPort(): number {
    const {config} = this.#host
    const securePort = config.flag('tls-replication') ? config.number('tls-port') : 0
    return securePort === 0 ? config.number('port') : securePort
  }

  /** Ends it for good. */
  close(): void {
    this.#hangUp()
  }

  opened(_link: LinkId, peer: Endpoint, local: Endpoint): void {
    this.#ends = [peer, local]
    const {config, nowMs} = this.#host
    this.#host.log('notice', 'Non blocking connect for SYNC fired the event.')
    this.#heardMs = nowMs
    this.#state = 'handshake'
    const announcedPort = config.number('replica-announce-port')
    const {id, offset, isHandover} = this.#owner.wanted
    const options = {
      password: config.text('masterauth'),
      user: config.text('masteruser'),
      listeningPort: announcedPort === 0 ? this.#ownPort : announcedPort,
      announceHost: config.text('replica-announce-ip'),
      id,
      offset,
      isHandover,
    }
    this.#line = ''
    this.#handshake = new Handshake(
      options,
      (text) => this.#send(text),
      (text) => this.#host.log('notice', text),
    )
  }

  bytes(_link: LinkId, chunk: Uint8Array): void {
    this.#heardMs = this.#host.nowMs
    let rest = chunk
    while (rest.length > 0 && this.#handshake !== undefined) rest = this.#readLine(rest)
    const wasLoading = this.#loader !== undefined
    if (rest.length > 0 && this.#payload !== undefined && !wasLoading) rest = this.#receive(rest)
    if (rest.length > 0 && this.#link !== undefined) {
      if (this.#loader !== undefined) this.#early.push(Buffer.from(rest))
      else this.#execute(rest)
    }
    if (this.#loader !== undefined && !wasLoading) this.load(FIRST_LOAD_BYTES)
  }

  /** CLIENT KILL: the stream is taken up again at once. */
  interrupt(): void {
    this.#fail('The connection to the master was killed.', 'verbose')
  }

  closed(_link: LinkId, reason: string): void {
    this.#link = undefined
    // The payload is whole: it is loaded nevertheless, and the stream is asked for from there.
    if (this.#loader !== undefined) return
    if (this.#state === 'connecting') this.#fail(`Error condition on socket for SYNC: ${reason}`)
    else if (this.isUp) this.#fail(`Link to the master: ${reason}`, 'verbose')
    else this.#fail(reason)
  }

  /** Every 100 ms. */
  tick(): void {
    const {nowMs, config} = this.#host
    if (this.#state === 'connect') return
    if (this.#loader !== undefined) return this.#keepAlive()
    if (nowMs - this.#heardMs > config.number('repl-timeout') * 1000) return this.#timedOut()
    if (this.#state === 'connected' && nowMs - this.#ackAtMs >= ACK_EVERY_MS) this.sendAck()
  }

  /** REPLCONF ACK with what has been processed. */
  sendAck(): void {
    this.#ackAtMs = this.#host.nowMs
    this.#send(encodeRequest(['REPLCONF', 'ACK', String(this.#owner.offset)]))
  }

  /** One slice of the payload goes into the databases. */
  load(bytes = LOAD_BYTES): void {
    const loader = this.#loader
    if (loader === undefined) return
    for (let left = bytes; left > 0 && loader.error === undefined;) {
      const chunk = this.#chunks.shift()
      if (chunk === undefined) break
      if (chunk.length > left) this.#chunks.unshift(chunk.subarray(left))
      const piece = chunk.subarray(0, left)
      left -= piece.length
      loader.feed(piece)
    }
    if (this.#chunks.length === 0) loader.close()
    if (loader.error !== undefined) this.#loadFailed(loader.error)
    else if (loader.isComplete) this.#loaded(loader)
  }

  #send(text: Bytes): void {
    if (this.#link !== undefined) this.#host.links.send(this.#link, Buffer.from(text, 'latin1'))
  }

  #readLine(chunk: Uint8Array): Uint8Array {
    const end = chunk.indexOf(LF)
    this.#line += Buffer.from(end < 0 ? chunk : chunk.subarray(0, end)).toString('latin1')
    if (this.#line.length > LONGEST_LINE) {
      this.#fail('a reply of the primary does not end')
      return chunk.subarray(chunk.length)
    }
    if (end < 0) return chunk.subarray(chunk.length)
    const line = this.#line.replace(/\r$/, '')
    this.#line = ''
    const result = this.#handshake!.line(line)
    if (result !== undefined) this.#handshakeEnded(result)
    return chunk.subarray(end + 1)
  }

  #handshakeEnded(result: HandshakeResult): void {
    this.#handshake = undefined
    if (result.kind !== 'failed' || result.isRefusal) this.#owner.answered(result.kind !== 'failed')
    if (this.#link === undefined) return // that ended it
    switch (result.kind) {
      case 'full':
        this.#host.log('notice', `Full resync from master: ${result.id}:${result.offset}`)
        return this.#expectPayload({id: result.id, offset: result.offset})
      case 'old-style':
        this.#owner.historyRefused()
        return this.#expectPayload({id: '', offset: 0})
      case 'continue':
        this.#host.log('notice', 'Successful partial resynchronization with master.')
        this.#owner.resumed(result.id)
        this.#host.log('notice', 'MASTER <-> REPLICA sync: Master accepted a Partial Resynchronization.')
        this.#goOn(this.#owner.cachedDb)
        return
      case 'failed':
        if (result.forget) this.#owner.historyRefused()
        this.#fail(result.reason)
    }
  }

  #expectPayload(syncPoint: {readonly id: string; readonly offset: number}): void {
    this.#syncPoint = syncPoint
    this.#state = 'sync'
    this.#payload = new PayloadReceiver()
  }

  /** @returns stream bytes that follow the payload */
  #receive(chunk: Uint8Array): Uint8Array {
    const payload = this.#payload!
    const hadHeader = payload.hasHeader
    const rest = payload.feed(chunk)
    if (payload.hasHeader && !hadHeader) this.#tellPayload(payload)
    if (payload.error !== undefined) {
      this.#fail(payload.error)
      return rest.subarray(rest.length)
    }
    if (payload.isDone) this.#beginLoading(payload)
    return rest
  }

  #tellPayload({isDiskless, totalBytes}: PayloadReceiver): void {
    const where = this.#host.config.text('repl-diskless-load') === 'disabled' ? 'disk' : 'parser'
    const what = isDiskless ? 'streamed RDB from master with EOF' : `${totalBytes} bytes from master`
    this.#host.log('notice', `MASTER <-> REPLICA sync: receiving ${what} to ${where}`)
  }

  #beginLoading(payload: PayloadReceiver): void {
    const {databases, limits} = this.#host
    this.#host.log('notice', 'Discarding previously cached master state.')
    this.#host.log('notice', 'MASTER <-> REPLICA sync: Flushing old data')
    this.#owner.dataGoing()
    this.#host.emptyData()
    this.#host.log('notice', 'MASTER <-> REPLICA sync: Loading DB in memory')
    this.#host.setLoading(true)
    this.#chunks = payload.take()
    this.#newlineAtMs = this.#host.nowMs
    this.#loader = new RdbLoader({databases, limits, dropExpiredBeforeMs: -Infinity})
  }

  #loaded(loader: RdbLoader): void {
    for (const [what, count] of loader.skipped) {
      this.#host.log('warning', `MASTER <-> REPLICA sync: ${count} keys left out, not supported: ${what}`)
    }
    for (const line of loader.summary(this.#host.nowMs)) this.#host.log('notice', line)
    this.#endLoading()
    this.#host.log('notice', 'MASTER <-> REPLICA sync: Finished with success')
    this.#owner.synced(this.#syncPoint.id, this.#syncPoint.offset)
    this.#host.dataReplaced((name) => loader.aux(name))
    const db = this.#databaseOf(loader)
    if (this.#link !== undefined) return this.#goOn(db)
    this.#owner.lost(db)
    this.downSinceMs = this.#host.nowMs
    this.#fail('Connection with master lost while its data were being loaded.')
    this.#retryAtMs = this.#host.nowMs
  }

  /** Where the stream stands that follows the dump. */
  #databaseOf(loader: RdbLoader): number {
    const db = Number(loader.aux('repl-stream-db') ?? 0)
    return db >= 0 && db < this.#host.databases.length ? db : 0
  }

  #loadFailed(error: string): void {
    this.#host.log('warning', error)
    this.#endLoading()
    this.#host.emptyData()
    this.#fail('Failed trying to load the MASTER synchronization DB from disk, check server logs.')
  }

  #endLoading(): void {
    this.#loader = undefined
    this.#payload = undefined
    this.#chunks = []
    this.#host.setLoading(false)
  }

  /** The stream flows, from the byte after what has been processed. */
  #goOn(db: number): void {
    this.#state = 'connected'
    this.#stream = new StreamReader(this.#host.executor, (bytes) => this.#owner.processed(bytes))
    this.#host.executor.open(db, ...(this.#ends ?? [this.target, this.target]))
    this.sendAck()
    const early = this.#early
    this.#early = []
    for (const bytes of early) this.#execute(bytes)
  }

  #execute(bytes: Uint8Array): void {
    if (this.#stream?.feed(bytes) === false) this.#fail('Protocol error in the stream of the master.')
  }

  #keepAlive(): void {
    const {nowMs} = this.#host
    if (nowMs - this.#newlineAtMs < ACK_EVERY_MS) return
    this.#newlineAtMs = nowMs
    this.#send('\n')
  }

  #timedOut(): void {
    const texts: Record<PrimaryLinkState, string> = {
      connect: '',
      connecting: 'Timeout connecting to the MASTER...',
      handshake: 'Timeout connecting to the MASTER...',
      sync: "Timeout receiving bulk data from MASTER... If the problem persists try to set the 'repl-timeout' parameter in redis.conf to a larger value.",
      connected: 'MASTER timeout: no data nor PING received...',
    }
    this.#fail(texts[this.#state])
  }

  /** Back to the beginning; a stream that stood is taken up again at once, anything else after a second. */
  #fail(reason: string, level: LogLevel = 'warning'): void {
    const wasUp = this.isUp
    this.#host.log(level, reason)
    this.#hangUp()
    if (!wasUp) return
    this.#isReturning = true
    this.#retryAtMs = this.#host.nowMs
  }

  #hangUp(): void {
    if (this.#loader !== undefined) {
      this.#endLoading()
      this.#host.emptyData() // half of the new data is worse than none
    }
    if (this.isUp) {
      this.#host.log('warning', 'Connection with master lost.')
      this.#host.log('notice', 'Caching the disconnected master state.')
      this.downSinceMs = this.#host.nowMs
      this.#owner.lost(this.#host.executor.selectedDb)
      this.#host.executor.close()
    }
    if (this.#link !== undefined) this.#host.links.hangUp(this.#link)
    this.#link = undefined
    this.#handshake = undefined
    this.#payload = undefined
    this.#stream = undefined
    this.#early = []
    this.#state = 'connect'
    this.#retryAtMs = this.#host.nowMs + RETRY_MS
  }
}
