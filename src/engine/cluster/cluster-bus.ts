/** The cluster bus of one node: holds its state and offers every way in. Time and chance come as arguments. */
import {hexDigits} from '../chance.js'
import {NODE_ID_LENGTH, type NodeId} from '../../model/node-id.js'
import {type SlotId} from '../../model/slot.js'
import {type SlotRange} from '../../model/slot-set.js'
import {type Bytes, type Endpoint, type LinkId, type Rng} from '../ports.js'
import * as adminNodes from './admin-nodes.js'
import * as adminSlots from './admin-slots.js'
import {beforeSleep, saveNodesConf} from './before-sleep.js'
import {type Commons} from './commons.js'
import {type BusContext, type ClusterConfig, type ClusterHost} from './cluster-host.js'
import {tick} from './cron.js'
import {becomeAcquainted} from './acquaintance.js'
import {greet} from './handshake.js'
import {acceptLink, dropLink, feedLink, linkStands} from './links.js'
import {loadNodesConf, ownIdIn} from './nodes-conf.js'
import {PACKET_NAMES} from './packet.js'
import {receivePacket} from './receive.js'
import {skipWritableDelay} from './cluster-status.js'
import {refreshMyself} from './myself.js'
import {broadcastMessage} from './send.js'
import * as redirect from './redirect.js'
import * as report from './report.js'
import {createState, isPrimary, needs, DUE, type ClusterNode, type ClusterState} from './state.js'

export interface ClusterBusOptions {
  readonly host: ClusterHost
  /** Live values: an object whose properties are read at every use. */
  readonly config: ClusterConfig
  readonly rng: Rng
  readonly nowMs: number
  /** The text of nodes.conf; undefined or empty for a node that starts for the first time. */
  readonly nodesConf?: string | undefined
  /** The id of such a node; drawn when it is not given. */
  readonly id?: NodeId
  /**
   * nodes.conf was written for this start, and all the nodes it names start now: nothing can have happened meanwhile, so a primary
   * accepts writes at once instead of 2 s later.
   */
  readonly bornWhole?: Birth
  /** What nodes of one process share; by default this one shares nothing. */
  readonly commons?: Commons | undefined
}

/** `acquainted`: born whole, and besides its nodes are as if they had talked to each other for long. Only a simulation can be that. */
export type Birth = boolean | 'acquainted'

/**
 * Every method that takes `nowMs` (unix ms) takes the time of its turn. Commands act at the time of the latest such call: the
 * house opens each turn with `beginTurn`, and ends it with `beforeSleep`.
 */
export class ClusterBus {
  /** For those who ask often: the dispatcher and the tests. To be read only. */
  readonly context: BusContext
  /** Why nodes.conf could not be used; the node must not start then. */
  readonly loadError: string | undefined
  /** Nodes that need no greeting when they are reached for the first time. */
  readonly #greeted: Set<ClusterNode> = new Set()

  constructor(options: ClusterBusOptions) {
    const {host, config, rng, nowMs, nodesConf = '', bornWhole = false, commons} = options
    const knownId = nodesConf === '' ? options.id : ownIdIn(nodesConf)
    const id = knownId ?? hexDigits(rng, NODE_ID_LENGTH)
    const state = createState(id, nowMs, PACKET_NAMES.length, commons)
    this.context = {state, host, config, rng, nowMs}
    this.loadError = nodesConf === '' ? undefined : loadNodesConf(this.context, nodesConf)
    if (nodesConf === '') host.log('notice', `No cluster configuration found, I'm ${id}`)
    else if (this.loadError === undefined) host.log('notice', `Node configuration loaded, I'm ${id}`)
    if (bornWhole !== false) skipWritableDelay(this.context)
    if (bornWhole === 'acquainted') this.#greeted = becomeAcquainted(this.context)
    // Who it is must outlive a crash from now on; its address is not in the very first file, as in Redis.
    if (nodesConf === '') saveNodesConf(this.context)
    refreshMyself(this.context)
    if (nodesConf === '') state.due &= ~DUE.SAVE
    else needs(state, DUE.SAVE)
    needs(state, DUE.UPDATE_STATE)
    // What could not be read must not be written over.
    if (this.loadError !== undefined) state.due = 0
  }

  get state(): ClusterState {
    return this.context.state
  }

  get myId(): NodeId {
    return this.state.myself.id
  }

  get isPrimary(): boolean {
    return isPrimary(this.state.myself)
  }

  /** The cluster state as this node sees it. */
  get ok(): boolean {
    return this.state.ok
  }

  // Turns and links.

  beginTurn(nowMs: number): void {
    this.context.nowMs = nowMs
  }

  /** A link that the bus dialled stands. Links that are not (or no longer) the bus's own are ignored, here and below. */
  linkOpened(id: LinkId, peer: Endpoint, local: Endpoint): void {
    const link = this.state.links.get(id)
    if (link === undefined) return
    linkStands(this.context, link, peer, local)
    const wasGreeted = link.node !== null && this.#greeted.delete(link.node)
    if (!wasGreeted) greet(this.context, link)
  }

  /** Somebody connected to the bus port. */
  linkAccepted(id: LinkId, peer: Endpoint, local: Endpoint): void {
    const {host} = this.context
    // A primary that is still reading its data must not make others believe that it serves.
    if (this.isPrimary && host.isLoading()) host.hangUp(id)
    else acceptLink(this.context, id, peer, local)
  }

  linkBytes(id: LinkId, chunk: Uint8Array): void {
    const link = this.state.links.get(id)
    if (link === undefined) return
    feedLink(this.context, link, chunk, (bytes) => receivePacket(this.context, link, bytes))
  }

