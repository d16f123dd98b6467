/** WAIT: until enough replicas have what this client wrote. */
import {parseSafeInteger} from '../resp/numbers.js'
import {type Call} from '../server/call.js'
import {NOT_AN_INTEGER} from './arguments.js'

const NOT_ON_A_REPLICA =
  'ERR WAIT cannot be used with replica instances. Please also note that since Redis 4.0 if a replica is configured to be writable (which is not the default) writes to replicas are just local and are not propagated.'

export function wait(call: Call): void {
  const {argv, reply, server, client} = call
  if (server.isReplica) return reply.error(NOT_ON_A_REPLICA)
  const wanted = parseSafeInteger(argv[1]!)
  if (wanted === undefined) return reply.error(NOT_AN_INTEGER)
  const timeoutMs = parseSafeInteger(argv[2]!)
  if (timeoutMs === undefined) return reply.error('ERR timeout is not an integer or out of range')
  if (timeoutMs < 0) return reply.error('ERR timeout is negative')
  const {replicas} = server.replication
  const offset = client.lastWriteOffset
  const count = replicas.countAcked(offset)
  // Inside a transaction nobody waits: what is acknowledged is told.
  if (count >= wanted || call.inTransaction) return reply.integer(count)
  const satisfied = (acked: number): void => {
    client.output.integer(acked)
    server.blocking.unblock(client)
  }
  const pending = {offset, replicas: wanted, satisfied}
  server.blocking.block(client, {
    kind: 'wait',
    timeoutAtMs: timeoutMs === 0 ? Infinity : call.nowMs + timeoutMs,
    onTimeout: ({output}) => output.integer(replicas.countAcked(offset)),
    onEnd: () => replicas.removeWait(pending),
  })
  replicas.addWait(pending)
}
