/** Puts one node together: its commands, the guards before them in Redis' order, and the parts that live with its turns. */
import {makeCommandTable} from '../commands/families.js'
import {type CommandTable} from '../server/call.js'
import {type Config} from '../server/config.js'
import {type Server} from '../server/server.js'
import {makeCallObserver} from './call-observer.js'
import {makeClientCron} from './client-cron.js'
import {makeClusterGuard} from './cluster-guard.js'
import {ClusterPart, decodeNodesConf} from './cluster-part.js'
import {Dispatcher, type Guard} from './dispatch.js'
import {makeExpiryPart} from './expiry-part.js'
import {makeFreezeGuard} from './freeze-guard.js'
import {makeFirstGuard, makeLastGuard} from './guards.js'
import {makeMigrationPart} from './migration-part.js'
import {makePersistencePart} from './persistence-part.js'
import {type RunRequest} from './primary-client.js'
import {makeReplicationPart} from './replication-part.js'
import {makeSlotMigrationPart} from './slot-migration-part.js'
import {NodeCore, type NodeCoreOptions, type NodePart} from './core.js'

/** A node that has not begun its first turn. */
export function assembleNode(options: NodeCoreOptions): NodeCore {
  return new NodeCore(options, (server) => {
    const run: RunRequest = (client, argv) => dispatcher.run(client, argv)
    // Before the cluster, which may find in its file that this node is a replica.
    const replication = makeReplicationPart(server, run)
    const persistence = makePersistencePart(server)
    const migration = makeMigrationPart(server)
    const cluster = server.clusterEnabled ? makeCluster(server, options) : undefined
    const redirections = cluster === undefined ? [] : [makeClusterGuard(server, cluster.bus)]
    const guards: Guard[] = [makeFirstGuard(server), makeFreezeGuard(server), ...redirections, makeLastGuard(server)]
    const commands = tableFor(server.config)
    const parts: NodePart[] =
      cluster === undefined ? [] : [cluster, makeSlotMigrationPart(server, cluster.bus, commands)]
    parts.push(makeExpiryPart(server), migration, replication, persistence, makeClientCron(server))
    const dispatcher = new Dispatcher(server, commands, guards, [makeCallObserver(server)])
    return {dispatcher, parts}
  })
}

function tableFor({renames}: Config): CommandTable {
  const table = makeCommandTable()
  for (const {from, to} of renames) table.rename(from, to)
  return table
}

function makeCluster(server: Server, {readFile, bornWhole = false, commons}: NodeCoreOptions): ClusterPart {
  const nodesConf = readFile?.(server.config.text('cluster-config-file'))
  return new ClusterPart(server, {
    nodesConf: nodesConf === undefined || nodesConf === null ? undefined : decodeNodesConf(nodesConf),
    bornWhole,
    commons,
  })
}
