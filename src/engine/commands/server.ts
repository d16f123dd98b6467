/** The commands about the node itself, joined. */
import {type CommandFamily} from '../server/call.js'
import {configHandlers} from './config.js'
import {debugHandlers} from './debug.js'
import {infoHandlers} from './info.js'
import {introspectionHandlers} from './introspection.js'
import {latencyHandlers} from './latency.js'
import {memoryHandlers} from './memory.js'
import {monitorHandlers} from './monitor.js'
import {shutdownHandlers} from './shutdown.js'
import {slowlogHandlers} from './slowlog.js'
import {serverFacts} from './specs/server.js'
import {timeHandlers} from './time.js'

export const serverFamily: CommandFamily = {
  group: 'server',
  facts: serverFacts,
  handlers: {
    ...configHandlers,
    ...debugHandlers,
    ...infoHandlers,
    ...introspectionHandlers,
    ...latencyHandlers,
    ...memoryHandlers,
    ...monitorHandlers,
    ...shutdownHandlers,
    ...slowlogHandlers,
    ...timeHandlers,
  },
}
