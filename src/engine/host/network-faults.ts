/** What is wrong with a node's network because somebody wants it so: who cannot be reached, and how slow it is. */
import {networkInterfaces} from 'node:os'
import {type Clock, type ConnectionId, type Endpoint} from '../ports.js'
import {type CoreHost} from '../core-host.js'
import {SlowWire} from './slow-wire.js'
import {type TcpTransport} from './tcp-transport.js'

export interface NetworkFaults {
  /** Where the nodes listen that it is cut off from. Theirs must name this one: a partition has two sides. */
  readonly cutOff: readonly Endpoint[]
  /** Those among them that no one can tell of it (real servers): what they call here for is not heard. */
  readonly strangers: readonly Endpoint[]
  /** Added to each round trip with anybody, clients included. */
  readonly latencyMs: number
}

/** A replica that is connected to the node. */
export interface KnownReplica {
  readonly connection: ConnectionId
  /** Where it listens itself. */
  readonly at: Endpoint
}

const REPLICA_WATCH_MS = 50

export const SOUND_NETWORK: NetworkFaults = {cutOff: [], strangers: [], latencyMs: 0}

/** Sets the faults of one node, and takes them away; while there are none nothing of this stands in anybody's way. */
export class FaultyNetwork {
  readonly #transport: TcpTransport
  readonly #host: CoreHost
  readonly #clock: Clock
  readonly #replicas: () => readonly KnownReplica[]
  #slow: SlowWire | undefined
  #stopWatching: (() => void) | undefined

  /** @param replicas those that are connected now */
  constructor(transport: TcpTransport, host: CoreHost, clock: Clock, replicas: () => readonly KnownReplica[]) {
    this.#transport = transport
    this.#host = host
    this.#clock = clock
    this.#replicas = replicas
  }

  /** From now on these and no others. */
  set({cutOff, strangers, latencyMs}: NetworkFaults): void {
    this.#stopWatching?.()
    this.#stopWatching = undefined
    if (strangers.length === 0) this.#transport.cutOff(reachTest(cutOff))
    else this.#keepOut(cutOff, reachTest(strangers))
    if (latencyMs > 0) this.#slowDown(latencyMs)
    else this.#speedUp()
  }

  /** The node closes well: its last words leave at once. */
  finish(): void {
    this.set(SOUND_NETWORK)
  }

  /** The node is gone. */
  destroy(): void {
    this.#slow?.destroy()
    this.#stopWatching?.()
  }

  /** A replica is a client like any other until it has said on which port it listens itself. */
  #keepOut(cutOff: readonly Endpoint[], isStranger: (from: Endpoint) => boolean): void {
    this.#transport.cutOff(reachTest(cutOff), isStranger)
    const cutReplicas = (): void => {
      for (const {connection, at} of this.#replicas()) if (isStranger(at)) this.#transport.cutConnection(connection)
    }
    cutReplicas()
    this.#stopWatching = this.#clock.every(REPLICA_WATCH_MS, cutReplicas)
  }

  #slowDown(latencyMs: number): void {
    const [transport, host, clock] = [this.#transport, this.#host, this.#clock]
    if (this.#slow === undefined) {
      this.#slow = new SlowWire({events: host, transport, clock, pass: (tell) => transport.pass(tell)})
      transport.tell(this.#slow, this.#slow.afterAnswers)
      host.speakThrough(this.#slow)
    }
    this.#slow.latencyMs = latencyMs
  }

  #speedUp(): void {
    const slow = this.#slow
    if (slow === undefined) return
    this.#slow = undefined
    this.#transport.tell(this.#host)
    this.#host.speakThrough(this.#transport)
    slow.finish()
  }
}

/**
 * Whether somebody who is called cannot be reached. Nodes that are cut off are on this machine: a call to any of its addresses with
 * their port is meant for them.
 */
export function reachTest(cutOff: readonly Endpoint[]): (to: Endpoint) => boolean {
  if (cutOff.length === 0) return () => false
  const here = new Set(['localhost', '0.0.0.0', '::', ...addressesOfThisMachine()])
  const isHere = (host: string): boolean => here.has(host) || host.startsWith('127.')
  return (to) => cutOff.some(({host, port}) => port === to.port && (host === to.host || isHere(to.host)))
}

function addressesOfThisMachine(): string[] {
  return Object.values(networkInterfaces()).flatMap((each = []) => each.map(({address}) => address))
}
