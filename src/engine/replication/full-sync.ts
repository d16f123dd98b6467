/** One dump for the replicas that wait for one: made piece by piece, sent as it is made or when it is whole. */
import {type Snapshot} from '../persistence/snapshot.js'
import {type ReplicaPeer} from './peer.js'

/** One piece of work: a millisecond or less, so that clients do not notice. */
const SLICE_BYTES = 64 * 1024
/** A replica that has more than this in front of it is not given more: the dump goes at the pace of its slowest reader. */
const AHEAD_BYTES = 4 * 1024 * 1024
const MARK_DIGITS = 40

/** `diskless`: `$EOF:<mark>`, sent while it is made. `whole`: `$<length>`, sent when it is made. */
export type PayloadForm = 'diskless' | 'whole'

export interface FullSyncOptions {
  readonly peers: readonly ReplicaPeer[]
  readonly form: PayloadForm
  readonly snapshot: Snapshot
  /** Forty characters that the dump does not hold. */
  readonly mark: string
}

export class FullSync {
  readonly form: PayloadForm
  readonly #peers: Set<ReplicaPeer>
  readonly #snapshot: Snapshot
  readonly #mark: Buffer
  /** The whole form: the dump so far, and how many of its pieces each replica has been given. */
  readonly #pieces: Uint8Array[] = []
  readonly #given = new Map<ReplicaPeer, number>()
  #progressAtMs: number

  constructor({peers, form, snapshot, mark}: FullSyncOptions, nowMs: number) {
    this.form = form
    this.#peers = new Set(peers)
    this.#snapshot = snapshot
    this.#mark = Buffer.from(mark.slice(0, MARK_DIGITS), 'latin1')
    this.#progressAtMs = nowMs
    for (const peer of peers) {
      peer.stage = 'dumping'
      if (form === 'diskless') peer.output.writeText(`$EOF:${this.#mark.toString('latin1')}\r\n`)
    }
  }

  /** The dump is made: another snapshot may begin. */
  get isDumped(): boolean {
    return this.#snapshot.isDone
  }

  get isOver(): boolean {
    return this.#peers.size === 0
  }

  /** A replica went away. The last one takes the dump with it. */
  leave(peer: ReplicaPeer): void {
    this.#peers.delete(peer)
    if (this.#peers.size === 0 && !this.#snapshot.isDone) this.#snapshot.abandon()
  }

  /** Does one slice of work. @returns whether more could be done at once, without waiting for a replica to read */
  advance(nowMs: number): boolean {
    if (this.form === 'diskless') return this.#advanceDiskless(nowMs)
    if (!this.#snapshot.isDone) {
      this.#pieces.push(this.#snapshot.next(SLICE_BYTES))
      this.#progressAtMs = nowMs
      if (!this.#snapshot.isDone) return true
      this.#announceLength()
    }
    return this.#sendPieces(nowMs)
  }

  /** Replicas that have read nothing for so long that they hold everybody up. */
  stuck(nowMs: number, timeoutMs: number): readonly ReplicaPeer[] {
    if (nowMs - this.#progressAtMs <= timeoutMs) return []
    return [...this.#peers].filter((peer) => peer.output.pendingBytes > AHEAD_BYTES)
  }

  #advanceDiskless(nowMs: number): boolean {
    for (const peer of this.#peers) if (peer.output.pendingBytes > AHEAD_BYTES) return false
    const bytes = this.#snapshot.next(SLICE_BYTES)
    this.#progressAtMs = nowMs
    for (const peer of this.#peers) {
      peer.output.write(bytes)
      if (!this.#snapshot.isDone) continue
      peer.output.write(this.#mark)
      peer.stage = 'loading'
      peer.ackAtMs = nowMs
      if (peer.isRdbOnly) peer.goOnline(nowMs)
    }
    if (this.#snapshot.isDone) this.#peers.clear()
    return !this.#snapshot.isDone
  }

  #announceLength(): void {
    const length = this.#pieces.reduce((sum, piece) => sum + piece.length, 0)
    for (const peer of this.#peers) {
      peer.output.writeText(`$${length}\r\n`)
      peer.stage = 'sending'
      this.#given.set(peer, 0)
    }
  }

  #sendPieces(nowMs: number): boolean {
    let canGoOn = false
    for (const peer of this.#peers) {
      let given = this.#given.get(peer) ?? 0
      for (; given < this.#pieces.length && peer.output.pendingBytes <= AHEAD_BYTES; given++) {
        peer.output.write(this.#pieces[given]!)
        this.#progressAtMs = nowMs
      }
      this.#given.set(peer, given)
      if (given < this.#pieces.length) continue
      peer.goOnline(nowMs)
      this.#peers.delete(peer)
      canGoOn = true
    }
    return canGoOn && this.#peers.size > 0
  }
}
