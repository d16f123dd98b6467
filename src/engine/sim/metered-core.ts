/** A core whose turns cost time: what it says leaves when the work is done, and until then it hears nothing. */
import {type NodeCore} from '../node/core.js'
import {type ConnectionId, type Core, type Endpoint, type LinkId, type TurnOutput} from '../ports.js'

/** What a node has done in one turn. */
export interface TurnWork {
  readonly bytesIn: number
  readonly commands: number
  readonly output: TurnOutput
}

/** Ms that a turn takes. Never nothing: else a node that wants turn after turn would stop the time of all. */
export type TurnCost = (work: TurnWork) => number

const USUAL_TURN_MS = 0.02

export const usualTurnCost: TurnCost = () => USUAL_TURN_MS

export class MeteredCore implements Core {
  readonly #core: NodeCore
  readonly #cost: TurnCost
  readonly #done: (costMs: number) => void
  #bytesIn = 0
  #commandsBefore = 0

  /** @param done told at the end of each turn, before anything of it leaves */
  constructor(core: NodeCore, cost: TurnCost, done: (costMs: number) => void) {
    this.#core = core
    this.#cost = cost
    this.#done = done
  }

  beginTurn(nowMs: number): void {
    this.#bytesIn = 0
    this.#commandsBefore = this.#core.server.stats.totalCommands
    this.#core.beginTurn(nowMs)
  }

  endTurn(): TurnOutput {
    const output = this.#core.endTurn()
    const commands = this.#core.server.stats.totalCommands - this.#commandsBefore
    this.#done(this.#cost({bytesIn: this.#bytesIn, commands, output}))
    return output
  }

  clientOpened(id: ConnectionId, peer: Endpoint, local: Endpoint): void {
    this.#core.clientOpened(id, peer, local)
  }

  clientBytes(id: ConnectionId, chunk: Uint8Array): void {
    this.#bytesIn += chunk.length
    this.#core.clientBytes(id, chunk)
  }

  clientDrained(id: ConnectionId, pendingBytes: number): void {
    this.#core.clientDrained(id, pendingBytes)
  }

  clientClosed(id: ConnectionId): void {
    this.#core.clientClosed(id)
  }

  linkOpened(id: LinkId, peer: Endpoint, local: Endpoint): void {
    this.#core.linkOpened(id, peer, local)
  }

  linkAccepted(id: LinkId, peer: Endpoint, local: Endpoint): void {
    this.#core.linkAccepted(id, peer, local)
  }

  linkBytes(id: LinkId, chunk: Uint8Array): void {
    this.#bytesIn += chunk.length
    this.#core.linkBytes(id, chunk)
  }

  linkDrained(id: LinkId, pendingBytes: number): void {
    this.#core.linkDrained(id, pendingBytes)
  }

  linkClosed(id: LinkId, reason: string): void {
    this.#core.linkClosed(id, reason)
  }

  tick(): void {
    this.#core.tick()
  }
}
