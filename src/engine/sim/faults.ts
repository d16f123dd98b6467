/** What goes wrong with the network of a simulation because somebody wants it so. Each fault is a line of the trace. */
import {type DiskSpeed} from './virtual-disk.js'
import {type SimNode} from './sim-node.js'
import {type Latency, type Machine, type VirtualNetwork} from './virtual-network.js'

/** A member of a partition: a node, or the machine on which all clients run. */
export type Party = SimNode | 'clients'

interface FaultsOptions {
  readonly network: VirtualNetwork
  readonly clients: Machine
  readonly note: (what: string) => void
}

/** The system's words. */
const NO_SPACE = 'No space left on device'

export class Faults {
  readonly #network: VirtualNetwork
  readonly #clients: Machine
  readonly #note: (what: string) => void

  constructor({network, clients, note}: FaultsOptions) {
    this.#network = network
    this.#clients = clients
    this.#note = note
  }

  /**
   * Who is named together reaches each other and nobody else; who is not named is together, too. What is sent across waits, as TCP
   * sends it again. It takes the place of the partition before.
   */
  partition(...groups: readonly (readonly Party[])[]): void {
    this.#note(`partition: ${groups.map((group) => group.map(nameOf).join(' ')).join(' | ')} | the others`)
    this.#network.partition(groups.map((group) => group.map((party) => this.#machineOf(party))))
  }

  heal(): void {
    this.#note('the network is whole again')
    this.#network.heal()
  }

  /** Each message to and from it takes so much longer, ms; 0: no longer. */
  slow(party: Party, ms: number): void {
    this.#note(`${nameOf(party)} is ${ms} ms away`)
    this.#machineOf(party).slowMs = ms
  }

  /** How long messages take from now on: a wide range is a network that reorders connections a lot. */
  latency(latencyMs: Latency): void {
    this.#note(`messages take ${latencyMs.from} to ${latencyMs.to} ms`)
    this.#network.latency = latencyMs
  }

  /** Connections break: of what is under way a part arrives, or nothing. */
  cutConnections(node: SimNode, which: 'all' | 'clients' = 'all'): void {
    this.#note(`connections of ${node.name} are cut: ${which}`)
    node.cutConnections(which)
  }

  /** Nothing can be written, for this reason, in the system's words. */
  failDisk(node: SimNode, reason = NO_SPACE): void {
    this.#note(`the disk of ${node.name} fails: ${reason}`)
    node.disk.failure = reason
  }

  mendDisk(node: SimNode): void {
    this.#note(`the disk of ${node.name} works`)
    node.disk.failure = undefined
  }

  slowDisk(node: SimNode, speed: DiskSpeed): void {
    this.#note(`the disk of ${node.name}: ${speed.syncMs} ms a sync, ${speed.megabyteMs} ms a megabyte`)
    node.disk.speed = speed
  }

  /** Its clock gains so many microseconds a second. */
  drift(node: SimNode, ppm: number): void {
    this.#note(`the clock of ${node.name} gains ${ppm} us a second`)
    node.drift(ppm)
  }

  /** Its clock is set. */
  jump(node: SimNode, ms: number): void {
    this.#note(`the clock of ${node.name} jumps by ${ms} ms`)
    node.jump(ms)
  }

  #machineOf(party: Party): Machine {
    return party === 'clients' ? this.#clients : party.machine
  }
}

function nameOf(party: Party): string {
  return party === 'clients' ? party : party.name
}
