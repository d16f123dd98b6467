/** SHA-256 of a latin1 string: ACL shows passwords by it. Source: FIPS 180-4. */
import {type Bytes} from '../ports.js'
import {padBlocks} from './sha-padding.js'

const ROUNDS = 64

/** The first 32 bits of the fractional part of `value`. */
function fractionBits(value: number): number {
  return Math.floor((value - Math.floor(value)) * 2 ** 32)
}

function firstPrimes(count: number): number[] {
  const primes: number[] = []
  for (let candidate = 2; primes.length < count; candidate++) {
    if (primes.every((prime) => candidate % prime !== 0)) primes.push(candidate)
  }
  return primes
}

const PRIMES = firstPrimes(ROUNDS)
const CONSTANTS = Uint32Array.from(PRIMES, (prime) => fractionBits(Math.cbrt(prime)))

/** 64 lower-case hexadecimal digits. */
export function sha256Hex(text: Bytes): string {
  const blocks = padBlocks(text)
  const state = Uint32Array.from(PRIMES.slice(0, 8), (prime) => fractionBits(Math.sqrt(prime)))
  const schedule = new Uint32Array(ROUNDS)
  for (let from = 0; from < blocks.byteLength; from += 64) addBlock(state, schedule, blocks, from)
  return [...state].map((word) => word.toString(16).padStart(8, '0')).join('')
}

function fillSchedule(schedule: Uint32Array, blocks: DataView, from: number): void {
  for (let at = 0; at < 16; at++) schedule[at] = blocks.getUint32(from + at * 4)
  for (let at = 16; at < ROUNDS; at++) {
    const near = schedule[at - 2]!
    const far = schedule[at - 15]!
    const nearMix = rotate(near, 17) ^ rotate(near, 19) ^ (near >>> 10)
    const farMix = rotate(far, 7) ^ rotate(far, 18) ^ (far >>> 3)
    schedule[at] = schedule[at - 16]! + farMix + schedule[at - 7]! + nearMix
  }
}

function addBlock(state: Uint32Array, schedule: Uint32Array, blocks: DataView, from: number): void {
  fillSchedule(schedule, blocks, from)
  const words = Uint32Array.from(state)
  for (let round = 0; round < ROUNDS; round++) {
    const e = words[4]!
    const a = words[0]!
    const choice = (e & words[5]!) ^ (~e & words[6]!)
    const eMix = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
    const first = words[7]! + eMix + choice + CONSTANTS[round]! + schedule[round]!
    const majority = (a & words[1]!) ^ (a & words[2]!) ^ (words[1]! & words[2]!)
    const second = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + majority
    words.copyWithin(1, 0, 7)
    words[4]! += first
    words[0] = first + second
  }
  for (let at = 0; at < 8; at++) state[at]! += words[at]!
}

function rotate(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits))
}
