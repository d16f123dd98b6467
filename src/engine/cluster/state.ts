/** What a node knows about its cluster: plain data. The verbs are in the files named for what they do. */
import {SLOT_COUNT, type SlotId} from '../../model/slot.js'
import {type NodeId} from '../../model/node-id.js'
import {type LinkId} from '../ports.js'
import {Commons} from './commons.js'
import {NO_NAME, type NodeNames} from './node-names.js'
import {SLOT_BYTES} from './packet.js'
import {BUS_FLAGS, OWN_FLAG, PeerRows, TIME, timeAt, WORD, wordAt} from './peer-rows.js'
import {WatchTimes} from './watch-times.js'

/** Node flags as they stand in headers and gossip entries (cluster bus, "Flags"). */
export const NODE = {
  PRIMARY: 1,
  REPLICA: 2,
  PFAIL: 4,
  FAIL: 8,
  MYSELF: 16,
  HANDSHAKE: 32,
  NOADDR: 64,
  MEET: 128,
  /** Had replicas, or took over from one that had: worth a replica of somebody else if it is left without. */
  MIGRATE_TO: 256,
  NOFAILOVER: 512,
  /** Understands all ping extensions; announced since Redis 8. */
  EXTENSIONS: 1024,
  /** Understands light headers; announced since Valkey 8.1. */
  LIGHT_PUBLISH: 2048,
} as const

/** What the end of the turn has yet to do. */
export const DUE = {
  UPDATE_STATE: 1,
  SAVE: 2,
  FAILOVER: 4,
  MANUAL_FAILOVER: 8,
  /**
   * nodes.conf is out of date in what it says of others, which they will say again: no promise of ours, so the next tick may save
   * it. Without this a cluster that is being made would write a file, and wait for the disk, at nearly every packet.
   */
  SAVE_SOON: 16,
} as const

/** Which ping extensions a peer may be sent: it must have said that it reads them. */
export const EXTENSION_LEVEL = {HOSTNAME: 0, ALL: 1} as const

/** The bitmap of every node without slots. Shared, so never written: the slot table replaces it by a bitmap of the node's own. */
export const NO_SLOTS: Buffer = Buffer.alloc(SLOT_BYTES)

const NO_REPLICAS: readonly ClusterNode[] = []

const FIRST_NAMES = 16

/** More nodes than a cluster can have primaries are an attack or a mistake. */
export const MAX_NODES = 16_384

/** One TCP connection of the bus, in the one direction in which it was opened. */
export interface BusLink {
  readonly id: LinkId
  /** Outbound: whom we called. Inbound: null until the first packet of a node that we know. */
  node: ClusterNode | null
  readonly inbound: boolean
  readonly createdMs: number
  /** False while an outbound link is being dialled. */
  open: boolean
  closed: boolean
  /** The addresses of both ends, as the socket knows them; empty while unknown. */
  peerHost: string
  localHost: string
  /** The beginning of a packet that has not arrived whole. */
  input: Buffer | null
  inputBytes: number
  /** Packets that wait for the link to open; null when there are none. */
  waiting: Uint8Array[] | null
  waitingBytes: number
}

/** A node of the cluster as this node sees it. All times are unix ms, 0 for never. */
export class ClusterNode {
  /** Random while in handshake: the true one comes with the first PONG. */
  id: NodeId
  /** Its number in `owners`, and its row in `peers`. */
  readonly index: number
  configEpoch = 0
  /** Bit `s & 7` of byte `s >> 3`. Never written while `sharesSlots`. */
  slots: Buffer = NO_SLOTS
  /** Others look at the same bitmap: the slot table replaces it by one of the node's own. */
  sharesSlots = true
  slotCount = 0
  primary: ClusterNode | null = null
  /** Never written in place: most nodes have none, and share the empty list. */
  replicas: readonly ClusterNode[] = NO_REPLICAS
  hostname = ''
  nodename = ''
  shardId: string
  readonly createdMs: number
  dataReceived = 0
  failTime = 0
  /** When this node last voted for one of its replicas. */
  votedTime = 0
  orphanedTime = 0
  replOffset = 0
  replOffsetTime = 0
  inbound: BusLink | null = null
  extensionLevel: number = EXTENSION_LEVEL.HOSTNAME
  #ip = ''
  #port = 0
  #secondPort = 0
  #busPort = 0
  #outbound: BusLink | null = null
  #failReports: Map<ClusterNode, number> | null = null
  /** What gossip looks at lies in the table of all nodes: `peer-rows.ts`. */
  #rows: PeerRows
  #row: number

  /** A node with no past. It is not in the table yet, but its row is. */
  constructor(rows: PeerRows, id: NodeId, index: number, flags: number, nowMs: number) {
    rows.clear(index)
    this.#rows = rows
    this.#row = index
    this.id = id
    this.index = index
    this.shardId = id
    this.createdMs = nowMs
    this.flags = flags
  }

