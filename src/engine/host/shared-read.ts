/** Reading many sockets through one buffer: no allocation, no stream machinery, one copy less for each chunk. */
import net from 'node:net'

/** What libuv reads at most at a time. */
const READ_BUFFER_BYTES = 64 * 1024
/** Views of chunks up to here are kept: most requests have one of a few lengths. */
const KEPT_VIEW_BYTES = 1024

/** One buffer for the reads of all clients of a node, and views of its beginning: making one costs as much as parsing a short request. */
export class ReadBuffer {
  readonly whole: Buffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES)
  readonly #views: (Buffer | undefined)[] = new Array<undefined>(KEPT_VIEW_BYTES + 1).fill(undefined)

  first(bytes: number): Buffer {
    if (bytes > KEPT_VIEW_BYTES) return this.whole.subarray(0, bytes)
    return (this.#views[bytes] ??= this.whole.subarray(0, bytes))
  }
}

interface WithHandle {
  /** The socket's TCP handle: no public interface, but the only way to give an accepted connection a read buffer of ours. */
  _handle?: object | null
}

interface OnRead {
  readonly buffer: Uint8Array
  readonly callback: (bytes: number, buffer: Uint8Array) => boolean
}

/**
 * On Windows a read is begun with its buffer long before there is anything to read, so each socket needs its own; everywhere else
 * the buffer is filled at the moment when it is handed over.
 */
const CAN_SHARE = process.platform !== 'win32'

/**
 * Begins to read an accepted socket that was opened with `pauseOnConnect`. The chunk is valid only during the call.
 * `onread` exists for sockets that one dials; for an accepted one its handle is moved into a new socket that has it. Where Node does
 * not show the handle, the socket's ordinary `data` events do the same, more slowly.
 * @returns the socket to use from now on
 */
export function readShared(accepted: net.Socket, buffer: ReadBuffer, onBytes: (chunk: Uint8Array) => void): net.Socket {
  const {_handle: handle} = accepted as WithHandle
  // The handle of an encrypted connection is that of its cipher: what can be read from it comes as `data`.
  if (!CAN_SHARE || 'encrypted' in accepted || typeof handle !== 'object' || handle === null) {
    return readOrdinarily(accepted, onBytes)
  }
  const onread: OnRead = {
    buffer: buffer.whole,
    callback: (bytes) => {
      onBytes(buffer.first(bytes))
      return true
    },
  }
  const options = {handle, allowHalfOpen: true, onread}
  const socket = new net.Socket(options)
  // The empty shell tells its server that it is gone; what happens to the connection is the new socket's business.
  ;(accepted as WithHandle)._handle = null
  accepted.destroy()
  return socket
}

function readOrdinarily(socket: net.Socket, onBytes: (chunk: Uint8Array) => void): net.Socket {
  socket.on('data', onBytes)
  return socket.resume()
}
