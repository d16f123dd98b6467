/** Replication in a node's turns: gives `Replication` its data, wires and executor, and tells the server of a new role. */
import {type EncodingLimits} from '../values/encoding-limits.js'
import {type Bytes, type Endpoint} from '../ports.js'
import {type ReplicationHost} from '../replication/host.js'
import {Replication} from '../replication/replication.js'
import {replicationInfo} from '../replication/report.js'
import {type Client} from '../server/client.js'
import {type Server} from '../server/server.js'
import {type Stats} from '../server/stats.js'
import {followConfiguredPrimary} from './configured-primary.js'
import {type NodePart} from './core.js'
import {ServerServices} from './server-services.js'
import {PrimaryClient, type RunRequest} from './primary-client.js'

class NodeReplicationHost extends ServerServices implements ReplicationHost {
  readonly executor: PrimaryClient

  constructor(server: Server, run: RunRequest) {
    super(server)
    this.executor = new PrimaryClient(server, run)
  }

  get limits(): EncodingLimits {
    return this.server.encodingLimits
  }

  get stats(): Stats {
    return this.server.stats
  }

  get processId(): number {
    return this.server.processId
  }

  streamWanted(isWanted: boolean): void {
    const {propagation, replication} = this.server
    propagation.removeSink(replication.stream)
    if (isWanted) propagation.addSink(replication.stream)
  }

  roleChanged(primary: Endpoint | undefined): void {
    const server = this.server
    server.isReplica = primary !== undefined
    server.primaryLinkIsUp = server.replication.linkIsUp
    server.slotMigrations?.roleChanged(server.isReplica)
    // What CONFIG REWRITE is to keep; in a cluster nodes.conf keeps it.
    if (!server.clusterEnabled) {
      server.config.assign('replicaof', primary === undefined ? 'no one' : `${primary.host} ${primary.port}`)
    }
    if (primary === undefined) return
    server.migrator.abandonAll()
    server.blocking.endAllForNewRole()
  }

  holdWrites(hold: boolean): void {
    if (hold) this.server.pause.begin('failover', 'write', Infinity)
    else this.server.endPause('failover')
  }

  emptyData(): void {
    const server = this.server
    server.saving.abandonBackgroundWork()
    server.replication.replicas.abandonSync()
    server.slotMigrations?.dataReplaced()
    for (const database of server.databases) {
      server.watchedKeys.touchAll(database)
      database.clear()
    }
  }

  setLoading(loading: 'no' | 'yes' | 'async'): void {
    this.server.loading = loading === 'yes'
    this.server.asyncLoading = loading === 'async'
  }

  dataReplaced(aux: (name: string) => Bytes | undefined): void {
    this.server.slotMigrations?.restoreImports(aux('slot-import') ?? '')
    this.server.saving.dataReplaced()
  }
}

/** Installs `server.replication`; `run` executes one request of a client. */
export function makeReplicationPart(server: Server, run: RunRequest): NodePart {
  const host = new NodeReplicationHost(server, run)
  const replication = new Replication(host, () => server.saving.auxFields(false))
  server.replication = replication
  server.infoSections.set('replication', () => infoSection(server))
  let isStarted = false
  return {
    tick: () => {
      if (!isStarted) followConfiguredPrimary(server)
      isStarted = true
      replication.tick()
      server.goodReplicas = replication.replicas.goodReplicas
    },
    beforeSleep: () => {
      replication.work()
      server.shutdown.check()
    },
    flush: () => {
      server.propagation.commit()
      replication.flush()
      server.primaryLinkIsUp = replication.linkIsUp
    },
    nextWakeMs: () => (replication.hasWork ? server.nowMs : Infinity),
    clientClosed: (client: Client) => {
      if (client.replica !== undefined) replication.replicas.detach(client.replica)
    },
  }
}

function infoSection({replication, config, nowMs, goodReplicas}: Server): string {
  const wanted = config.number('min-replicas-max-lag') > 0 ? config.number('min-replicas-to-write') : 0
  return replicationInfo(replication, nowMs, {
    backlogSize: config.number('repl-backlog-size'),
    priority: config.number('replica-priority'),
    isReadOnly: config.flag('replica-read-only'),
    isAnnounced: config.flag('replica-announced'),
    minReplicas: wanted,
    goodReplicas,
  })
}
