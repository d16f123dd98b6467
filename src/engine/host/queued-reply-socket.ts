/** The way out to a client whose connection is encrypted: every piece waits for the one before it. */
import {type OutputBuffer} from '../ports.js'
import {ReplySocket} from './reply-socket.js'

/** A cipher takes one write at a time, and none before the last has left: only the stream's own queue keeps to that. */
export class QueuedReplySocket extends ReplySocket {
  override get unsentBytes(): number {
    return this.socket.writableLength
  }

  override write(output: OutputBuffer): void {
    const {socket} = this
    const text = output.takeText()
    if (text !== undefined) {
      socket.write(text, 'latin1')
      return
    }
    const chunks = output.take()
    if (chunks.length > 1) socket.cork()
    for (const chunk of chunks) socket.write(chunk)
    if (chunks.length > 1) socket.uncork()
  }
}
