/** TIME and LOLWUT. */
import {type Call, type Handlers} from '../server/call.js'
import {parseSafeInteger} from '../resp/numbers.js'
import {ENGINE_VERSION} from '../server/version.js'
import {NOT_AN_INTEGER} from './arguments.js'

function time({server, reply}: Call): void {
  reply.bulks([String(Math.floor(server.nowUs / 1_000_000)), String(server.nowUs % 1_000_000)])
}

/** A drawing in Redis; here only its last line. */
function lolwut({argv, reply}: Call): void {
  if (argv[1]?.toLowerCase() === 'version' && argv[2] !== undefined && parseSafeInteger(argv[2]) === undefined) {
    return reply.error(NOT_AN_INTEGER)
  }
  reply.verbatim(`Redis ver. ${ENGINE_VERSION.redis} (tscluster ${ENGINE_VERSION.engine})\n`)
}

export const timeHandlers: Handlers = {time, lolwut}
