/** `replicaof` in the configuration file: the node is a replica before its data are loaded. */
import {type Server} from '../server/server.js'

/** Does nothing in cluster mode, where nodes.conf says whose replica the node is, and where there is a primary already. */
export function followConfiguredPrimary(server: Server): void {
  const [host, port] = server.config.text('replicaof').split(' ')
  if (server.clusterEnabled || server.isReplica || host === undefined || port === undefined) return
  server.replication.startAsReplica({host, port: Number(port)})
}
