/** The network between the nodes of this process: who is cut off from whom, and how slow each one is. */
import {BUS_PORT_OFFSET} from '../../model/address.js'
import {type NetworkFaults} from '../host/network-faults.js'
import {type NodeHost} from '../host/node-host.js'
import {type Endpoint} from '../ports.js'

/** `host:port` of a node, whether it runs or not: what is wrong with its network outlives it, as a cable outlives a process. */
export type NodeAddress = string

export class Network {
  readonly #running = new Map<NodeAddress, NodeHost>()
  /** Of all nodes that ever ran. */
  readonly #endpoints = new Map<NodeAddress, readonly Endpoint[]>()
  /** Servers of other processes, which nobody can tell to fall silent: only what our nodes hear of them can be cut. */
  readonly #strangers = new Map<NodeAddress, readonly Endpoint[]>()
  readonly #apart = new Map<NodeAddress, Set<NodeAddress>>()
  readonly #latencies = new Map<NodeAddress, number>()

  /** A node has started; it was given `faultsOf` its address. */
  connect(address: NodeAddress, host: NodeHost): void {
    this.#running.set(address, host)
    this.#endpoints.set(address, host.endpoints)
    void host.closed.then(() => {
      if (this.#running.get(address) === host) this.#running.delete(address)
    })
    // It may be called by other addresses than the ones that were guessed.
    this.#apply(this.partitionedFrom(address))
  }

  /** A node that runs has changed its ports or its address; calls to the former ones may still be under way. */
  moved(address: NodeAddress, host: NodeHost): void {
    if (this.#running.get(address) !== host) return
    const known = this.#endpoints.get(address) ?? []
    const fresh = host.endpoints.filter(
      (each) => !known.some(({host: at, port}) => at === each.host && port === each.port),
    )
    if (fresh.length === 0) return
    this.#endpoints.set(address, [...known, ...fresh])
    this.#apply(this.partitionedFrom(address))
  }

  /** A server of another process, a real one: it can be on the other side of a partition. */
  addStranger(address: NodeAddress, endpoints: readonly Endpoint[]): void {
    this.#strangers.set(address, endpoints)
  }

  /** A node is no more: neither are its faults, and those of others with it. */
  forget(address: NodeAddress): void {
    this.heal([address])
    this.#endpoints.delete(address)
  }

  /** Cuts every node of one list off from every node of the other, besides what was cut before. */
  separate(some: readonly NodeAddress[], others: readonly NodeAddress[]): void {
    for (const one of some) for (const other of others) this.#cut(one, other)
    this.#apply([...some, ...others])
  }

  /**
   * Divides these nodes; what was cut among them before is whole again.
   * @param groups nodes of one hear each other; one group alone is cut off from all the rest, beside several the rest hears everybody
   */
  partition(groups: readonly (readonly NodeAddress[])[], all: readonly NodeAddress[]): void {
    for (const one of all) for (const other of all) this.#apart.get(one)?.delete(other)
    const [first = []] = groups
    const sides = groups.length > 1 ? groups : [first, all.filter((each) => !first.includes(each))]
    sides.forEach((side, index) => {
      for (const one of side) for (const other of sides.slice(index + 1).flat()) this.#cut(one, other)
    })
    this.#apply(all)
  }

  /** @param latencyMs added to every round trip; 0: as quick as it is */
  slow(address: NodeAddress, latencyMs: number): void {
    if (latencyMs > 0) this.#latencies.set(address, latencyMs)
    else this.#latencies.delete(address)
    this.#apply([address])
  }

  /** These nodes are quick again, and reach everybody. */
  heal(addresses: readonly NodeAddress[]): void {
    const others = addresses.flatMap((each) => this.partitionedFrom(each))
    for (const one of addresses) {
      this.#latencies.delete(one)
      for (const other of this.partitionedFrom(one)) this.#apart.get(other)?.delete(one)
      this.#apart.delete(one)
    }
    this.#apply([...addresses, ...others])
  }

  partitionedFrom(address: NodeAddress): NodeAddress[] {
    return [...(this.#apart.get(address) ?? [])]
  }

  latencyMsOf(address: NodeAddress): number {
    return this.#latencies.get(address) ?? 0
  }

  faultsOf(address: NodeAddress): NetworkFaults {
    const others = this.partitionedFrom(address)
    return {
      cutOff: others.flatMap(
        (each) => this.#strangers.get(each) ?? this.#endpoints.get(each) ?? guessedEndpoints(each),
      ),
      strangers: others.flatMap((each) => this.#strangers.get(each) ?? []),
      latencyMs: this.latencyMsOf(address),
    }
  }

  #cut(one: NodeAddress, other: NodeAddress): void {
    if (one === other) return
    this.#apart.set(one, (this.#apart.get(one) ?? new Set()).add(other))
    this.#apart.set(other, (this.#apart.get(other) ?? new Set()).add(one))
  }

  #apply(addresses: readonly NodeAddress[]): void {
    for (const each of new Set(addresses)) this.#running.get(each)?.setNetwork(this.faultsOf(each))
  }
}

/** Of a node that has not run yet. */
function guessedEndpoints(address: NodeAddress): Endpoint[] {
  const end = address.lastIndexOf(':')
  const host = address.slice(0, end).replace(/^\[(.*)\]$/, '$1')
  const port = Number(address.slice(end + 1))
  return [
    {host, port},
    {host, port: port + BUS_PORT_OFFSET},
  ]
}

/** All nodes of a process are on one machine, and so on one network, whoever started them. */
export const NETWORK = new Network()
