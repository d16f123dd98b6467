/** A node around the bus that only pretends: a number for an offset, a count of keys per slot, a list for the wires. */
import {type ClusterHost} from '../../../../src/engine/cluster/cluster-host.js'
import {type Endpoint, type LinkEffect, type LogLevel} from '../../../../src/engine/ports.js'

export interface PaperTurn {
  readonly links: readonly LinkEffect[]
  /** nodes.conf, if the turn saved it. */
  readonly saved: string | undefined
}

export class PaperHost implements ClusterHost {
  /** Whether the last nodes.conf had to reach the disk itself. */
  lastSaveIsBinding = false
  offset = 0
  /** Does not take in what its primary writes. */
  lagging = false
  primaryId: string | undefined
  primaryEndpoint: Endpoint | undefined
  lastHeardMs = 0
  pausedUntilMs = 0
  loading = false
  flushes = 0
  unsent = 0
  readonly keys = new Map<number, number>()
  readonly lost: number[] = []
  readonly logs: string[] = []
  readonly delivered: string[] = []
  #links: LinkEffect[] = []
  #saved: string | undefined
  #saves = 0
  #nextLink = 1

  endTurn(): PaperTurn {
    const turn = {links: this.#links, saved: this.#saved}
    if (this.#saves > 1) throw new Error('nodes.conf is saved at most once in a turn')
    this.#links = []
    this.#saved = undefined
    this.#saves = 0
    return turn
  }

  restart(): void {
    this.primaryId = undefined
    this.pausedUntilMs = 0
    this.#links = []
  }

  /** The replication stream has moved. */
  hear(primary: PaperHost, nowMs: number): void {
    this.lastHeardMs = nowMs
    if (!this.lagging) this.offset = primary.offset
  }

  log(_level: LogLevel, text: string): void {
    this.logs.push(text)
  }
  isLoading(): boolean {
    return this.loading
  }
  isEmpty(): boolean {
    return this.keys.size === 0
  }
  countKeysInSlot(slot: number): number {
    return this.keys.get(slot) ?? 0
  }
  deleteKeysInSlots(slots: readonly number[]): void {
    for (const slot of slots) this.keys.delete(slot)
  }
  flushAll(): void {
    this.flushes++
    this.keys.clear()
  }
  slotsLost(slots: readonly number[]): void {
    this.lost.push(...slots)
  }
  stateChanged(): void {
    // nobody is blocked on paper
  }
  pauseWrites(untilMs: number): void {
    this.pausedUntilMs = untilMs
  }
  unpauseWrites(): void {
    this.pausedUntilMs = 0
  }
  deliver(channel: string, message: string, sharded: boolean): void {
    this.delivered.push(`${sharded ? 'shard ' : ''}${channel}: ${message}`)
  }
  replOffset(): number {
    return this.offset
  }
  isReplicating(): boolean {
    return this.primaryId !== undefined
  }
  primaryDataAgeMs(nowMs: number): number {
    return nowMs - this.lastHeardMs
  }
  becomePrimary(): void {
    this.primaryId = undefined
  }
  replicateFrom(id: string, endpoint: Endpoint): void {
    this.primaryId = id
    this.primaryEndpoint = endpoint
  }
  dial(to: Endpoint): number {
    const link = this.#nextLink++
    this.#links.push({kind: 'dial', link, to})
    return link
  }
  send(link: number, bytes: Uint8Array): void {
    this.#links.push({kind: 'send', link, bytes})
  }
  hangUp(link: number): void {
    this.#links.push({kind: 'hang-up', link})
  }
  unsentBytes(): number {
    return this.unsent
  }
  saveConfig(bytes: Uint8Array, isBinding: boolean): void {
    this.#saves++
    this.lastSaveIsBinding = isBinding
    this.#saved = Buffer.from(bytes).toString('latin1')
  }
}
