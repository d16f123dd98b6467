/** The network between the nodes of a state folder, as the daemon divides it, slows it down and heals it. */
import {existsSync, readFileSync} from 'node:fs'
import type {EngineNode} from '../../engine/index.js'
import type {Network} from '../../engine/library/network.js'
import {formatAddress} from '../../model/address.js'
import type {Changed, PartitionedNode} from './daemon-protocol.js'
import {hostIn} from './node-conf.js'
import {portOf} from './node-faults.js'
import {NODE_CONF, type StateFolder} from './state-folder.js'
import {strangersOf} from './strangers.js'

/** Loaded like the rest of the engine when it is needed. */
async function loadNetwork(): Promise<Network> {
  return (await import('../../engine/library/network.js')).NETWORK
}

export class DaemonNetwork {
  readonly #folder: StateFolder
  readonly #nodeOn: (port: number) => EngineNode | undefined

  /** @param nodeOn the node that runs there */
  constructor(folder: StateFolder, nodeOn: (port: number) => EngineNode | undefined) {
    this.#folder = folder
    this.#nodeOn = nodeOn
  }

  async slow(ports: readonly number[], latencyMs: number): Promise<Changed[]> {
    const network = await loadNetwork()
    return ports.map((port) => {
      const address = this.#addressOf(port)
      const already = network.latencyMsOf(address) === latencyMs
      network.slow(address, latencyMs)
      return {port, already}
    })
  }

  /** In place of what divided the network before. */
  async partition(groups: readonly (readonly number[])[]): Promise<PartitionedNode[]> {
    const network = await loadNetwork()
    const own = this.#folder.ports()
    const names = new Map(own.map((port) => [port, this.#addressOf(port)]))
    for (const {host, port, busPort} of strangersOf(this.#folder)) {
      const name = formatAddress({host, port})
      names.set(port, name)
      network.addStranger(name, [
        {host, port},
        {host, port: busPort},
      ])
    }
    network.partition(
      groups.map((group) => group.map((port) => names.get(port)!)),
      [...names.values()],
    )
    return own.map((port) => ({port, partitionedFrom: network.partitionedFrom(names.get(port)!).map(portOf)}))
  }

  async heal(ports: readonly number[]): Promise<Changed[]> {
    const network = await loadNetwork()
    const results = ports.map((port) => {
      const address = this.#addressOf(port)
      return {port, already: network.latencyMsOf(address) === 0 && network.partitionedFrom(address).length === 0}
    })
    network.heal(ports.map((port) => this.#addressOf(port)))
    return results
  }

  /** Of a node that does not run, its file tells. */
  #addressOf(port: number): string {
    const file = this.#folder.nodeFile(port, NODE_CONF)
    const host = (): string => hostIn(existsSync(file) ? readFileSync(file, 'utf8') : '')
    return this.#nodeOn(port)?.networkName ?? formatAddress({host: host(), port})
  }
}
