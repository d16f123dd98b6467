/** Where keys go: the owners of their slots, as last seen. */
import type {Address} from '../../../model/address.js'
import type {NodeId} from '../../../model/node-id.js'
import {slotOf} from '../../../model/slot.js'
import {observe} from '../../observe.js'
import {findNode, toTopology, type Topology} from '../../view/topology.js'
import type {StepContext} from '../step-context.js'

export interface Destination {
  readonly id: NodeId
  readonly address: Address
}

/** Keys that have the same owner. */
export interface Parcel {
  readonly to: Destination
  readonly keys: readonly Uint8Array[]
}

export class Destinations {
  readonly #context: StepContext
  #topology: Topology

  private constructor(context: StepContext, topology: Topology) {
    this.#context = context
    this.#topology = topology
  }

  static async find(context: StepContext): Promise<Destinations> {
    return new Destinations(context, await look(context))
  }

  get count(): number {
    return this.#topology.primaries.filter(({slots}) => slots.size > 0).length
  }

  /** Looks again: a slot may have moved, a replica may have taken over. */
  async refresh(): Promise<void> {
    this.#topology = await look(this.#context)
  }

  /** @returns the keys by owner, and those whose slot nobody owns at the moment */
  sort(keys: readonly Uint8Array[]): {readonly parcels: readonly Parcel[]; readonly stranded: readonly Uint8Array[]} {
    const byOwner = new Map<NodeId, Uint8Array[]>()
    const stranded: Uint8Array[] = []
    for (const key of keys) {
      const owner = this.#topology.owners[slotOf(key)] ?? null
      if (owner === null) stranded.push(key)
      else if (byOwner.has(owner)) byOwner.get(owner)!.push(key)
      else byOwner.set(owner, [key])
    }
    const parcels = [...byOwner].map(([id, those]) => ({to: findNode(this.#topology, id)!, keys: those}))
    return {parcels, stranded}
  }
}

/** Entered through any of the primaries that the plan knew. */
async function look(context: StepContext): Promise<Topology> {
  const entries = context.primaries.map((id) => context.addressOf(id))
  return toTopology(await observe(context.pool, entries))
}
