/** SLOWLOG. */
import {parseInteger} from '../resp/numbers.js'
import {type Call, type Handlers} from '../server/call.js'
import {sendHelp} from './help.js'

const WRONG_COUNT = 'ERR count should be greater than or equal to -1'

function get({server, argv, reply}: Call): void {
  if (argv.length > 3) {
    return reply.error(`ERR unknown subcommand or wrong number of arguments for '${argv[1]!}'. Try SLOWLOG HELP.`)
  }
  const count = argv[2] === undefined ? 10n : parseInteger(argv[2])
  if (count === undefined || count < -1n) return reply.error(WRONG_COUNT)
  const {entries} = server.slowlog
  const shown = count === -1n ? entries : entries.slice(0, Number(count))
  reply.array(shown.length)
  for (const entry of shown) {
    reply.array(6)
    reply.integer(entry.id)
    reply.integer(entry.atSeconds)
    reply.integer(entry.usec)
    reply.bulks(entry.words)
    reply.bulk(entry.peer)
    reply.bulk(entry.clientName)
  }
}

function reset({server, reply}: Call): void {
  server.slowlog.reset()
  reply.ok()
}

const HELP = [
  'GET [<count>]',
  '    Return top <count> entries from the slowlog (default: 10, -1 mean all).',
  '    Entries are made of:',
  '    id, timestamp, time in microseconds, arguments array, client IP and port,',
  '    client name',
  'LEN',
  '    Return the length of the slowlog.',
  'RESET',
  '    Reset the slowlog.',
]

export const slowlogHandlers: Handlers = {
  'slowlog|get': get,
  'slowlog|len': ({server, reply}) => reply.integer(server.slowlog.entries.length),
  'slowlog|reset': reset,
  'slowlog|help': (call) => sendHelp(call, 'SLOWLOG', HELP),
}
