/** What a node leaves in its log when it crashes on demand: the lines that operators search for. */
import {type Call} from '../server/call.js'
import {formatClientLine} from '../server/client-line.js'
import {quote} from '../server/quote.js'
import {ENGINE_VERSION} from '../server/version.js'
import {infoText} from './info.js'

/** SIGSEGV, and SEGV_ACCERR: memory that may not be written. */
const SIGNAL = 11
const SIGNAL_CODE = 2

/**
 * Writes the bug report of DEBUG SEGFAULT, unless `crash-log-enabled` is no. It has what an engine node has: no stack, no registers.
 * Source: sigsegvHandler and printCrashReport of Redis 7.0.
 */
export function reportCrash(call: Call): void {
  const {server, client, argv} = call
  if (!server.config.flag('crash-log-enabled')) return
  const plainly = (text: string): void => void server.logs.push({level: 'warning', text, raw: true})
  const lineOf = (each: typeof client): string => formatClientLine(each, server.nowMs, each === client ? argv : [])
  plainly('\n\n=== REDIS BUG REPORT START: Cut & paste starting from here ===')
  server.log('warning', `Redis ${ENGINE_VERSION.redis} crashed by signal: ${SIGNAL}, si_code: ${SIGNAL_CODE}`)
  plainly(`\n------ INFO OUTPUT ------\n${infoText(call, ['everything']).replaceAll('\r\n', '\n')}`)
  plainly(`------ CLIENT LIST OUTPUT ------\n${[...server.clients.values()].map(lineOf).join('\n')}\n`)
  const words = argv.map((word, index) => `argv[${index}]: '${quote(word)}'`)
  plainly(`------ CURRENT CLIENT INFO ------\n${[lineOf(client), ...words].join('\n')}\n`)
  plainly('=== REDIS BUG REPORT END. Make sure to include from START to END. ===\n')
  plainly(`       DEBUG SEGFAULT asked for it: this node has ended, others in its process live on.\n`)
}
