/**
 * A client of the cluster, in virtual time: writes and reads back, follows redirections, gives up on a silent node as a real one
 * does, and notes every write that was acknowledged.
 */
import {below, pick} from '../engine/chance.js'
import {keySlot} from '../engine/keyspace/key-slot.js'
import type {Rng} from '../engine/ports.js'
import {ReplyError, ReplyParser, type Reply} from '../engine/resp/reply-parser.js'
import {encodeRequest} from '../engine/resp/request-writer.js'
import type {SimConnection} from '../engine/sim/sim-client.js'
import type {Simulator} from '../engine/sim/simulator.js'
import type {Ledger} from './ledger.js'

/** A real client's socket timeout, ms. */
const PATIENCE_MS = 1_000
/** After an answer that asks for patience: CLUSTERDOWN, TRYAGAIN, LOADING. */
const RETRY_MS = 25
const REDIRECTIONS = 5

export interface WriterOptions {
  readonly simulator: Simulator
  readonly rng: Rng
  readonly ledger: Ledger
  /** `host:port` of nodes to begin with. */
  readonly entries: readonly string[]
  readonly keys: readonly string[]
  /** Between two operations, at most; ms. */
  readonly pauseMs: number
  /** Distinguishes its elements from those of others. */
  readonly name: string
  /** An acknowledged write could not be read. */
  readonly onMissing: (key: string, element: string) => void
  /** An operation was answered, after so long, redirections and repetitions included. */
  readonly onDone?: (elapsedMs: number) => void
}

interface Operation {
  readonly kind: 'write' | 'read'
  readonly key: string
  readonly element: string
  redirections: number
}

interface Wire {
  readonly connection: SimConnection
  readonly parser: ReplyParser
}

export class Writer {
  readonly #options: WriterOptions
  readonly #wires = new Map<string, Wire>()
  readonly #owners = new Map<number, string>()
  #operation: Operation | undefined
  /** Replies that come before the one that counts: of ASKING. */
  #toSkip = 0
  #begunMs = 0
  #cancelTimer: () => void = () => undefined
  #at = ''
  #sequence = 0
  #isStopped = false
  #pauseMs: number
  #failures = 0
  #last: {readonly key: string; readonly element: string} | undefined

  constructor(options: WriterOptions) {
    this.#options = options
    this.#pauseMs = options.pauseMs
    this.#rest()
  }

  /** Operations that ended without an answer that counts. */
  get failures(): number {
    return this.#failures
  }

  /** From now on it rests so many times as long. */
  slowDown(times: number): void {
    this.#pauseMs *= times
  }

  /** It begins nothing more. */
  stop(): void {
    this.#isStopped = true
    this.#cancelTimer()
    this.#operation = undefined
    for (const {connection} of this.#wires.values()) connection.close()
    this.#wires.clear()
  }

  #rest(): void {
    this.#operation = undefined
    this.#wait(below(this.#options.rng, this.#pauseMs * 1000) / 1000, () => this.#begin())
  }

  #begin(): void {
    const {rng, keys, name} = this.#options
    const last = this.#last
    if (last !== undefined && below(rng, 4) === 0) {
      this.#operation = {kind: 'read', ...last, redirections: 0}
    } else {
      this.#operation = {kind: 'write', key: pick(rng, keys), element: `${name}.${++this.#sequence}`, redirections: 0}
    }
    this.#begunMs = this.#options.simulator.nowMs
    this.#attempt()
  }

  #attempt(): void {
    const {rng, entries} = this.#options
    const {key} = this.#operation!
    this.#ask(this.#owners.get(keySlot(key)) ?? pick(rng, entries), false)
  }

  #ask(endpoint: string, asking: boolean): void {
    const {kind, key, element} = this.#operation!
    this.#at = endpoint
    this.#toSkip = asking ? 1 : 0
    this.#wait(PATIENCE_MS, () => this.#giveUp(endpoint))
    const request = encodeRequest([kind === 'write' ? 'SADD' : 'SISMEMBER', key, element])
    const text = asking ? encodeRequest(['ASKING']) + request : request
    this.#wireTo(endpoint).connection.send(Buffer.from(text, 'latin1'))
  }

  #wireTo(endpoint: string): Wire {
    const known = this.#wires.get(endpoint)
    if (known !== undefined) return known
    const parser = new ReplyParser()
    const colon = endpoint.lastIndexOf(':')
    const to = {host: endpoint.slice(0, colon), port: Number(endpoint.slice(colon + 1))}
    const wire: Wire = {
      parser,
      connection: this.#options.simulator.connect(to, {
        onBytes: (chunk) => this.#read(endpoint, wire, chunk),
        onClose: () => this.#lost(endpoint, wire),
      }),
    }
    this.#wires.set(endpoint, wire)
    return wire
  }

  #read(endpoint: string, wire: Wire, chunk: Uint8Array): void {
    if (this.#wires.get(endpoint) !== wire) return
    wire.parser.feed(chunk)
    for (let reply = wire.parser.next(); reply !== undefined; reply = wire.parser.next()) {
      if (this.#operation === undefined || this.#at !== endpoint) continue
      if (this.#toSkip > 0) this.#toSkip--
      else this.#answered(reply)
    }
  }

  #answered(reply: Reply): void {
    if (reply instanceof ReplyError) return this.#refused(reply.message)
    const {ledger, onMissing, onDone, simulator} = this.#options
    onDone?.(simulator.nowMs - this.#begunMs)
    const {kind, key, element} = this.#operation!
    if (kind === 'write') {
      ledger.acknowledge(key, element)
      this.#last = {key, element}
    } else if (reply === 0 && !ledger.isExcused(key, element)) {
      onMissing(key, element)
    }
    this.#rest()
  }

  #refused(message: string): void {
    const operation = this.#operation!
    const [code, slot, endpoint] = message.split(' ')
    if ((code === 'MOVED' || code === 'ASK') && operation.redirections++ < REDIRECTIONS) {
      if (code === 'MOVED') this.#owners.set(Number(slot), endpoint!)
      return this.#ask(endpoint!, code === 'ASK')
    }
    operation.redirections = 0
    this.#owners.delete(keySlot(operation.key))
    this.#wait(RETRY_MS, () => this.#attempt())
  }

  /** Whether it was done, nobody knows: it is not done again. */
  #giveUp(endpoint: string): void {
    const wire = this.#wires.get(endpoint)
    this.#wires.delete(endpoint)
    wire?.connection.close()
    this.#fail()
  }

  #lost(endpoint: string, wire: Wire): void {
    if (this.#wires.get(endpoint) !== wire) return
    this.#wires.delete(endpoint)
    if (this.#operation !== undefined && this.#at === endpoint) this.#fail()
  }

  #fail(): void {
    this.#failures++
    if (this.#operation !== undefined) this.#owners.delete(keySlot(this.#operation.key))
    this.#rest()
  }

  #wait(ms: number, run: () => void): void {
    this.#cancelTimer()
    if (!this.#isStopped) this.#cancelTimer = this.#options.simulator.schedule(ms, run)
  }
}
