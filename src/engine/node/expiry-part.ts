/** The active expiry cycle as a part of the node. */
import {ExpiryCycle} from '../keyspace/expiry-cycle.js'
import {type Server} from '../server/server.js'
import {type NodePart} from './core.js'

/** Runs on primaries only: a replica waits for the DEL of its primary. */
export function makeExpiryPart(server: Server): NodePart {
  const cycle = new ExpiryCycle({
    databases: server.databases,
    mayExpire: () =>
      server.activeExpire && !server.isReplica && !server.loading && server.pause.kindAt(server.nowMs) === 'no',
    deleted: () => server.propagation.commit(),
  })
  return {tick: () => cycle.tick()}
}
