/** Commands that wait for a key: their timeouts, and a call that lives on until it is served. */
import {type Bytes} from '../ports.js'
import {millisecondsOf, parseLongDouble} from '../resp/long-double.js'
import {Call} from '../server/call.js'
import {type Client} from '../server/client.js'

/** What a signed 64-bit count of milliseconds cannot hold comes out negative in Redis. */
const MOST_MS = 2 ** 63

/** Unix ms at which to give up, out of seconds with a fraction; Infinity for 0. Undefined: the error was sent. */
export function timeoutOrReply(call: Call, at: number): number | undefined {
  const seconds = parseLongDouble(call.argv[at]!)
  if (seconds === undefined) {
    call.reply.error('ERR timeout is not a float or out of range')
    return undefined
  }
  const ms = millisecondsOf(seconds)
  if (ms < 0 || ms >= MOST_MS) {
    call.reply.error('ERR timeout is negative')
    return undefined
  }
  return ms === 0 ? Infinity : call.nowMs + ms
}

/**
 * Blocks the caller until `take` has something from one of the keys. `take` replies and rewrites what goes into the stream
 * (`propagateAs`), and says whether it could; it is given a call of its own, which outlives this one, and the key in question.
 */
export function blockUntilTaken(
  call: Call,
  keys: readonly Bytes[],
  timeoutAtMs: number,
  take: (served: Call, key: Bytes) => boolean,
): void {
  const {server, client, db} = call
  const served = new Call(server, call.commands, call.execute)
  served.argv = call.argv.slice()
  served.spec = call.spec
  served.client = client
  served.db = db
  served.reply = client.output
  const serve = (key: Bytes): boolean => {
    const errorsBefore = served.reply.errors
    if (!take(served, key)) return false
    if (served.reply.errors !== errorsBefore) server.stats.countError(served.reply.lastError)
    for (const argv of served.rewritten ?? []) server.propagation.add(db.index, argv)
    return true
  }
  server.blocking.blockOnKeys({client, db}, {keys, timeoutAtMs, serve, onTimeout: sayNothingCame})
}

/** Source: Redis 7.0's replyToBlockedClientOnTimeout. */
function sayNothingCame(client: Client): void {
  client.output.nullArray()
}