  /** A connection ended, or could not be made: then failure detection must know that somebody was called in vain. */
  linkClosed(id: LinkId, reason: string): void {
    const link = this.state.links.get(id)
    if (link === undefined) return
    const {node} = link
    if (node !== null && !link.inbound && !link.open) {
      if (node.pingSent === 0) node.pingSent = this.context.nowMs
      this.context.host.log(
        'verbose',
        `Connection with Node ${node.id} at ${node.ip}:${node.busPort} failed: ${reason}`,
      )
    }
    dropLink(this.context, link)
  }

  /** Is this link the bus's? The house has others. */
  hasLink(id: LinkId): boolean {
    return this.state.links.has(id)
  }

  /** Every 100 ms. */
  tick(nowMs: number): void {
    this.context.nowMs = nowMs
    tick(this.context)
  }

  /** Ends a turn: elections, state, lost slots, nodes.conf. Everything sent in this turn must leave after what it saves. */
  beforeSleep(nowMs: number): void {
    this.context.nowMs = nowMs
    beforeSleep(this.context)
  }

  /** CONFIG SET has changed something that this node announces. */
  configChanged(): void {
    refreshMyself(this.context)
    needs(this.state, DUE.UPDATE_STATE)
  }

  /** The data files have been read: `slotsWithKeys` are all slots that hold at least one key. */
  dataLoaded(slotsWithKeys: Iterable<SlotId>): void {
    adminSlots.adoptLoadedKeys(this.context, slotsWithKeys)
  }

  // The effects of CLUSTER subcommands. Each returns `ok` or the text of the error reply without `ERR`.

  meet(ip: string, port: number, busPort?: number): adminSlots.Outcome {
    return adminNodes.meet(this.context, ip, port, busPort)
  }

  forget(id: NodeId): adminSlots.Outcome {
    return adminNodes.forget(this.context, id)
  }

  replicate(id: NodeId): adminSlots.Outcome {
    return adminNodes.replicate(this.context, id)
  }

  failover(mode: adminNodes.FailoverMode): adminSlots.Outcome {
    return adminNodes.failover(this.context, mode)
  }

  reset(hard: boolean): adminSlots.Outcome {
    return adminNodes.reset(this.context, hard)
  }

  /** ADDSLOTS (each slot a range of one) and ADDSLOTSRANGE. */
  addSlots(ranges: readonly SlotRange[]): adminSlots.Outcome {
    return adminSlots.addSlots(this.context, ranges)
  }

  /** DELSLOTS and DELSLOTSRANGE. */
  delSlots(ranges: readonly SlotRange[]): adminSlots.Outcome {
    return adminSlots.delSlots(this.context, ranges)
  }

  flushSlots(): adminSlots.Outcome {
    return adminSlots.flushSlots(this.context)
  }

  setSlot(slot: SlotId, change: adminSlots.SlotChange): adminSlots.Outcome {
    return adminSlots.setSlot(this.context, slot, change)
  }

  /** The slots are this node's own from now on, and everybody is told: an atomic slot migration has brought their keys. */
  claimSlots(slots: Iterable<SlotId>): void {
    adminSlots.claimSlots(this.context, slots)
  }

  /** The status reply: `BUMPED n` or `STILL n`. */
  bumpEpoch(): string {
    return adminSlots.bumpEpochByOrder(this.context)
  }

  setConfigEpoch(epoch: number): adminSlots.Outcome {
    return adminSlots.setConfigEpoch(this.context, epoch)
  }

  saveConfig(): adminSlots.Outcome {
    needs(this.state, DUE.SAVE)
    return adminSlots.OK
  }

  /** A number, or the text of the error reply. */
  countFailureReports(id: NodeId): number | string {
    return adminNodes.countFailureReports(this.context, id)
  }

  // Reports.

  /** Here and below: `isPlain` when the client that asks does not speak TLS. */
  nodes(isPlain = true): string {
    return report.reportNodes(this.context, isPlain)
  }

  slots(isPlain = true): report.SlotsRange[] {
    return report.reportSlots(this.context, isPlain)
  }

  shards(): report.Shard[] {
    return report.reportShards(this.context)
  }

  links(): report.LinkReport[] {
    return report.reportLinks(this.context)
  }

  info(): string {
    return report.reportInfo(this.context)
  }

  /** NODES lines, or the text of the error reply. */
  replicas(id: NodeId, isPlain = true): string[] | string {
    const primary = adminNodes.primaryNamed(this.context, id)
    return typeof primary === 'string' ? primary : report.reportReplicas(this.context, primary, isPlain)
  }

  // Redirections and messages.

  verdict(query: redirect.SlotQuery): redirect.Verdict {
    return redirect.verdict(this.context, query)
  }

  /** The error of a refusal, its code included. */
  refusalText(refusal: Exclude<redirect.Verdict, 'serve'>, slot: SlotId, isPlain = true): string {
    return redirect.refusalText(this.context, refusal, slot, isPlain)
  }

  isOpen(slot: SlotId): boolean {
    return redirect.isOpen(this.state, slot)
  }

  /** May a client that is blocked on keys of a slot go on waiting? `reads`: READONLY was sent and the command does not write. */
  verdictForBlocked(slot: SlotId, reads: boolean): redirect.Verdict {
    return redirect.verdictForBlocked(this.context, slot, reads)
  }

  /** PUBLISH and SPUBLISH, for the subscribers of other nodes. */
  publish(channel: Bytes, message: Bytes, sharded: boolean): void {
    broadcastMessage(this.context, channel, message, sharded)
  }
}
