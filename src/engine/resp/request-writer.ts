/** Requests as bytes: what goes to another node, into the replication stream and into the AOF. */
import {type Bytes} from '../ports.js'

const HEADERS = Array.from({length: 256}, (_, length) => `$${length}\r\n`)

/** A RESP array of bulk strings, the only form that a stream knows. */
export function encodeRequest(argv: readonly Bytes[]): Bytes {
  let text = `*${argv.length}\r\n`
  for (const word of argv) {
    text += word.length < 256 ? HEADERS[word.length]! : `$${word.length}\r\n`
    text += word
    text += '\r\n'
  }
  return text
}
