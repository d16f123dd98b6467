/** What the protocols of a node are given alike: the server's own. */
import {type Database} from '../keyspace/database.js'
import {type LogLevel, type Rng} from '../ports.js'
import {type Directives, type NodeServices, type Wires} from '../replication/services.js'
import {type Server} from '../server/server.js'

export class ServerServices implements NodeServices {
  protected readonly server: Server

  constructor(server: Server) {
    this.server = server
  }

  get nowMs(): number {
    return this.server.nowMs
  }

  get rng(): Rng {
    return this.server.rng
  }

  get config(): Directives {
    return this.server.config
  }

  get databases(): readonly Database[] {
    return this.server.databases
  }

  get links(): Wires {
    return this.server.links
  }

  log(level: LogLevel, text: string): void {
    this.server.log(level, text)
  }

  isSnapshotRunning(): boolean {
    return this.databases.some(({observer}) => observer !== undefined)
  }
}
