/** A replica's side: the connection to its primary, from the first PING to the stream, and again after every loss. */
import {type Bytes, type Endpoint, type LinkId, type LogLevel} from '../ports.js'
import {encodeRequest} from '../resp/request-writer.js'
import {Handshake, type HandshakeResult} from './handshake.js'
import {type ReplicationHost} from './host.js'
import {type LinkEvents} from './services.js'
import {IncomingDump} from './incoming-dump.js'
import {type PayloadReceiver} from './payload.js'
import {StreamReader} from './stream-reader.js'

/** The words of ROLE. */
export type PrimaryLinkState = 'connect' | 'connecting' | 'handshake' | 'sync' | 'connected'

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
  /** Whose data there are now. */
  readonly historyId: string
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
  #dump: IncomingDump | undefined
  #syncPoint = {id: '', offset: 0}
  #stream: StreamReader | undefined
  /** Stream bytes that came while the dump was being loaded. */
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

  /** There is a piece of a dump to be loaded. */
  get hasWork(): boolean {
    return this.#dump?.canLoad === true
  }

  /** Unix ms at which the primary was last heard; 0 without a connection. */
  get heardMs(): number {
    return this.#heardMs
  }

  get payload(): PayloadReceiver | undefined {
    return this.#dump?.receiver
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
    if (rest.length > 0 && this.#dump?.receiver.isDone === false) rest = this.#receive(this.#dump, rest)
    if (rest.length === 0 || this.#link === undefined) return
    if (this.#dump !== undefined) this.#early.push(Buffer.from(rest))
    else this.#execute(rest)
  }

  /** CLIENT KILL: the stream is taken up again at once. */
  interrupt(): void {
    this.#fail('The connection to the master was killed.', 'verbose')
  }

  closed(_link: LinkId, reason: string): void {
    this.#link = undefined
    // The dump is whole: it is loaded nevertheless, and the stream is asked for from there.
    if (this.#dump?.receiver.isDone === true) return
    if (this.#state === 'connecting') this.#fail(`Error condition on socket for SYNC: ${reason}`)
    else if (this.isUp) this.#fail(`Link to the master: ${reason}`, 'verbose')
    else this.#fail(reason)
  }

  /** Every 100 ms. */
  tick(): void {
    const {nowMs, config} = this.#host
    if (this.#state === 'connect') return
    if (this.#dump?.receiver.isDone === true) return this.#keepAlive()
    if (nowMs - this.#heardMs > config.number('repl-timeout') * 1000) return this.#timedOut()
    if (this.#state === 'connected' && nowMs - this.#ackAtMs >= ACK_EVERY_MS) this.sendAck()
  }

  /** REPLCONF ACK with what has been processed. */
  sendAck(): void {
    this.#ackAtMs = this.#host.nowMs
    this.#send(encodeRequest(['REPLCONF', 'ACK', String(this.#owner.offset)]))
  }

  /** One slice of the dump goes into the databases. */
  load(): void {
    const dump = this.#dump
    if (dump?.canLoad !== true) return
    dump.load()
    if (dump.error !== undefined) {
      this.#host.log('warning', dump.error)
      this.#fail('Failed trying to load the MASTER synchronization DB from disk, check server logs.')
    } else if (dump.isLoaded) this.#loaded(dump)
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
    this.#dump = new IncomingDump({
      host: this.#host,
      isSameHistory: syncPoint.id === this.#owner.historyId,
      dataGoing: () => this.#owner.dataGoing(),
    })
  }

  /** @returns stream bytes that follow the dump */
  #receive(dump: IncomingDump, chunk: Uint8Array): Uint8Array {
    const rest = dump.feed(chunk)
    const {error, isDone} = dump.receiver
    if (isDone) this.#newlineAtMs = this.#host.nowMs
    if (error === undefined) return rest
    this.#fail(error)
    return rest.subarray(rest.length)
  }

  #loaded(dump: IncomingDump): void {
    for (const [what, count] of dump.skipped) {
      this.#host.log('warning', `MASTER <-> REPLICA sync: ${count} keys left out, not supported: ${what}`)
    }
    this.#dump = undefined
    this.#host.log('notice', 'MASTER <-> REPLICA sync: Finished with success')
    this.#owner.synced(this.#syncPoint.id, this.#syncPoint.offset)
    this.#host.dataReplaced((name) => dump.aux(name))
    const db = this.#databaseOf(dump)
    if (this.#link !== undefined) return this.#goOn(db)
    this.#owner.lost(db)
    this.downSinceMs = this.#host.nowMs
    this.#fail('Connection with master lost while its data were being loaded.')
    this.#retryAtMs = this.#host.nowMs
  }

  /** Where the stream stands that follows the dump. */
  #databaseOf(dump: IncomingDump): number {
    const db = Number(dump.aux('repl-stream-db') ?? 0)
    return db >= 0 && db < this.#host.databases.length ? db : 0
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
    this.#dump?.abandon()
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
    this.#dump = undefined
    this.#stream = undefined
    this.#early = []
    this.#state = 'connect'
    this.#retryAtMs = this.#host.nowMs + RETRY_MS
  }
}
