/** The two forms in which a primary sends its data: of announced length, or until a mark that it named at the beginning. */
import {assert} from '../../model/assert.js'

/** The mark of a diskless transfer: as long as a run id. */
export const END_MARK_BYTES = 40

/**
 * Exactly `length` bytes; what comes after them, the beginning of the replication stream, is left out.
 * @throws the error of `broken` when the chunks end before that
 */
export async function* ofLength(
  chunks: AsyncIterable<Uint8Array>,
  length: number,
  broken: (received: number) => Error,
): AsyncGenerator<Uint8Array> {
  let received = 0
  if (length === 0) return
  for await (const chunk of chunks) {
    const part = chunk.subarray(0, length - received)
    received += part.length
    if (part.length > 0) yield part
    if (received === length) return
  }
  throw broken(received)
}

/**
 * All bytes before `mark`. The sender says nothing after it, so it is looked for only at the end of what has come; the bytes
 * that could be its beginning are held back until more come.
 * @throws the error of `broken` when the chunks end without the mark
 */
export async function* untilMark(
  chunks: AsyncIterable<Uint8Array>,
  mark: Uint8Array,
  broken: (received: number) => Error,
): AsyncGenerator<Uint8Array> {
  assert(mark.length === END_MARK_BYTES, 'the mark has 40 bytes')
  let held: Uint8Array = new Uint8Array(0)
  let received = 0
  for await (const chunk of chunks) {
    const all = concat(held, chunk)
    const split = Math.max(0, all.length - mark.length)
    held = all.slice(split)
    received += chunk.length
    if (split > 0) yield all.subarray(0, split)
    if (sameBytes(held, mark)) return
  }
  throw broken(received)
}

function concat(first: Uint8Array, second: Uint8Array): Uint8Array {
  const all = new Uint8Array(first.length + second.length)
  all.set(first)
  all.set(second, first.length)
  return all
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}
