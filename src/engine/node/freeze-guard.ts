/** Keys in transit: a command that touches one is put off until MIGRATE has ended. */
import {type Bytes} from '../ports.js'
import {type Call} from '../server/call.js'
import {findRealKeys} from '../server/key-spec.js'
import {type Server} from '../server/server.js'
import {type Guard, PARKED} from './dispatch.js'

/** Stands before the cluster's redirections: when the key has gone, they say where. */
export function makeFreezeGuard(server: Server): Guard {
  const {keyFreeze} = server
  return (call, positions) => {
    if (keyFreeze.isEmpty || call.client.kind === 'primary') return undefined
    const isExec = call.spec.fullName === 'exec'
    if (call.client.transaction !== undefined && !isExec) return undefined // queued: it touches nothing yet
    const key = isExec ? frozenInQueue(server, call) : frozenAmong(server, call, call.argv, positions)
    return key === undefined ? undefined : park(server, call, key)
  }
}

function park(server: Server, {client, db}: Call, key: Bytes): typeof PARKED {
  const blocked = {kind: 'migrate' as const, timeoutAtMs: Infinity, onTimeout: () => undefined}
  server.blocking.block(client, blocked)
  server.keyFreeze.wait(db, key, () => {
    if (client.blocked === blocked) server.blocking.unblock(client)
  })
  return PARKED
}

function frozenAmong(
  {keyFreeze}: Server,
  {db}: Call,
  argv: readonly Bytes[],
  positions: readonly number[],
): Bytes | undefined {
  for (const at of positions) if (keyFreeze.isFrozen(db, argv[at]!)) return argv[at]
  return undefined
}

function frozenInQueue(server: Server, call: Call): Bytes | undefined {
  for (const argv of call.client.transaction?.queue ?? []) {
    const spec = call.commands.find(argv[0]!)
    if (spec === undefined) continue
    const positions: number[] = []
    findRealKeys(spec.keys, argv, positions)
    const key = frozenAmong(server, call, argv, positions)
    if (key !== undefined) return key
  }
  return undefined
}
