/** A long string of an RDB file, compressed and written block by block. */
import {type Bytes} from '../ports.js'
import {compressLzf} from './lzf.js'
import {COMPRESSION_SAVES_BYTES, LENGTH, STRING_ENCODING} from './rdb-format.js'
import {type RdbOutput} from './rdb-output.js'

/** Matches of LZF reach back 8 KiB: little is lost where a block begins with nothing to look back at. */
const BLOCK_BYTES = 32 * 1024

/**
 * Writes a string; each step yields how many bytes it looked at. Blocks that were compressed apart are one compressed string when
 * they stand side by side, but its length comes first: so they are kept until the last is done.
 */
export function* writeLongString(output: RdbOutput, string: Bytes | Uint8Array): Generator<number, void> {
  const {length} = string
  if (output.compresses) {
    const blocks: Uint8Array[] = []
    let compressed = 0
    for (let at = 0; at < length && compressed <= length - COMPRESSION_SAVES_BYTES; at += BLOCK_BYTES) {
      const block = blockOf(string, at)
      // A literal costs one byte in 32 more than it is long.
      const packed = compressLzf(block, block.length + (block.length >>> 5) + 1)!.slice()
      blocks.push(packed)
      compressed += packed.length
      yield block.length
    }
    if (compressed <= length - COMPRESSION_SAVES_BYTES) return yield* writeBlocks(output, blocks, compressed, length)
  }
  output.count(length)
  for (let at = 0; at < length; at += BLOCK_BYTES) {
    output.raw(blockOf(string, at))
    yield BLOCK_BYTES
  }
}

function* writeBlocks(
  output: RdbOutput,
  blocks: readonly Uint8Array[],
  compressed: number,
  length: number,
): Generator<number, void> {
  output.u8(LENGTH.special | STRING_ENCODING.lzf)
  output.count(compressed)
  output.count(length)
  for (const block of blocks) {
    output.raw(block)
    yield block.length
  }
}

function blockOf(string: Bytes | Uint8Array, at: number): Uint8Array {
  const end = Math.min(at + BLOCK_BYTES, string.length)
  return typeof string === 'string' ? Buffer.from(string.slice(at, end), 'latin1') : string.subarray(at, end)
}
