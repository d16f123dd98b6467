/** A client's word inside an error text: it ends at its first NUL, as C's %s has it. */
import {type Bytes} from '../ports.js'

export function printable(word: Bytes): Bytes {
  const end = word.indexOf('\0')
  return end < 0 ? word : word.slice(0, end)
}
