/** File work that nobody waits for: done one after another by the threads that Node keeps for files. */
import {fdatasync, fsync, write} from 'node:fs'
import {type FileEffect} from '../ports.js'
import {reasonOf} from './system-error.js'

/** What the work needs of its folder. */
export interface BackgroundFolder {
  /** The file that is open for appending; it stays open until `release`. @throws Error when it cannot be opened */
  hold(name: string): number
  release(name: string, descriptor: number): void
  holdFolder(name: string): number
  /** All that takes no time: renaming, removing. */
  doNow(effect: FileEffect): void
}

/** Runs what is told to the node in a turn of it. */
export type InTurn = (tell: () => void) => void

export class BackgroundFiles {
  readonly #folder: BackgroundFolder
  readonly #queue: FileEffect[] = []
  #isBusy = false
  #isOver = false
  readonly #whenIdle: (() => void)[] = []
  inTurn: InTurn = (tell) => tell()

  constructor(folder: BackgroundFolder) {
    this.#folder = folder
  }

  add(effect: FileEffect): void {
    if (this.#isOver) return
    this.#queue.push(effect)
    if (!this.#isBusy) this.#next()
  }

  /**
   * Takes no more, and tells nobody any more. The promise is kept when nothing is under way.
   * @param drops what has not begun never will
   */
  end(drops: boolean): Promise<void> {
    this.#isOver = true
    if (drops) this.#queue.length = 0
    if (!this.#isBusy) return Promise.resolve()
    return new Promise((resolve) => this.#whenIdle.push(resolve))
  }

  #next(): void {
    const effect = this.#queue.shift()
    this.#isBusy = effect !== undefined
    if (effect !== undefined) return this.#run(effect)
    for (const tell of this.#whenIdle.splice(0)) tell()
  }

  #run(effect: FileEffect): void {
    try {
      if (effect.kind === 'append') this.#append(effect, effect.name, effect.bytes)
      else if (effect.kind === 'sync') this.#sync(effect, effect.name)
      else if (effect.kind === 'sync-folder') this.#syncFolder(effect, effect.name)
      else {
        this.#folder.doNow(effect)
        this.#settle(effect, undefined)
      }
    } catch (error) {
      this.#settle(effect, error)
    }
  }

  #append(effect: FileEffect, name: string, bytes: Uint8Array): void {
    const descriptor = this.#folder.hold(name)
    const writeFrom = (from: number): void => {
      write(descriptor, bytes, from, bytes.length - from, null, (error, written) => {
        if (error === null && from + written < bytes.length) return writeFrom(from + written)
        this.#folder.release(name, descriptor)
        this.#settle(effect, error)
      })
    }
    writeFrom(0)
  }

  #sync(effect: FileEffect, name: string): void {
    const descriptor = this.#folder.hold(name)
    fdatasync(descriptor, (error) => {
      this.#folder.release(name, descriptor)
      this.#settle(effect, error)
    })
  }

  #syncFolder(effect: FileEffect, name: string): void {
    // Windows cannot open a folder, and needs not.
    if (process.platform === 'win32') return this.#settle(effect, undefined)
    const descriptor = this.#folder.holdFolder(name)
    fsync(descriptor, (error) => {
      this.#folder.release('', descriptor)
      this.#settle(effect, error)
    })
  }

  #settle(effect: FileEffect, error: unknown): void {
    const failure = error === undefined || error === null ? undefined : reasonOf(error)
    // In a pass of its own: what is told may ask for more, and a queue of quick work must not become a tower of calls.
    setImmediate(() => {
      if (!this.#isOver && effect.done !== undefined) this.inTurn(() => effect.done?.(failure))
      this.#next()
    })
  }
}
