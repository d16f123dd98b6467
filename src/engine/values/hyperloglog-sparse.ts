/** The sparse representation of a HyperLogLog: runs of equal registers, changed in place exactly as Redis does. */
import {type MutableString} from './string.js'

/** Larger register values need the dense representation. */
export const SPARSE_MOST_VALUE = 32

const HEADER_BYTES = 16
const VALUE_MOST_LENGTH = 4
const ZERO_MOST_LENGTH = 64
/** How many runs, from the one before the change on, are looked through for two that can be joined. */
const JOINING_RUNS = 5

/**
 * One run of registers, decoded from one byte (00xxxxxx: zeros; 1vvvvvxx: value v + 1) or two (01xxxxxx yyyyyyyy: many zeros).
 * Lengths are stored less one.
 */
interface Run {
  readonly value: number
  readonly length: number
  readonly bytes: 1 | 2
}

/** Fills `registers`; false when the runs do not cover exactly all of them. */
export function decodeRegisters(counter: MutableString, registers: Uint8Array): boolean {
  let [at, index] = [HEADER_BYTES, 0]
  while (at < counter.length) {
    const run = runAt(counter, at)
    if (index + run.length > registers.length) return false
    if (run.value > 0) registers.fill(run.value, index, index + run.length)
    index += run.length
    at += run.bytes
  }
  return index === registers.length
}

/** Raises a register; `too-big` when the result would not fit into `mostBytes`: the string is then as it was. */
export function setSparseRegister(
  counter: MutableString,
  index: number,
  value: number,
  mostBytes: number,
): 'unchanged' | 'changed' | 'corrupt' | 'too-big' {
  let [at, first, previous] = [HEADER_BYTES, 0, HEADER_BYTES]
  let run = runAt(counter, at)
  while (at < counter.length && index >= first + run.length) {
    first += run.length
    previous = at
    at += run.bytes
    run = runAt(counter, at)
  }
  if (at >= counter.length) return 'corrupt'
  if (run.value >= value) return 'unchanged'
  const replacement = [
    ...encodeRun(run.value, index - first),
    ...encodeRun(value, 1),
    ...encodeRun(run.value, first + run.length - 1 - index),
  ]
  const growth = replacement.length - run.bytes
  if (growth > 0 && counter.length + growth > mostBytes) return 'too-big'
  counter.splice(at, run.bytes, Uint8Array.from(replacement))
  joinRuns(counter, previous)
  return 'changed'
}

/** Joins neighbours of the same value where one byte can tell both. */
function joinRuns(counter: MutableString, from: number): void {
  let at = from
  for (let looked = 0; looked < JOINING_RUNS && at < counter.length; looked++) {
    const run = runAt(counter, at)
    const next = at + 1 < counter.length ? runAt(counter, at + 1) : undefined
    const joined = run.length + (next?.length ?? 0)
    if (run.value > 0 && next?.value === run.value && joined <= VALUE_MOST_LENGTH) {
      counter.splice(at, 2, Uint8Array.from(encodeRun(run.value, joined)))
    } else {
      at += run.bytes
    }
  }
}

function runAt(counter: MutableString, at: number): Run {
  const byte = counter.byteAt(at)
  if ((byte & 0x80) !== 0) return {value: ((byte >>> 2) & 31) + 1, length: (byte & 3) + 1, bytes: 1}
  if ((byte & 0x40) === 0) return {value: 0, length: byte + 1, bytes: 1}
  return {value: 0, length: (((byte & 0x3f) << 8) | counter.byteAt(at + 1)) + 1, bytes: 2}
}

function encodeRun(value: number, length: number): number[] {
  if (length === 0) return []
  if (value > 0) return [0x80 | ((value - 1) << 2) | (length - 1)]
  if (length <= ZERO_MOST_LENGTH) return [length - 1]
  return [0x40 | ((length - 1) >>> 8), (length - 1) & 0xff]
}
