/** For how long the move of a key stops its nodes, and how much of it goes over the wire. */
import type {KeySize} from './big-keys.js'

/** A stall of more than this part of cluster-node-timeout is not risked: at the whole of it, a node counts as dead. */
export const SAFE_PART = 0.5

/** Round trip and the work that does not depend on size, ms. */
const BASE_MS = 1

interface Cost {
  /** Per byte of the node's memory, ns. */
  readonly byteNs: number
  /** Per member, on top of its bytes, ns. */
  readonly elementNs: number
  /** Of each member's memory, what is bookkeeping and is not written into the payload, bytes. */
  readonly overheadBytes: number
}

/**
 * What MIGRATE took (SLOWLOG of the source), from Redis 7.0.15 to the same and from Valkey 9.1.2 to the same over loopback, both
 * ends and other work on 2 cores: strings of 10 and 100 MB, hashes, sets, lists of 100,000 to 1,000,000 members, sorted sets and
 * streams of 300,000. It writes the payload, sends it, waits until the target has built the key, and deletes its own; all of it
 * stops the source, most of it the target. Strings that compress well took half; a slow network takes longer, which a run
 * learns from the keys that it moves (StallEstimate).
 */
const COSTS: ReadonlyMap<string, Cost> = new Map([
  ['string', {byteNs: 10, elementNs: 0, overheadBytes: 0}],
  ['list', {byteNs: 10, elementNs: 0, overheadBytes: 0}],
  ['stream', {byteNs: 15, elementNs: 0, overheadBytes: 0}],
  ['hash', {byteNs: 6, elementNs: 500, overheadBytes: 40}],
  ['set', {byteNs: 6, elementNs: 500, overheadBytes: 30}],
  ['zset', {byteNs: 6, elementNs: 700, overheadBytes: 55}],
])

/** A module's value: nothing is known of how it is written. */
const UNKNOWN: Cost = {byteNs: 20, elementNs: 0, overheadBytes: 0}

/** The least memory of a member that costs `elementNs`: smaller ones are packed, and cost like the bytes of a list. */
const SMALLEST_MEMBER_BYTES = 35

/** For how long the move of a key of this size is expected to stop source and target, ms. */
export function expectedStallMs({type, bytes, elements}: KeySize): number {
  const {byteNs, elementNs} = COSTS.get(type) ?? UNKNOWN
  return BASE_MS + (bytes * byteNs + elements * elementNs) / 1e6
}

/** The most that the move of a key of so many bytes is expected to take, whatever its type, ms. */
export function longestStallMs(bytes: number): number {
  const costs = [...COSTS.values(), UNKNOWN].map(({byteNs, elementNs}) => byteNs + elementNs / SMALLEST_MEMBER_BYTES)
  return BASE_MS + (bytes * Math.max(...costs)) / 1e6
}

/**
 * Bytes of what MIGRATE sends of a key, compression left out of account. The target takes no more than its
 * `proto-max-bulk-len` in one piece (512 MB by default, redis#5260).
 */
export function payloadBytes({type, bytes, elements}: KeySize): number {
  // STRLEN is exact; the memory of a string has room for it to grow.
  if (type === 'string' && elements > 0) return elements
  const {overheadBytes} = COSTS.get(type) ?? UNKNOWN
  return Math.max(0, bytes - elements * overheadBytes)
}
