/** A replica that reads its primary's dump as fast as it comes, and keeps nothing of it. */
import net from 'node:net'

const HEADER = /\$EOF:(.{40})\r\n/s
const MARK_BYTES = 40

/** Asks for a full synchronisation. @returns bytes of the dump @throws Error when the server hangs up before its end */
export function readDump(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1')
    let head = ''
    let mark: string | undefined
    let tail = ''
    let bytes = 0
    socket.write('REPLCONF capa eof\r\n')
    // PSYNC is refused while an answer is on its way.
    socket.once('data', () => socket.write('PSYNC ? -1\r\n'))
    socket.on('data', (chunk) => {
      let payload = chunk
      if (mark === undefined) {
        head += chunk.toString('latin1')
        const found = HEADER.exec(head)
        if (found === null) return
        mark = found[1]!
        payload = Buffer.from(head.slice(found.index + found[0].length), 'latin1')
      }
      bytes += payload.length
      tail = (tail + payload.subarray(-MARK_BYTES).toString('latin1')).slice(-MARK_BYTES)
      if (tail !== mark) return
      socket.destroy()
      resolve(bytes - MARK_BYTES)
    })
    socket.on('error', reject)
    socket.on('close', () => reject(new Error(`the server on port ${port} ended the dump before its end`)))
  })
}
