/** The folder of a simulated node: a crash of its machine takes what was not synced, and it can be slow, full or broken. */
import {below} from '../chance.js'
import {doFileWork} from '../apply-turn.js'
import {type FileEffect, type Rng, type Storage} from '../ports.js'

interface VirtualFile {
  bytes: Uint8Array
  length: number
  /** Bytes from the start that the disk holds for good. */
  syncedLength: number
}

/** A name given or taken away, which the disk will hold for good when the folder is synced. */
interface Renaming {
  readonly name: string
  readonly file: VirtualFile | undefined
}

export interface DiskSpeed {
  /** What each sync takes, ms. */
  readonly syncMs: number
  /** What it takes to write a megabyte, ms. */
  readonly megabyteMs: number
}

/** An SSD in a server. */
export const USUAL_DISK: DiskSpeed = {syncMs: 0.5, megabyteMs: 1}

/** What the disk needs of the machine that it is in. */
export interface DiskHost {
  /** The process stands still for so long, because it waits for the disk. */
  occupy(ms: number): void
  /** Runs something later, as long as the process lives. */
  after(ms: number, run: () => void): void
  /** Tells the node something in a turn of its own. */
  note(tell: () => void): void
}

const MEGABYTE = 1_000_000
const SMALLEST = 64

/**
 * As a journalling file system behaves: names change in their order, so a crash keeps a beginning of what was not synced; of bytes
 * that were appended and not synced it keeps a beginning, too, which may be all or nothing.
 */
export class VirtualDisk implements Storage {
  #files = new Map<string, VirtualFile>()
  /** What a crash leaves, apart from what `#renamings` adds. */
  readonly #durable = new Map<string, VirtualFile>()
  #renamings: Renaming[] = []
  #host: DiskHost | undefined
  #background: FileEffect[] = []
  /** Why nothing can be written: `No space left on device`; undefined: it can. */
  failure: string | undefined
  /** Something could not be written since the process that uses it has started. */
  hasFailed = false
  speed = USUAL_DISK

  /** The process that uses it from now on; of the one before nothing more is heard. */
  attach(host: DiskHost | undefined): void {
    this.#host = host
    this.#background = []
    this.hasFailed = false
  }

  /** Names of all files, in order. */
  get names(): string[] {
    return [...this.#files.keys()].sort()
  }

  read(name: string): Uint8Array | null {
    const file = this.#files.get(name)
    return file === undefined ? null : file.bytes.slice(0, file.length)
  }

  pieces(name: string): Uint8Array[] | null {
    const bytes = this.read(name)
    return bytes === null ? null : [bytes]
  }

  truncate(name: string, bytes: number): void {
    this.replace(name, this.read(name)!.subarray(0, bytes))
  }

  append(name: string, bytes: Uint8Array): void {
    this.#mustWork()
    let file = this.#files.get(name)
    if (file === undefined) this.#name(name, (file = {bytes: new Uint8Array(SMALLEST), length: 0, syncedLength: 0}))
    reserve(file, file.length + bytes.length)
    file.bytes.set(bytes, file.length)
    file.length += bytes.length
    this.#host?.occupy(this.#writingMs(bytes))
  }

  sync(name: string): void {
    this.#mustWork()
    this.#host?.occupy(this.speed.syncMs)
    this.#settle(name)
  }

  replace(name: string, bytes: Uint8Array, lazily = false): void {
    this.#mustWork()
    // Written beside and renamed: even an unsynced one never stands half written in the place of the other.
    const file = {bytes: bytes.slice(), length: bytes.length, syncedLength: bytes.length}
    this.#name(name, file)
    this.#host?.occupy(this.#writingMs(bytes) + (lazily ? 0 : 2 * this.speed.syncMs))
    if (!lazily) this.#settleNames()
  }

  rename(from: string, to: string, lazily = false): void {
    this.#mustWork()
    const file = this.#files.get(from)
    if (file === undefined) throw new Error('No such file or directory')
    this.#name(to, file)
    this.#name(from, undefined)
    if (lazily) return
    this.#host?.occupy(this.speed.syncMs)
    this.#settleNames()
  }

  remove(name: string): void {
    this.#mustWork()
    if (this.#files.has(name)) this.#name(name, undefined)
  }

  /** One after another, and the node goes on meanwhile. */
  later(effect: FileEffect): void {
    this.#background.push(effect)
    if (this.#background.length === 1) this.#workOn()
  }

  /** The machine has lost its power: what was not synced is gone, or partly gone. */
  crash(rng: Rng): void {
    const kept = below(rng, this.#renamings.length + 1)
    for (const {name, file} of this.#renamings.slice(0, kept)) setName(this.#durable, name, file)
    this.#renamings = []
    this.#files = new Map(this.#durable)
    for (const file of new Set(this.#files.values())) {
      file.length = file.syncedLength + below(rng, file.length - file.syncedLength + 1)
      file.syncedLength = file.length
    }
    this.attach(undefined)
  }

  #workOn(): void {
    const effect = this.#background[0]
    const host = this.#host
    if (effect === undefined || host === undefined) return
    host.after(this.#durationOf(effect), () => {
      this.#background.shift()
      const failure = this.#do(effect)
      if (effect.done !== undefined) host.note(() => effect.done?.(failure))
      this.#workOn()
    })
  }

  /** @returns why it could not be done */
  #do(effect: FileEffect): string | undefined {
    const host = this.#host
    // Another thread waits for the disk, not the node's own.
    this.#host = undefined
    try {
      this.#mustWork()
      if (effect.kind === 'sync-folder') this.#settleNames()
      else doFileWork(effect, this)
      return undefined
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    } finally {
      this.#host = host
    }
  }

  #durationOf(effect: FileEffect): number {
    if (effect.kind === 'append' || effect.kind === 'replace') return this.#writingMs(effect.bytes)
    return effect.kind === 'sync' || effect.kind === 'sync-folder' ? this.speed.syncMs : 0
  }

  #writingMs(bytes: Uint8Array): number {
    return (bytes.length / MEGABYTE) * this.speed.megabyteMs
  }

  #name(name: string, file: VirtualFile | undefined): void {
    setName(this.#files, name, file)
    // A file that is written anew all the time is one change, not a thousand.
    if (this.#renamings.at(-1)?.name === name) this.#renamings.pop()
    this.#renamings.push({name, file})
  }

  /** fsync of a file holds its bytes and its name. */
  #settle(name: string): void {
    const file = this.#files.get(name)
    if (file === undefined) return
    file.syncedLength = file.length
    this.#settleNames()
  }

  /** The journal is written up to here: a later change of a name is never there without the earlier ones. */
  #settleNames(): void {
    for (const {name, file} of this.#renamings) setName(this.#durable, name, file)
    this.#renamings = []
  }

  /** @throws Error in the system's words */
  #mustWork(): void {
    if (this.failure === undefined) return
    this.hasFailed = true
    throw new Error(this.failure)
  }
}

function setName(names: Map<string, VirtualFile>, name: string, file: VirtualFile | undefined): void {
  if (file === undefined) names.delete(name)
  else names.set(name, file)
}

function reserve(file: VirtualFile, length: number): void {
  if (file.bytes.length >= length) return
  const grown = new Uint8Array(Math.max(length, 2 * file.bytes.length))
  grown.set(file.bytes.subarray(0, file.length))
  file.bytes = grown
}
