/** The stream from a primary: executed command by command, and its bytes handed on only as far as they were executed. */
import {type StreamExecutor} from './host.js'

export class StreamReader {
  readonly #executor: StreamExecutor
  readonly #processed: (bytes: Uint8Array) => void
  /** Bytes given to the executor that are not part of a finished unit. */
  #pending: Uint8Array[] = []
  #pendingBytes = 0

  /** @param processed told of whole units: a command, or a transaction to its EXEC */
  constructor(executor: StreamExecutor, processed: (bytes: Uint8Array) => void) {
    this.#executor = executor
    this.#processed = processed
  }

  get pendingBytes(): number {
    return this.#pendingBytes
  }

  /** @returns false when it is no stream of commands */
  feed(chunk: Uint8Array): boolean {
    this.#pending.push(Buffer.from(chunk))
    this.#pendingBytes += chunk.length
    return this.#executor.feed(chunk, (unreadBytes) => this.#takeProcessed(this.#pendingBytes - unreadBytes))
  }

  #takeProcessed(count: number): void {
    let left = count
    while (left > 0) {
      const first = this.#pending[0]!
      const bytes = first.length <= left ? first : first.subarray(0, left)
      if (first.length <= left) this.#pending.shift()
      else this.#pending[0] = first.subarray(left)
      left -= bytes.length
      this.#pendingBytes -= bytes.length
      this.#processed(bytes)
    }
  }
}
