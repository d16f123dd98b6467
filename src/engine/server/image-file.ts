/** A snapshot on its way into a file, in the background: the node writes a slice of it now and then, and waits for no disk. */
import {type Snapshot} from '../persistence/snapshot.js'
import {type FileEffect, type Storage} from '../ports.js'

/** One piece of work: about half a millisecond. */
const SLICE_BYTES = 64 * 1024
/** What may wait for the disk: then the node waits with the next slice. */
const AHEAD_BYTES = 4 * 1024 * 1024
/** Redis' REDIS_AUTOSYNC_BYTES: a sync at the very end would have everything to do. */
const SYNC_EVERY_BYTES = 4 * 1024 * 1024

/** What is left to do, in this order. */
type Stage = 'writing' | 'syncing' | 'written' | 'publishing' | 'published'

export class ImageFile {
  readonly snapshot: Snapshot
  readonly #files: FileEffect[]
  /** Its name until it is whole. */
  readonly temporary: string
  /** The directives `rdb-save-incremental-fsync` and `aof-rewrite-incremental-fsync`. */
  readonly #syncsOften: boolean
  #stage: Stage = 'writing'
  #aheadBytes = 0
  #unsyncedBytes = 0
  #error: string | undefined
  /** Bytes of the file so far. */
  bytes = 0

  constructor(options: {
    readonly files: FileEffect[]
    readonly snapshot: Snapshot
    readonly temporary: string
    readonly syncsOften: boolean
  }) {
    this.snapshot = options.snapshot
    this.#files = options.files
    this.temporary = options.temporary
    this.#syncsOften = options.syncsOften
    this.#files.push({kind: 'remove', name: this.temporary, inBackground: true, done: () => undefined})
  }

  /** In the system's words: the file is given up then. */
  get error(): string | undefined {
    return this.#error
  }

  /** All of it is on disk, under its temporary name. */
  get isWritten(): boolean {
    return this.#stage === 'written'
  }

  /** It is on disk under its own name for good. */
  get isPublished(): boolean {
    return this.#stage === 'published'
  }

  /** Whether there is something to do now; otherwise the disk is waited for. */
  get wantsTurn(): boolean {
    if (this.#stage === 'writing') return this.#aheadBytes < AHEAD_BYTES || this.#error !== undefined
    return this.#stage === 'written' || this.#stage === 'published' || this.#error !== undefined
  }

  /** Writes a slice, if that is what is to be done. */
  work(): void {
    if (this.#stage !== 'writing' || this.#aheadBytes >= AHEAD_BYTES || this.#error !== undefined) return
    const bytes = this.snapshot.next(SLICE_BYTES)
    if (bytes.length > 0) this.#append(bytes)
    if (this.snapshot.isDone) {
      this.#stage = 'syncing'
      this.#sync(() => (this.#stage = 'written'))
    } else if (this.#syncsOften && this.#unsyncedBytes >= SYNC_EVERY_BYTES) this.#sync(() => undefined)
  }

  /** Gives the file its name, in place of the one that has it. */
  publish(name: string): void {
    this.#stage = 'publishing'
    const done = (error: string | undefined): void => void (this.#error ??= error)
    this.#files.push({kind: 'rename', from: this.temporary, to: name, lazily: true, done})
    const synced = (error: string | undefined): void => {
      this.#error ??= error
      this.#stage = 'published'
    }
    this.#files.push({kind: 'sync-folder', name, inBackground: true, done: synced})
  }

  /** Lets go of the data, and takes away what is written. */
  abandon(): void {
    if (!this.snapshot.isDone) this.snapshot.abandon()
    this.#files.push({kind: 'remove', name: this.temporary, inBackground: true, done: () => undefined})
  }

  #append(bytes: Uint8Array): void {
    this.bytes += bytes.length
    this.#aheadBytes += bytes.length
    this.#unsyncedBytes += bytes.length
    const done = (error: string | undefined): void => {
      this.#aheadBytes -= bytes.length
      this.#error ??= error
      this.snapshot.giveBack(bytes)
    }
    this.#files.push({kind: 'append', name: this.temporary, bytes, inBackground: true, done})
  }

  #sync(then: () => void): void {
    this.#unsyncedBytes = 0
    const done = (error: string | undefined): void => {
      this.#error ??= error
      then()
    }
    this.#files.push({kind: 'sync', name: this.temporary, inBackground: true, done})
  }
}

/**
 * Writes a whole snapshot at once, as SAVE does: nothing else happens meanwhile.
 * @returns how many bytes, or in the system's words why it could not be
 */
export function writeImageNow(
  storage: Storage,
  snapshot: Snapshot,
  names: {readonly temporary: string; readonly target: string},
): {readonly bytes: number} | {readonly error: string} {
  let bytes = 0
  try {
    storage.remove(names.temporary)
    while (!snapshot.isDone) {
      const piece = snapshot.next(SYNC_EVERY_BYTES)
      storage.append(names.temporary, piece)
      bytes += piece.length
      snapshot.giveBack(piece)
    }
    storage.sync(names.temporary)
    storage.rename(names.temporary, names.target)
    return {bytes}
  } catch (error) {
    return {error: error instanceof Error ? error.message : String(error)}
  }
}
