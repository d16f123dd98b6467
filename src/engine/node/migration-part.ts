/** Keys that leave by MIGRATE, in a node's turns. */
import {Migrator} from '../server/migrator.js'
import {type Server} from '../server/server.js'
import {type NodePart} from './core.js'

/** Installs `server.migrator`. */
export function makeMigrationPart(server: Server): NodePart {
  const migrator = new Migrator(server.links, () => (server.standstill.isOn ? server.standstill.nowMs : server.nowMs))
  server.migrator = migrator
  return {
    beforeSleep: () => migrator.beforeSleep(),
    nextWakeMs: () => migrator.nextWakeMs,
  }
}
