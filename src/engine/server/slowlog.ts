/** The slow log: the latest commands that took longer than slowlog-log-slower-than. */
import {type Bytes} from '../ports.js'

/** Source: Redis' SLOWLOG_ENTRY_MAX_ARGC and SLOWLOG_ENTRY_MAX_STRING. */
const SHOWN_WORDS = 32
const SHOWN_BYTES = 128

export interface SlowEntry {
  readonly id: number
  /** Unix seconds. */
  readonly atSeconds: number
  readonly usec: number
  readonly words: readonly Bytes[]
  readonly peer: string
  readonly clientName: Bytes
}

export class SlowLog {
  /** Newest first. */
  #entries: SlowEntry[] = []
  #nextId = 0
  maxEntries = 128

  get entries(): readonly SlowEntry[] {
    return this.#entries
  }

  add(entry: Omit<SlowEntry, 'id'>): void {
    this.#entries.unshift({...entry, words: shorten(entry.words), id: this.#nextId++})
    this.trim()
  }

  /** The bound may have been lowered. */
  trim(): void {
    if (this.#entries.length > this.maxEntries) this.#entries.length = this.maxEntries
  }

  reset(): void {
    this.#entries = []
  }
}

function shorten(words: readonly Bytes[]): Bytes[] {
  const shown = words.slice(0, SHOWN_WORDS).map(shortenWord)
  const hidden = words.length - SHOWN_WORDS + 1
  if (words.length > SHOWN_WORDS) shown[SHOWN_WORDS - 1] = `... (${hidden} more arguments)`
  return shown
}

function shortenWord(word: Bytes): Bytes {
  if (word.length <= SHOWN_BYTES) return word
  return `${word.slice(0, SHOWN_BYTES)}... (${word.length - SHOWN_BYTES} more bytes)`
}
