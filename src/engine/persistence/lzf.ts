/** LZF: the compression inside RDB files and DUMP payloads. Ours finds other matches than liblzf; both read either's output. */

/** A literal run has up to 32 bytes, a match up to 264, from at most 8192 bytes back. */
const MOST_LITERALS = 32
const MOST_DISTANCE = 8192
const LEAST_MATCH = 3
const MOST_MATCH = 264
/** Match lengths are stored less two; from this stored value on, a byte of their own follows. */
const LONG_MATCH = 7
const LEAST_TABLE_BITS = 8
const MOST_TABLE_BITS = 15
/** Spreads three bytes over the table (2^32 divided by the golden ratio). */
const SPREAD = 0x9e3779b1

/** By hash of three bytes: where they were met last. Shared scratch: filled anew for each call, as far as it is used. */
const lastMet = new Int32Array(1 << MOST_TABLE_BITS)
const LEAST_SCRATCH_BYTES = 64 * 1024
/** The result of the last call: an array for each would cost more than the search. */
let scratch = new Uint8Array(LEAST_SCRATCH_BYTES)

/**
 * Compresses the bytes from `start` up to, not including, `end`.
 * @returns the result, good until the next call; undefined unless it has at most `mostBytes` bytes
 */
export function compressLzf(
  input: Uint8Array,
  mostBytes: number,
  start = 0,
  end = input.length,
): Uint8Array | undefined {
  if (mostBytes <= 0) return undefined
  const bits = Math.min(Math.max(32 - Math.clz32(end - start), LEAST_TABLE_BITS), MOST_TABLE_BITS)
  lastMet.fill(-1, 0, 1 << bits)
  const output = roomFor(end - start)
  let [at, written, literalStart] = [start, 0, start]
  while (at + LEAST_MATCH <= end) {
    const slot = Math.imul(input[at]! | (input[at + 1]! << 8) | (input[at + 2]! << 16), SPREAD) >>> (32 - bits)
    const candidate = lastMet[slot]!
    lastMet[slot] = at
    const length = candidate >= 0 && at - candidate <= MOST_DISTANCE ? matchLength(input, candidate, at, end) : 0
    if (length < LEAST_MATCH) {
      at++
      continue
    }
    written = writeLiterals(input, literalStart, at, output, written)
    written = writeMatch(length, at - candidate, output, written)
    if (written > mostBytes) return undefined
    at += length
    literalStart = at
  }
  // What is left makes it no shorter.
  if (written + end - literalStart > mostBytes) return undefined
  written = writeLiterals(input, literalStart, end, output, written)
  return written > mostBytes ? undefined : output.subarray(0, written)
}

/** Nothing to compress at all costs one byte in 32. */
function roomFor(length: number): Uint8Array {
  const needed = length + (length >>> 5) + 1
  if (scratch.length < needed) scratch = new Uint8Array(Math.max(needed, scratch.length * 2))
  return scratch
}

/** Restores exactly `length` bytes; undefined when the input says anything else. Never believes a length before checking it. */
export function decompressLzf(input: Uint8Array, length: number): Uint8Array | undefined {
  if (!canExpandTo(length, input.length)) return undefined
  const output = Buffer.allocUnsafe(length) // every byte is written, or nothing is returned
  return expandLzf(input, 0, input.length, output, length) ? output : undefined
}

/** The same between two places of the input, into room that is there already. @returns false when it says anything else */
export function expandLzf(input: Uint8Array, start: number, end: number, output: Uint8Array, length: number): boolean {
  if (!canExpandTo(length, end - start)) return false
  let at = start
  let written = 0
  while (at < end) {
    const control = input[at++]!
    if (control < MOST_LITERALS) {
      const count = control + 1
      if (at + count > end || written + count > length) return false
      for (let step = 0; step < count; step++) output[written++] = input[at++]!
      continue
    }
    const long = control >>> 5 === LONG_MATCH
    if (at + (long ? 2 : 1) > end) return false
    const count = (control >>> 5) + (long ? input[at++]! : 0) + 2
    const from = written - (((control & 31) << 8) | input[at++]!) - 1
    if (from < 0 || written + count > length) return false
    // Byte by byte: a match may reach into what it is writing.
    for (let step = 0; step < count; step++) output[written + step] = output[from + step]!
    written += count
  }
  return written === length
}

/** No input expands further than matches of 264 bytes told in two. */
function canExpandTo(length: number, inputLength: number): boolean {
  return length <= (inputLength * MOST_MATCH) / 2
}

function matchLength(input: Uint8Array, earlier: number, at: number, end: number): number {
  const most = Math.min(MOST_MATCH, end - at)
  let length = 0
  while (length < most && input[earlier + length] === input[at + length]) length++
  return length
}

function writeLiterals(input: Uint8Array, start: number, end: number, output: Uint8Array, at: number): number {
  let written = at
  for (let from = start; from < end; from += MOST_LITERALS) {
    const to = Math.min(from + MOST_LITERALS, end)
    output[written++] = to - from - 1
    for (let index = from; index < to; index++) output[written++] = input[index]!
  }
  return written
}

function writeMatch(length: number, distance: number, output: Uint8Array, at: number): number {
  let written = at
  const [stored, back] = [length - 2, distance - 1]
  output[written++] = (Math.min(stored, LONG_MATCH) << 5) | (back >>> 8)
  if (stored >= LONG_MATCH) output[written++] = stored - LONG_MATCH
  output[written++] = back & 0xff
  return written
}
