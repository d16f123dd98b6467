/** MONITOR. */
import {type Call, type Handlers} from '../server/call.js'

function monitor({server, client, reply, inTransaction}: Call): void {
  if (inTransaction) return reply.error("ERR MONITOR isn't allowed for DENY BLOCKING client")
  // A replica that asks is passed over, as in Redis.
  if (client.kind !== 'normal' || client.isMonitor) return
  client.isMonitor = true
  server.monitors.add(client)
  reply.ok()
}

export const monitorHandlers: Handlers = {monitor}
