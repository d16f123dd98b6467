/** SHUTDOWN. */
import {type Call, type Handlers} from '../server/call.js'
import {type ShutdownRequest} from '../server/shutdown.js'
import {SYNTAX_ERROR} from './arguments.js'

const WORDS: readonly string[] = ['save', 'nosave', 'now', 'force', 'abort']

function parseOptions(words: readonly string[]): ShutdownRequest | 'abort' | undefined {
  const given = words.map((word) => word.toLowerCase())
  if (given.some((word) => !WORDS.includes(word))) return undefined
  const [saves, saveNot, isAbort] = [given.includes('save'), given.includes('nosave'), given.includes('abort')]
  if (saves && saveNot) return undefined
  if (isAbort) return given.every((word) => word === 'abort') ? 'abort' : undefined
  let save: ShutdownRequest['save'] = 'as-configured'
  if (saves) save = 'yes'
  if (saveNot) save = 'no'
  return {save, isNow: given.includes('now'), isForced: given.includes('force')}
}

/** Nothing is answered when it works: the connection closes. Source: Redis 7.0's shutdownCommand. */
function shutdown({server, argv, reply, client}: Call): void {
  const options = parseOptions(argv.slice(1))
  if (options === undefined) return reply.error(SYNTAX_ERROR)
  if (options !== 'abort') return server.shutdown.begin(options, client)
  if (server.shutdown.abort()) reply.ok()
  else reply.error('ERR No shutdown in progress.')
}

export const shutdownHandlers: Handlers = {shutdown}
