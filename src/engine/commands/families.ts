/** Every family of commands that a node has. Adding a command: its facts are in specs/, its handler goes into its family. */
import {type CommandFamily, type CommandTable} from '../server/call.js'
import {clusterFamily} from './cluster.js'
import {connectionFamily} from './connection.js'
import {serverFamily} from './server.js'
import {pubsubFamily} from './pubsub.js'
import {transactionFamily} from './transaction.js'
import {scriptingFamily, securityFamily, streamFamily} from './unsupported.js'
import {bitmapFamily} from './bitmap.js'
import {genericFamily} from './generic.js'
import {hyperloglogFamily} from './hyperloglog.js'
import {keyspaceFamily} from './keyspace.js'
import {stringFamily} from './string.js'
import {listFamily} from './list.js'
import {hashFamily} from './hash.js'
import {setFamily} from './set.js'
import {sortedSetFamily} from './sorted-set.js'
import {geoFamily} from './geo.js'
import {transferFamily} from './migrate.js'
import {persistenceFamily} from './persistence.js'
import {replicationFamily} from './replication.js'
import {TableOf} from '../server/command-table.js'

const FAMILIES: readonly CommandFamily[] = [
  stringFamily,
  bitmapFamily,
  hyperloglogFamily,
  listFamily,
  hashFamily,
  setFamily,
  sortedSetFamily,
  geoFamily,
  transferFamily,
  replicationFamily,
  persistenceFamily,
  genericFamily,
  keyspaceFamily,
  clusterFamily,
  connectionFamily,
  serverFamily,
  transactionFamily,
  pubsubFamily,
  streamFamily,
  scriptingFamily,
  securityFamily,
]

/** One table a node: the statistics of each command live in it. */
export function makeCommandTable(): CommandTable {
  return new TableOf(FAMILIES)
}
