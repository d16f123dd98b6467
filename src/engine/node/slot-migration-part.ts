/** Atomic slot migration in a node's turns: what it asks of cluster, data, wires and clients is answered here. */
import {type ClusterBus} from '../cluster/cluster-bus.js'
import {portFor} from '../cluster/report.js'
import {ownerOf} from '../cluster/state.js'
import {type NodeId} from '../../model/node-id.js'
import {type SlotSet} from '../../model/slot-set.js'
import {type SlotId} from '../../model/slot.js'
import {keySlot} from '../keyspace/key-slot.js'
import {type Bytes, type Endpoint} from '../ports.js'
import {type CommandTable} from '../server/call.js'
import {findRealKeys} from '../server/key-spec.js'
import {type StreamSink} from '../server/propagation.js'
import {type Server} from '../server/server.js'
import {type MigrationHost} from '../slot-migration/host.js'
import {SlotMigrations} from '../slot-migration/slot-migrations.js'
import {type NodePart} from './core.js'
import {ServerServices} from './server-services.js'

const NO_SLOT = -1

class NodeMigrationHost extends ServerServices implements MigrationHost, StreamSink {
  readonly wantsOnlyData = true
  readonly brakes = {preventsPause: false, preventsFailover: false}
  readonly #bus: ClusterBus
  readonly #commands: CommandTable
  readonly #positions: number[] = []

  constructor(server: Server, bus: ClusterBus, commands: CommandTable) {
    super(server)
    this.#bus = bus
    this.#commands = commands
  }

  get myId(): NodeId {
    return this.#bus.myId
  }

  get isPrimary(): boolean {
    return this.#bus.isPrimary
  }

  get isLoading(): boolean {
    return this.server.loading
  }

  get ownersVersion(): number {
    return this.#bus.state.ownersVersion
  }

  ownerOf(slot: SlotId): NodeId | undefined {
    return ownerOf(this.#bus.state, slot)?.id
  }

  endpointOf(id: NodeId): Endpoint | undefined {
    const {context, state} = this.#bus
    const node = state.nodes.get(id)
    if (node === undefined) return undefined
    const isSecure = this.server.config.flag('tls-replication')
    const endpoint = {host: node.ip, port: portFor(context, node, !isSecure)}
    return isSecure ? {...endpoint, isSecure} : endpoint
  }

  /** The bus has ended its turn before us: what the claim changes must be on disk before anybody hears of it. */
  claimSlots(slots: SlotSet): void {
    this.#bus.claimSlots(slots)
    this.#bus.beforeSleep(this.nowMs)
  }

  deleteKeysInSlots(slots: readonly SlotId[]): void {
    this.#bus.context.host.deleteKeysInSlots(slots)
  }

  streamWanted(isWanted: boolean): void {
    const {propagation} = this.server
    propagation.removeSink(this)
    if (isWanted) propagation.addSink(this)
  }

  append(_db: number, argv: readonly Bytes[]): void {
    this.server.slotMigrations?.append(this.#slotOf(argv), argv)
  }

  propagate(argv: readonly Bytes[]): void {
    this.server.propagation.add(0, argv)
    this.server.propagation.commit()
  }

  holdWrites(untilMs: number): void {
    this.server.pause.begin('slot-migration', 'write', untilMs)
  }

  resumeWrites(): void {
    this.server.endPause('slot-migration')
  }

  get hasKeysInTransit(): boolean {
    return !this.server.keyFreeze.isEmpty
  }

  /** In a cluster all keys of a command are in one slot. MULTI and EXEC have none: the migration is seen as a whole anyway. */
  #slotOf(argv: readonly Bytes[]): SlotId {
    const spec = this.#commands.find(argv[0]!)
    if (spec === undefined || spec.keys.length === 0) return NO_SLOT
    this.#positions.length = 0
    findRealKeys(spec.keys, argv, this.#positions)
    const [first] = this.#positions
    return first === undefined ? NO_SLOT : keySlot(argv[first]!)
  }
}

/** Installs `server.slotMigrations`. To stand behind the cluster, which tells in its own end of the turn who owns what. */
export function makeSlotMigrationPart(server: Server, bus: ClusterBus, commands: CommandTable): NodePart {
  const migrations = new SlotMigrations(new NodeMigrationHost(server, bus, commands))
  server.slotMigrations = migrations
  return {
    tick: () => {
      const most = server.config.number('maxmemory')
      if (most > 0 && server.memory.usedBytes > most) migrations.outOfMemory()
      migrations.tick()
    },
    beforeSleep: () => migrations.beforeSleep(),
    flush: () => migrations.flush(),
    nextWakeMs: () => migrations.nextWakeMs,
    clientClosed: (client) => {
      const job = client.slotImport
      client.slotImport = undefined
      job?.connectionLost()
    },
  }
}
