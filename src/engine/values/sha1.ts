/** SHA-1 of a latin1 string: DEBUG DIGEST is made of it. Source: FIPS 180-4. */
import {type Bytes} from '../ports.js'
import {padBlocks} from './sha-padding.js'

const ROUNDS = 80

/** The 20 bytes of the digest. */
export function sha1(text: Bytes): Uint8Array {
  const blocks = padBlocks(text)
  const state = new Uint32Array([0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0])
  const schedule = new Uint32Array(ROUNDS)
  for (let from = 0; from < blocks.byteLength; from += 64) addBlock(state, schedule, blocks, from)
  const digest = new Uint8Array(20)
  const view = new DataView(digest.buffer)
  state.forEach((word, at) => view.setUint32(at * 4, word))
  return digest
}

function addBlock(state: Uint32Array, schedule: Uint32Array, blocks: DataView, from: number): void {
  for (let at = 0; at < 16; at++) schedule[at] = blocks.getUint32(from + at * 4)
  for (let at = 16; at < ROUNDS; at++) {
    schedule[at] = rotate(schedule[at - 3]! ^ schedule[at - 8]! ^ schedule[at - 14]! ^ schedule[at - 16]!, 1)
  }
  let [a, b, c, d, e] = state as unknown as [number, number, number, number, number]
  for (let at = 0; at < ROUNDS; at++) {
    const next = (rotate(a, 5) + choose(at, b, c, d) + e + schedule[at]!) >>> 0
    e = d
    d = c
    c = rotate(b, 30)
    b = a
    a = next
  }
  state[0]! += a
  state[1]! += b
  state[2]! += c
  state[3]! += d
  state[4]! += e
}

/** The function and the constant of a round. */
function choose(round: number, b: number, c: number, d: number): number {
  if (round < 20) return ((b & c) | (~b & d)) + 0x5a827999
  if (round < 40) return (b ^ c ^ d) + 0x6ed9eba1
  if (round < 60) return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc
  return (b ^ c ^ d) + 0xca62c1d6
}

function rotate(word: number, bits: number): number {
  return ((word << bits) | (word >>> (32 - bits))) >>> 0
}
