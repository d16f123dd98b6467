/** One replica that we feed: what it said of itself, how far it is, and what waits for it. */
import {type Bytes} from '../ports.js'

/** The replica's connection, as far as feeding it goes. */
export interface PeerOutput {
  /** Where its socket comes from. */
  readonly host: string
  readonly clientId: number
  /** What was written and has not left this process. */
  readonly pendingBytes: number
  /** Unix ms of its last sign of life. */
  readonly lastHeardMs: number
  /** The bytes may be shared with other peers: nobody changes them. */
  write(bytes: Uint8Array): void
  writeText(text: Bytes): void
  /** Small writes may be gathered into larger packets: repl-disable-tcp-nodelay. */
  gather(): void
  close(): void
  /** Closes when everything has been written. */
  finish(): void
}

/**
 * `options`: has sent REPLCONF, no PSYNC. `waiting`: for a dump to begin. `dumping`: the dump is being made (and, diskless, sent).
 * `sending`: a finished dump is being sent. `loading`: has the whole diskless dump; the stream starts with its next ACK.
 */
export type PeerStage = 'options' | 'waiting' | 'dumping' | 'sending' | 'loading' | 'online'

/** The words of INFO. */
const SHOWN_STATE = {
  options: 'wait_bgsave',
  waiting: 'wait_bgsave',
  dumping: 'wait_bgsave',
  sending: 'send_bulk',
  loading: 'online',
  online: 'online',
} as const

export class ReplicaPeer {
  readonly output: PeerOutput
  stage: PeerStage = 'options'
  listeningPort = 0
  /** REPLCONF ip-address; otherwise its socket's. */
  announcedHost = ''
  /** Its capabilities: the diskless form with an end mark; a new id in `+CONTINUE`. */
  supportsEof = false
  supportsPsync2 = false
  /** It came with SYNC (redis-cli --replica): no offset line, no ACKs. */
  isOldStyle = false
  /** It wants the dump and nothing after it (redis-cli --rdb). */
  isRdbOnly = false
  ackOffset = 0
  ackAtMs = 0
  waitingSinceMs = 0
  /** Since when its output has been over the soft limit, unix ms. */
  overSoftLimitSinceMs: number | undefined
  #gathered: Uint8Array[] = []
  #gatheredBytes = 0
  /** Bytes of the stream that its output was given so far. */
  #streamedBytes = 0

  constructor(output: PeerOutput) {
    this.output = output
  }

  get host(): string {
    return this.announcedHost === '' ? this.output.host : this.announcedHost
  }

  /** As log lines name it. */
  get name(): string {
    return `${this.host}:${this.listeningPort === 0 ? `<unknown-replica-port>` : this.listeningPort}`
  }

  get shownState(): string {
    return SHOWN_STATE[this.stage]
  }

  get isOnline(): boolean {
    return this.stage === 'online' || this.stage === 'loading'
  }

  /** What counts against client-output-buffer-limit: the stream. A dump goes at the replica's own pace, and what waits of it does not count. */
  get heldBytes(): number {
    return this.#gatheredBytes + Math.min(this.output.pendingBytes, this.#streamedBytes)
  }

  /** A piece of the stream. During a full sync it is kept until the dump has been sent. */
  feed(bytes: Uint8Array): void {
    if (this.stage === 'online') this.#write(bytes)
    else if (this.stage === 'dumping' || this.stage === 'sending' || this.stage === 'loading') {
      this.#gathered.push(bytes)
      this.#gatheredBytes += bytes.length
    }
  }

  /** From now on the stream flows. */
  goOnline(nowMs: number): void {
    if (this.isRdbOnly) {
      this.stage = 'options'
      return this.output.finish()
    }
    this.stage = 'online'
    this.ackAtMs = nowMs
    for (const bytes of this.#gathered) this.#write(bytes)
    this.#gathered = []
    this.#gatheredBytes = 0
  }

  #write(bytes: Uint8Array): void {
    this.#streamedBytes += bytes.length
    this.output.write(bytes)
  }

  /** Whole seconds since it was last heard of. */
  lagSeconds(nowMs: number): number {
    return Math.floor(Math.max(0, nowMs - this.ackAtMs) / 1000)
  }
}
