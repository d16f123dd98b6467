/** The way out to one client: short replies straight to the system, as long as there is nothing to queue. */
import {type Socket} from 'node:net'
import {type Bytes, type OutputBuffer} from '../ports.js'

/** The socket's TCP handle, as Node's own streams use it: no public interface. */
interface WritableHandle {
  readonly writeQueueSize: number
  writeLatin1String(request: WriteRequest, text: string): number
}

/** What libuv keeps of a write that it could not finish at once. */
interface WriteRequest {
  oncomplete?: (status: number) => void
}

interface WithHandle {
  readonly _handle?: WritableHandle | null
}

/** Makes a write request: Node shows the class nowhere, but hands one to a handle with each write. */
let makeRequest: (() => WriteRequest) | undefined

/**
 * A text goes to the socket's handle: what a stream does around that (its state, callbacks, a request of its own for each write, a task
 * for the next tick) costs a small request a third of its time in this process. A write request is used only when the system does
 * not take everything at once; then the rest waits in libuv, and until it has left everything goes the ordinary way, which ends in
 * the same queue: the order of the bytes stands. Where Node does not show the handle, all goes the ordinary way.
 */
export class ReplySocket {
  readonly socket: Socket
  readonly #drained: () => void
  /** Bytes of a text that wait in libuv; 0 when there are none. */
  #inFlight = 0
  /** Not used yet: it serves until a write has to wait. */
  #request: WriteRequest | undefined

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
    const text = output.takeText()
    if (text === undefined) this.#writeChunks(output.take())
    else if (this.unsentBytes > 0 || !this.#writeAtOnce(text)) this.socket.write(text, 'latin1')
  }

  /** @returns false when the text is still to be written, the ordinary way */
  #writeAtOnce(text: Bytes): boolean {
    const handle = (this.socket as WithHandle)._handle
    if (handle?.writeLatin1String === undefined) return false
    const request = (this.#request ??= this.#newRequest(handle))
    if (request === undefined) return false
    const failure = handle.writeLatin1String(request, text)
    if (failure !== 0) this.socket.destroy()
    else if (handle.writeQueueSize > 0) this.#wait(handle.writeQueueSize)
    return true
  }

  #newRequest(handle: WritableHandle): WriteRequest | undefined {
    if (makeRequest === undefined) {
      learnRequest(handle)
      return undefined
    }
    const request = makeRequest()
    request.oncomplete = (status) => this.#written(status)
    return request
  }

  #wait(bytes: number): void {
    this.#inFlight = bytes
    this.#request = undefined
  }

  #written(status: number): void {
    this.#inFlight = 0
    if (status < 0) this.socket.destroy()
    else this.#drained()
  }

  #writeChunks(chunks: readonly Uint8Array[]): void {
    const {socket} = this
    if (chunks.length > 1) socket.cork()
    for (const chunk of chunks) socket.write(chunk)
    if (chunks.length > 1) socket.uncork()
  }
}

/** Looks at the request of the next write that goes through this handle the ordinary way. */
function learnRequest(handle: WritableHandle): void {
  const own: {writeLatin1String?: WritableHandle['writeLatin1String']} = handle
  own.writeLatin1String = (request, text) => {
    delete own.writeLatin1String
    const RequestClass = request.constructor as new () => WriteRequest
    makeRequest = () => new RequestClass()
    return handle.writeLatin1String(request, text)
  }
}
