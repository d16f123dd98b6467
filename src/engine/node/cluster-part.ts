/** The cluster bus as a part of its node: what it asks of keyspace, clients, replication and wires is answered here. */
import {type ClusterHost} from '../cluster/cluster-host.js'
import {type Birth, ClusterBus} from '../cluster/cluster-bus.js'
import {type Commons} from '../cluster/commons.js'
import {type NodeId} from '../../model/node-id.js'
import {type SlotId} from '../../model/slot.js'
import {keySlot} from '../keyspace/key-slot.js'
import {type Bytes, type Endpoint, type LinkId, type LogLevel} from '../ports.js'
import {type LinkOwner} from '../server/links.js'
import {type Server} from '../server/server.js'
import {liveClusterConfig} from './cluster-config.js'
import {type NodePart} from './core.js'

const LATIN1 = 'latin1'

export interface ClusterPartOptions {
  /** The file named by cluster-config-file; undefined for a node that starts for the first time. */
  readonly nodesConf: string | undefined
  /** It was written for this start of all its nodes. */
  readonly bornWhole?: Birth
  readonly commons?: Commons | undefined
}

/** Makes the bus, installs it in `server`, and keeps it going. */
export class ClusterPart implements NodePart, ClusterHost, LinkOwner {
  readonly bus: ClusterBus
  readonly #server: Server

  constructor(server: Server, {nodesConf, bornWhole = false, commons}: ClusterPartOptions) {
    this.#server = server
    const config = liveClusterConfig(server.config, () => this.bus.configChanged())
    const {rng, nowMs} = server
    this.bus = new ClusterBus({host: this, config, rng, nowMs, nodesConf, bornWhole, commons})
    server.cluster = this.bus
    server.pubsub.broadcast = (kind, channel, message) => this.bus.publish(channel, message, kind === 'shard')
  }

  // Turns.

  turnBegan(nowMs: number): void {
    this.bus.beginTurn(nowMs)
  }

  tick(nowMs: number): void {
    this.bus.tick(nowMs)
  }

  beforeSleep(nowMs: number): void {
    this.bus.beforeSleep(nowMs)
  }

  // Links.

  acceptLink(link: LinkId, peer: Endpoint, local: Endpoint): LinkOwner | undefined {
    this.#server.log('verbose', `Accepting cluster node connection from ${peer.host}:${peer.port}`)
    this.bus.linkAccepted(link, peer, local)
    return this.bus.hasLink(link) ? this : undefined
  }

  opened(link: LinkId, peer: Endpoint, local: Endpoint): void {
    this.bus.linkOpened(link, peer, local)
  }

  bytes(link: LinkId, chunk: Uint8Array): void {
    this.bus.linkBytes(link, chunk)
  }

  closed(link: LinkId, reason: string): void {
    this.bus.linkClosed(link, reason)
  }

  dial(to: Endpoint): LinkId {
    return this.#server.links.dial(this.#server.config.flag('tls-cluster') ? {...to, isSecure: true} : to, this)
  }

  send(link: LinkId, bytes: Uint8Array): void {
    this.#server.links.send(link, bytes)
  }

  hangUp(link: LinkId): void {
    this.#server.links.hangUp(link)
  }

  unsentBytes(link: LinkId): number {
    return this.#server.links.unsentBytes(link)
  }

  saveConfig(bytes: Uint8Array, isBinding: boolean): void {
    const name = this.#server.config.text('cluster-config-file')
    this.#server.files.push({kind: 'replace', name, bytes, lazily: !isBinding})
  }

  log(level: LogLevel, text: string): void {
    this.#server.log(level, text)
  }

  // Data.

  isLoading(): boolean {
    return this.#server.loading
  }

  isEmpty(): boolean {
    return this.#server.databases[0]!.size === 0
  }

  countKeysInSlot(slot: SlotId): number {
    return this.#server.databases[0]!.countKeysInSlot(slot)
  }

  /** Source: Redis 7.0's delKeysInSlot: replicas are told key by key. */
  deleteKeysInSlots(slots: readonly SlotId[]): void {
    const server = this.#server
    const database = server.databases[0]!
    for (const slot of slots) {
      for (const key of [...database.keysInSlot(slot).keys()]) {
        database.delete(key)
        if (!server.isReplica) server.propagation.add(0, ['DEL', key])
        database.modified(key)
        server.notify('g', 'del', key, 0)
        server.dirty++
      }
    }
    server.propagation.commit()
  }

  flushAll(): void {
    for (const database of this.#server.databases) database.clear()
  }

  slotsLost(slots: readonly SlotId[]): void {
    const {blocking, pubsub} = this.#server
    for (const slot of slots) {
      pubsub.dropSlot(slot)
      blocking.endKeyWaits(
        ({keys}) => keySlot(keys[0]!) === slot && this.bus.verdictForBlocked(slot, false) !== 'serve',
        ({client}) => this.#refusalForBlocked(slot, client.local.isSecure !== true),
      )
    }
  }

  stateChanged(ok: boolean): void {
    if (!ok) this.#server.blocking.endKeyWaits(() => true, 'CLUSTERDOWN The cluster is down')
  }

  #refusalForBlocked(slot: SlotId, isPlain: boolean): string {
    const verdict = this.bus.verdictForBlocked(slot, false)
    return verdict === 'serve' ? '' : this.bus.refusalText(verdict, slot, isPlain)
  }

  pauseWrites(untilMs: number): void {
    this.#server.pause.begin('failover', 'write', untilMs)
    this.#server.replication.holdsStill = true
  }

  unpauseWrites(): void {
    this.#server.endPause('failover')
    this.#server.replication.holdsStill = false
  }

  deliver(channel: Bytes, message: Bytes, sharded: boolean): void {
    if (sharded) this.#server.pubsub.deliverToShard(channel, message)
    else this.#server.pubsub.deliver(channel, message)
  }

  // Replication.

  replOffset(): number {
    return this.#server.replication.offset
  }

  isReplicating(): boolean {
    return this.#server.replication.isReplica
  }

  primaryDataAgeMs(nowMs: number): number {
    return this.#server.replication.dataAgeMs(nowMs)
  }

  becomePrimary(): void {
    this.#server.replication.becomePrimary()
  }

  replicateFrom(_id: NodeId, endpoint: Endpoint): void {
    this.#server.replication.replicateFrom(endpoint)
  }
}

/** nodes.conf as text. */
export function decodeNodesConf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(LATIN1)
}
