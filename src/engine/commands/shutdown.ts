/** SHUTDOWN. */
import {type Call, type Handlers} from '../server/call.js'
import {SYNTAX_ERROR} from './arguments.js'

interface Options {
  save: 'yes' | 'no' | 'as-configured'
  isForced: boolean
  isAbort: boolean
}

function parseOptions(words: readonly string[]): Options | undefined {
  const given = words.map((word) => word.toLowerCase())
  if (given.some((word) => !['save', 'nosave', 'now', 'force', 'abort'].includes(word))) return undefined
  const [saves, saveNot, isAbort] = [given.includes('save'), given.includes('nosave'), given.includes('abort')]
  if ((saves && saveNot) || (isAbort && given.length > 1)) return undefined
  let save: Options['save'] = 'as-configured'
  if (saves) save = 'yes'
  if (saveNot) save = 'no'
  return {save, isForced: given.includes('force'), isAbort}
}

/** Nothing is answered when it works: the connection closes. */
function shutdown({server, argv, reply}: Call): void {
  const options = parseOptions(argv.slice(1))
  if (options === undefined) return reply.error(SYNTAX_ERROR)
  // The node goes down within this very command: there is never one to abort.
  if (options.isAbort) return reply.error('ERR No shutdown in progress.')
  server.log('warning', 'User requested shutdown...')
  const refusal = server.beforeShutdown(options.save)
  if (refusal !== undefined && !options.isForced) {
    server.log('warning', `Errors trying to shut down the server. ${refusal}`)
    return reply.error('ERR Errors trying to SHUTDOWN. Check logs.')
  }
  server.ending = 'shutdown'
}

export const shutdownHandlers: Handlers = {shutdown}
