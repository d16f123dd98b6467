/** The logs of nodes: their last lines, and what comes after them. */
import {closeSync, existsSync, openSync, readFileSync, readSync, statSync} from 'node:fs'
import {setTimeout as sleep} from 'node:timers/promises'
import {NODE_LOG, type StateFolder} from './state-folder.js'

export interface NodeLog {
  readonly port: number
  readonly lines: readonly string[]
}

const POLL_MS = 200
/** Read at a time: a log may have grown while nobody looked. */
const CHUNK_BYTES = 64 * 1024

export function hasLog(folder: StateFolder, port: number): boolean {
  return existsSync(folder.nodeFile(port, NODE_LOG))
}

export function lastLines(folder: StateFolder, port: number, count: number): NodeLog {
  const file = folder.nodeFile(port, NODE_LOG)
  if (!existsSync(file) || count === 0) return {port, lines: []}
  const lines = readFileSync(file, 'utf8').split('\n')
  if (lines.at(-1) === '') lines.pop()
  return {port, lines: lines.slice(-count)}
}

/** Shows what is appended until the signal comes. A log that became shorter was replaced: it is read from its beginning. */
export async function followLogs(
  folder: StateFolder,
  ports: readonly number[],
  {show, signal}: {readonly show: (port: number, line: string) => void; readonly signal: AbortSignal},
): Promise<void> {
  const tails = ports.map((port) => new Tail(folder.nodeFile(port, NODE_LOG), (line) => show(port, line)))
  while (!signal.aborted) {
    for (const tail of tails) tail.read()
    await sleep(POLL_MS, undefined, {signal}).catch(() => undefined)
  }
}

class Tail {
  readonly #file: string
  readonly #show: (line: string) => void
  #at: number
  #rest: Buffer = Buffer.alloc(0)

  /** Begins at the present end. */
  constructor(file: string, show: (line: string) => void) {
    this.#file = file
    this.#show = show
    this.#at = sizeOf(file)
  }

  read(): void {
    const size = sizeOf(this.#file)
    if (size < this.#at) this.#at = 0
    if (size === this.#at) return
    const descriptor = openSync(this.#file, 'r')
    try {
      const chunk = Buffer.alloc(CHUNK_BYTES)
      for (let bytes = -1; bytes !== 0;) {
        bytes = readSync(descriptor, chunk, 0, CHUNK_BYTES, this.#at)
        this.#at += bytes
        this.#take(chunk.subarray(0, bytes))
      }
    } finally {
      closeSync(descriptor)
    }
  }

  /** Whole lines only: the rest comes with the next bytes. */
  #take(bytes: Uint8Array): void {
    this.#rest = Buffer.concat([this.#rest, bytes])
    for (let end = this.#rest.indexOf(10); end >= 0; end = this.#rest.indexOf(10)) {
      this.#show(this.#rest.toString('utf8', 0, end))
      this.#rest = this.#rest.subarray(end + 1)
    }
  }
}

function sizeOf(file: string): number {
  return statSync(file, {throwIfNoEntry: false})?.size ?? 0
}
