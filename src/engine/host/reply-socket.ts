/** The way out to one client: short replies past the queue of the socket's stream, as long as there is nothing to queue. */
import {type Socket} from 'node:net'
import {type OutputBuffer} from '../ports.js'

/**
 * A text goes to the socket's `_write`, which hands it to the system at once: what a stream does around that (its state, callbacks, a task
 * for the next tick) costs a small request a good part of its time. What the system does not take at once waits in libuv, and until
 * it has left everything goes the ordinary way, which ends in the same queue: the order of the bytes stands.
 */
export class ReplySocket {
  readonly socket: Socket
  readonly #drained: () => void
  /** Length of the text that `_write` has not said to be written; 0 when there is none. */
  #inFlight = 0
  /** `_write` answers before it returns where the system took everything, later where it did not. */
  #isLate = false
  readonly #written = (error?: Error | null): void => {
    this.#inFlight = 0
    if (error !== undefined && error !== null) this.socket.destroy()
    else if (this.#isLate) this.#drained()
  }

  /** @param drained called when bytes that had to wait have left */
  constructor(socket: Socket, drained: () => void) {
    this.socket = socket
    this.#drained = drained
    socket.on('drain', drained)
  }

  /** Bytes that the system has not taken yet. */
  get unsentBytes(): number {
    return this.#inFlight + this.socket.writableLength
  }

  /** Writes all that the output holds, in one piece where it can. */
  write(output: OutputBuffer): void {
    const {socket} = this
    const text = output.takeText()
    if (text === undefined) return this.#writeChunks(output.take())
    if (this.unsentBytes > 0) {
      socket.write(text, 'latin1')
      return
    }
    this.#inFlight = text.length
    this.#isLate = false
    socket._write(text, 'latin1', this.#written)
    this.#isLate = true
  }

  #writeChunks(chunks: readonly Uint8Array[]): void {
    const {socket} = this
    if (chunks.length > 1) socket.cork()
    for (const chunk of chunks) socket.write(chunk)
    if (chunks.length > 1) socket.uncork()
  }
}