  get flags(): number {
    return this.#rows.words[wordAt(this.#row, WORD.FLAGS)]! & BUS_FLAGS
  }
  set flags(flags: number) {
    const at = wordAt(this.#row, WORD.FLAGS)
    this.#rows.words[at] = (this.#rows.words[at]! & ~BUS_FLAGS) | flags
  }

  get pongReceived(): number {
    return this.#rows.times[timeAt(this.#row, TIME.PONG_RECEIVED)]!
  }
  set pongReceived(ms: number) {
    this.#rows.times[timeAt(this.#row, TIME.PONG_RECEIVED)] = ms
  }

  get pingSent(): number {
    return this.#rows.times[timeAt(this.#row, TIME.PING_SENT)]!
  }
  set pingSent(ms: number) {
    this.#rows.times[timeAt(this.#row, TIME.PING_SENT)] = ms
  }

  /** The number of its id; none while in handshake. */
  get name(): number {
    return this.#rows.words[wordAt(this.#row, WORD.NAME)]!
  }
  set name(number: number) {
    this.#rows.words[wordAt(this.#row, WORD.NAME)] = number
    this.#rows.words[wordAt(this.#row, WORD.EDITION)] = 0
  }

  get ip(): string {
    return this.#ip
  }
  set ip(ip: string) {
    this.#ip = ip
    this.#rows.words[wordAt(this.#row, WORD.EDITION)] = 0
  }

  get port(): number {
    return this.#port
  }
  set port(port: number) {
    this.#port = port
    this.#rows.words[wordAt(this.#row, WORD.EDITION)] = 0
  }

  /** The port of the other protocol (plain where `port` is TLS), 0 for none. */
  get secondPort(): number {
    return this.#secondPort
  }
  set secondPort(port: number) {
    this.#secondPort = port
    this.#rows.words[wordAt(this.#row, WORD.EDITION)] = 0
  }

  get busPort(): number {
    return this.#busPort
  }
  set busPort(port: number) {
    this.#busPort = port
    this.#rows.words[wordAt(this.#row, WORD.EDITION)] = 0
  }

  get outbound(): BusLink | null {
    return this.#outbound
  }
  set outbound(link: BusLink | null) {
    this.#outbound = link
    this.#mark(OWN_FLAG.LINKED, link !== null)
  }

  /** Who said, and when, that it does not answer. */
  get failReports(): Map<ClusterNode, number> | null {
    return this.#failReports
  }
  set failReports(reports: Map<ClusterNode, number> | null) {
    this.#failReports = reports
    this.#mark(OWN_FLAG.REPORTED, reports !== null)
  }

  /** It has left the table, and its row may become another's: what is known of it goes with it. */
  leaveTable(): void {
    this.#rows = this.#rows.alone(this.#row)
    this.#row = 0
  }

  #mark(flag: number, isSet: boolean): void {
    const at = wordAt(this.#row, WORD.FLAGS)
    if (isSet) this.#rows.words[at]! |= flag
    else this.#rows.words[at]! &= ~flag
  }
}

/** A replica's attempt to be elected. */
export interface Election {
  /** When votes are asked for. */
  timeMs: number
  rank: number
  sent: boolean
  epoch: number
  readonly voters: Set<ClusterNode>
  /** The last reason logged for not standing, so that it is logged once. */
  silence: string
  silenceLoggedMs: number
}

/** CLUSTER FAILOVER under way: on the replica that asks, or on the primary that was asked. */
export interface ManualFailover {
  /** When it is given up; 0 when there is none. */
  endMs: number
  /** On the primary: the replica that takes over. */
  replica: ClusterNode | null
  /** On the replica: the offset at which the primary stopped; -1 until it says. */
  primaryOffset: number
  canStart: boolean
  /** On the primary: the clients' writes are held back. */
  paused: boolean
}

export interface ClusterState {
  readonly myself: ClusterNode
  /** What it may share with other nodes of its process. */
  readonly commons: Commons
  readonly names: NodeNames
  readonly peers: PeerRows
  /** `ClusterNode.index` of each name of `names`, 0 for those that are not known here. */
  byName: Uint16Array
  readonly nodes: Map<NodeId, ClusterNode>
  /** The same nodes, in the order in which they were learned. */
  readonly list: ClusterNode[]
  /** `ClusterNode.index` of each of `list`. */
  readonly order: number[]
  /** When the cron has to look at each of them. */
  readonly watchTimes: WatchTimes
  /** The node timeout that these times were reckoned with, ms. */
  watchTimeoutMs: number
  /** By `ClusterNode.index`; 0 is nobody. */
  readonly byIndex: (ClusterNode | null)[]
  readonly freeIndexes: number[]
  /** `cluster-announce-ip` when it was last looked at. */
  announcedIp: string
  currentEpoch: number
  lastVoteEpoch: number
  ok: boolean
  /** Primaries with at least one slot; 1 before it was first counted, as in Redis 7. */
  size: number
  /** Owner of each slot, as `ClusterNode.index`; 0 for none. */
  readonly owners: Uint16Array
  /** Counts the changes of `owners`. */
  ownersVersion: number
  assignedSlots: number
  readonly migratingTo: Map<SlotId, ClusterNode>
  readonly importingFrom: Map<SlotId, ClusterNode>
  /** Slots that are kept for an owner that has ceased to claim them. */
  readonly unclaimed: Uint8Array
  /** How many bits of `unclaimed` are set. */
  unclaimedSlots: number
  /** Slots that left my shard in this turn. */
  readonly leftSlots: Set<SlotId>
  /** Forgotten nodes, and until when (unix ms) gossip may not bring them back. */
  readonly blacklist: Map<NodeId, number>
  readonly links: Map<LinkId, BusLink>
  /** Inbound links of nobody we know, oldest first. */
  readonly strangers: Set<BusLink>
  /** The epochs of the last nodes.conf that was made durable: `formatEpochs`. */
  syncedEpochs: string
  readonly election: Election
  readonly manual: ManualFailover
  due: number
  ticks: number
  packetsSent: number
  /** Whom the packet being written gossips about, by index; kept to spare an array per packet. */
  readonly chosen: number[]
  /** PFAIL nodes as of the last tick: without any, gossip need not look for them. */
  pfailNodes: number
  firstStateMs: number
  minorityMs: number
  linksOverLimit: number
  /** By packet type. */
  readonly sent: Float64Array
  readonly received: Float64Array
}

export const isPrimary = (node: ClusterNode): boolean => (node.flags & NODE.PRIMARY) !== 0
export const isReplica = (node: ClusterNode): boolean => (node.flags & NODE.REPLICA) !== 0
export const isPfail = (node: ClusterNode): boolean => (node.flags & NODE.PFAIL) !== 0
export const isFail = (node: ClusterNode): boolean => (node.flags & NODE.FAIL) !== 0
export const inHandshake = (node: ClusterNode): boolean => (node.flags & NODE.HANDSHAKE) !== 0
export const hasAddress = (node: ClusterNode): boolean => (node.flags & NODE.NOADDR) === 0

/** Who owns a slot. */
export function ownerOf(state: ClusterState, slot: SlotId): ClusterNode | null {
  return state.byIndex[state.owners[slot]!]!
}

/** The primary whose slots a node serves: itself, or whom it replicates. */
export function primaryOf(node: ClusterNode): ClusterNode | null {
  return isPrimary(node) ? node : node.primary
}

/** The epoch of the slots a node serves: a replica speaks with its primary's. */
export function epochOf(node: ClusterNode): number {
  return isReplica(node) && node.primary !== null ? node.primary.configEpoch : node.configEpoch
}

export const needs = (state: ClusterState, due: number): void => {
  state.due |= due
}

/** Votes or reports that make a majority of the primaries with slots. */
export function quorum(state: ClusterState): number {
  return Math.floor(state.size / 2) + 1
}

/** The state of a node that is alone, an empty primary. `types` is the number of packet types that are counted. */
export function createState(id: NodeId, nowMs: number, types: number, commons = new Commons()): ClusterState {
  const {names} = commons
  const peers = new PeerRows()
  const myself = new ClusterNode(peers, id, 1, NODE.MYSELF | NODE.PRIMARY, nowMs)
  myself.name = names.take(id)
  const state: ClusterState = {
    myself,
    commons,
    names,
    peers,
    byName: new Uint16Array(FIRST_NAMES),
    nodes: new Map([[id, myself]]),
    list: [myself],
    order: [myself.index],
    watchTimes: new WatchTimes(),
    watchTimeoutMs: 0,
    byIndex: [null, myself],
    freeIndexes: [],
    announcedIp: '',
    currentEpoch: 0,
    lastVoteEpoch: 0,
    ok: false,
    size: 1,
    owners: new Uint16Array(SLOT_COUNT),
    ownersVersion: 0,
    assignedSlots: 0,
    migratingTo: new Map(),
    importingFrom: new Map(),
    unclaimed: new Uint8Array(SLOT_BYTES),
    unclaimedSlots: 0,
    leftSlots: new Set(),
    blacklist: new Map(),
    links: new Map(),
    strangers: new Set(),
    syncedEpochs: '',
    election: {timeMs: 0, rank: 0, sent: false, epoch: 0, voters: new Set(), silence: '', silenceLoggedMs: 0},
    manual: {endMs: 0, replica: null, primaryOffset: -1, canStart: false, paused: false},
    due: 0,
    ticks: 0,
    packetsSent: 0,
    chosen: [],
    pfailNodes: 0,
    firstStateMs: 0,
    minorityMs: 0,
    linksOverLimit: 0,
    sent: new Float64Array(types),
    received: new Float64Array(types),
  }
  rememberName(state, myself)
  return state
}

/** A node has a name from now on: packets find it by that. */
export function rememberName(state: ClusterState, node: ClusterNode): void {
  const {name} = node
  if (name >= state.byName.length) {
    const grown = new Uint16Array(2 * name)
    grown.set(state.byName)
    state.byName = grown
  }
  state.byName[name] = node.index
}

export function forgetName(state: ClusterState, node: ClusterNode): void {
  if (node.name === NO_NAME) return
  state.byName[node.name] = 0
  state.names.release(node.name)
}
