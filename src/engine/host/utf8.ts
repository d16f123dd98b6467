/** Words of the outside world (UTF-8 text) as the engine holds them (`Bytes`), and back: file names, passwords, command lines. */
import {type Bytes} from '../ports.js'

export function bytesOf(text: string): Bytes {
  return Buffer.from(text, 'utf8').toString('latin1')
}

export function textOf(bytes: Bytes): string {
  return Buffer.from(bytes, 'latin1').toString('utf8')
}
