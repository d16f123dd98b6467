/** SCRIPT and FUNCTION as a server answers them that holds no script and no function: tools ask, and back up what there is. */
import {type Call, type Handlers} from '../server/call.js'
import {SYNTAX_ERROR} from './arguments.js'
import {sendHelp} from './help.js'

/** FUNCTION DUMP of nothing: no library, RDB version 10, CRC64. */
const EMPTY_DUMP = '\n\x00]\x9b\\@\x0f\x7f\xa2\xda'

const NOTHING_RUNS = 'NOTBUSY No scripts in execution right now.'

function isFlushMode(word: string | undefined): boolean {
  return word === undefined || /^a?sync$/i.test(word)
}

function scriptExists({argv, reply}: Call): void {
  reply.array(argv.length - 2)
  for (let at = 2; at < argv.length; at++) reply.integer(0)
}

function scriptFlush({argv, reply}: Call): void {
  if (argv.length <= 3 && isFlushMode(argv[2])) reply.ok()
  else reply.error('ERR SCRIPT FLUSH only support SYNC|ASYNC option')
}

function nothingRuns({reply}: Call): void {
  reply.error(NOTHING_RUNS)
}

function functionFlush({argv, reply}: Call): void {
  if (argv.length <= 3 && isFlushMode(argv[2])) reply.ok()
  else reply.error('ERR FUNCTION FLUSH only supports SYNC|ASYNC option')
}

function functionList({argv, reply}: Call): void {
  for (let at = 2; at < argv.length; at++) {
    const word = argv[at]!.toLowerCase()
    if (word === 'withcode') continue
    if (word !== 'libraryname') return reply.error(`ERR Unknown argument ${argv[at]!}`)
    if (++at >= argv.length) return reply.error('ERR library name argument was not given')
  }
  reply.array(0)
}

function functionStats({reply}: Call): void {
  reply.map(2)
  reply.bulk('running_script')
  reply.null()
  reply.bulk('engines')
  reply.map(1)
  reply.bulk('LUA')
  reply.map(2)
  reply.bulk('libraries_count')
  reply.integer(0)
  reply.bulk('functions_count')
  reply.integer(0)
}

function functionDump({reply}: Call): void {
  reply.bulk(EMPTY_DUMP)
}

/** What FUNCTION DUMP gave may come back; libraries may not. */
function functionRestore({argv, reply}: Call): void {
  if (argv.length > 4) return reply.error(SYNTAX_ERROR)
  if (argv[3] !== undefined && !/^(?:flush|append|replace)$/i.test(argv[3])) {
    return reply.error('ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.')
  }
  if (argv[2] === EMPTY_DUMP) return reply.ok()
  if (argv[2]!.length < 10) return reply.error('ERR DUMP payload version or checksum are wrong')
  reply.error('ERR FUNCTION RESTORE of a library is not supported by the tscluster engine')
}

function functionDelete({reply}: Call): void {
  reply.error('ERR Library not found')
}

const SCRIPT_HELP = [
  'EXISTS <sha1> [<sha1> ...]',
  '    Return information about the existence of the scripts in the script cache.',
  'FLUSH [ASYNC|SYNC]',
  '    Flush the Lua scripts cache. Very dangerous on replicas.',
  'KILL',
  '    Kill the currently executing Lua script.',
]

const FUNCTION_HELP = [
  'DELETE <LIBRARY NAME>',
  '    Delete the given library.',
  'LIST [LIBRARYNAME PATTERN] [WITHCODE]',
  '    Return general information on all the libraries.',
  'STATS',
  '    Return information about the current function running.',
  'KILL',
  '    Kill the current running function.',
  'FLUSH [ASYNC|SYNC]',
  '    Delete all the libraries.',
  'DUMP',
  '    Return a serialized payload representing the current libraries, can be restored using FUNCTION RESTORE command',
  'RESTORE <PAYLOAD> [FLUSH|APPEND|REPLACE]',
  '    Take back what FUNCTION DUMP returned.',
]

export const scriptingHandlers: Handlers = {
  'script|exists': scriptExists,
  'script|flush': scriptFlush,
  'script|kill': nothingRuns,
  'function|flush': functionFlush,
  'function|list': functionList,
  'function|stats': functionStats,
  'function|dump': functionDump,
  'function|restore': functionRestore,
  'function|delete': functionDelete,
  'function|kill': nothingRuns,
  'script|help': (call) => sendHelp(call, 'SCRIPT', SCRIPT_HELP),
  'function|help': (call) => sendHelp(call, 'FUNCTION', FUNCTION_HELP),
}
