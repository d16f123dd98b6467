/** Brings keys to their owners, whatever happens to the slots meanwhile. */
import {formatAddress} from '../../../model/address.js'
import {errorCode, targetError} from '../../../model/redis-error.js'
import {counted} from '../../check/naming.js'
import {replyOf} from '../../error.js'
import {connectDatabase} from '../../observe.js'
import {BatchSize} from '../migration/batch-size.js'
import {KeyWeights} from '../migration/key-weights.js'
import {PASSING, type Handover} from '../migration/migrate-keys.js'
import {waitUntilClear, type Obstacle} from '../patience.js'
import {checkpoint, type StepContext} from '../step-context.js'
import {cannotMigrate, migratingCarrier, relayingCarrier, sameTransport, type Carrier, type Origin} from './carrier.js'
import type {Destination, Destinations, Parcel} from './destinations.js'

export class Delivery {
  readonly #origin: Origin
  readonly #destinations: Destinations
  readonly #context: StepContext
  readonly #batches = new Map<string, BatchSize>()
  #carrier: Carrier | undefined
  #weights: KeyWeights | undefined

  constructor(origin: Origin, destinations: Destinations, context: StepContext) {
    this.#origin = origin
    this.#destinations = destinations
    this.#context = context
  }

  /** Brings the keys to their owners, and what an owner sent elsewhere to the next one, until all have arrived. */
  async bring(keys: readonly Uint8Array[]): Promise<void> {
    let rest = keys
    await waitUntilClear(this.#context, async () => {
      if (rest !== keys) await this.#destinations.refresh()
      const {parcels, stranded} = this.#destinations.sort(rest)
      const returned = await this.#deliver(parcels)
      rest = [...stranded, ...returned.flatMap(({parcel}) => parcel.keys)]
      return [
        ...(stranded.length === 0 ? [] : [{reason: `no node owns the slots of ${counted(stranded.length, 'key')}`}]),
        ...returned.map(({obstacle}) => obstacle),
      ]
    })
  }

  async #deliver(parcels: readonly Parcel[]): Promise<Returned[]> {
    const returned: Returned[] = []
    const deliver = async (parcel: Parcel): Promise<void> => {
      const back = await this.#deliverOne(parcel)
      if (back !== undefined) returned.push(back)
    }
    const [first, ...others] = parcels
    if (first !== undefined) await deliver(first)
    // The first one has shown which carrier works.
    if (this.#carrier?.sideBySide === true) await allToTheEnd(others.map(deliver))
    else for (const parcel of others) await deliver(parcel)
    return returned
  }

  /** @returns what could not be delivered because the slot has moved, or its owner is not ready */
  async #deliverOne({to, keys}: Parcel): Promise<Returned | undefined> {
    const {clock, emit, id: step, pace} = this.#context
    const batch = this.#batchOf(to.id)
    const weighed = await (await this.#scales()).of(keys, pace.weighsEachKey)
    let from = 0
    while (from < keys.length) {
      await pace.atBorder()
      const wanted = Math.min(batch.keys, keys.length - from)
      const ticket = await pace.admit(wanted, weighed.sum(from, wanted) / wanted)
      checkpoint(this.#context)
      const part = keys.slice(from, from + ticket.keys)
      const moved = {keys: part.length, bytes: weighed.sum(from, part.length)}
      const startedMs = clock.nowMs()
      try {
        const handover = await this.#carry({to, keys: part})
        if (handover === 'plain') batch.learn(part.length, clock.nowMs() - startedMs)
        else batch.grow(part.length)
        pace.sent(ticket, {...moved, elapsedMs: clock.nowMs() - startedMs})
      } catch (error) {
        const obstacle = passingObstacle(error, to)
        if (obstacle === undefined) throw error
        return {parcel: {to, keys: keys.slice(from)}, obstacle}
      }
      for (const key of part) emit({kind: 'key-copied', step, key, target: to.id})
      emit({kind: 'keys-moved', step, ...moved})
      from += part.length
    }
    return undefined
  }

  async #carry({to, keys}: Parcel): Promise<Handover> {
    const carrier = (this.#carrier ??= await this.#chooseCarrier(to))
    try {
      return await carrier.carry(to, keys)
    } catch (error) {
      if (carrier.sideBySide || !cannotMigrate(error)) throw error
      this.#carrier = this.#relay(`the source cannot MIGRATE (${replyOf(error)})`)
      return this.#carrier.carry(to, keys)
    }
  }

  async #chooseCarrier(to: Destination): Promise<Carrier> {
    if (await sameTransport(this.#origin, to, this.#context)) return migratingCarrier(this.#origin, this.#context)
    return this.#relay('MIGRATE cannot be used between the source and this cluster')
  }

  #relay(why: string): Carrier {
    const message = `${why}: keys are copied with DUMP and RESTORE`
    this.#context.emit({kind: 'noted', step: this.#context.id, message})
    return relayingCarrier(this.#origin, this.#context)
  }

  async #scales(): Promise<KeyWeights> {
    const {pool, address, database} = this.#origin
    this.#weights ??= new KeyWeights(await connectDatabase(pool, address, database, 'scout'), this.#context.clock)
    return this.#weights
  }

  #batchOf(owner: string): BatchSize {
    const known = this.#batches.get(owner) ?? new BatchSize(this.#context.settings.pipeline)
    this.#batches.set(owner, known)
    return known
  }
}

interface Returned {
  readonly parcel: Parcel
  readonly obstacle: Obstacle
}

const REDIRECTIONS = new Set(['MOVED', 'ASK'])

/** The owner sends us elsewhere, or asks for patience: the keys are still ours to deliver. */
function passingObstacle(error: unknown, {address}: Parcel['to']): Obstacle | undefined {
  const reply = replyOf(error)
  const code = errorCode(targetError(reply) ?? reply)
  const node = formatAddress(address)
  if (REDIRECTIONS.has(code)) return {reason: 'is giving slots away to other nodes', node}
  return PASSING.has(code) ? {reason: `takes no keys at the moment: ${targetError(reply) ?? reply}`, node} : undefined
}

/** Like Promise.all, but no work is left behind when it throws. */
async function allToTheEnd(work: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(work)
  const failed = results.find((result) => result.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}
