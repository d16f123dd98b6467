/** CONFIG GET, SET, RESETSTAT, REWRITE. */
import {type Bytes} from '../ports.js'
import {matchesGlob} from '../keyspace/glob.js'
import {type Call, type CommandSpec, type Handlers} from '../server/call.js'
import {rewriteConfig} from '../server/config-rewrite.js'
import {isLoopback} from '../server/access.js'
import {SYNTAX_ERROR} from './arguments.js'
import {sendHelp} from './help.js'

function get({server, argv, reply}: Call): void {
  const found = new Map<Bytes, string>()
  const patterns: Bytes[] = []
  const plain = new Set<Bytes>()
  for (const word of argv.slice(2)) {
    // A plain name is shown as it was asked for.
    if (/[*?[]/.test(word)) patterns.push(word.toLowerCase())
    else if (server.config.directive(word) !== undefined && !plain.has(word.toLowerCase())) {
      found.set(word, server.config.told(word.toLowerCase()))
      plain.add(word.toLowerCase())
    }
  }
  for (const {directive, value} of server.config.all()) {
    if (directive.isHidden === true) continue
    for (const name of directive.alias === undefined ? [directive.name] : [directive.name, directive.alias]) {
      if (!plain.has(name) && patterns.some((pattern) => matchesGlob(pattern, name))) found.set(name, value)
    }
  }
  reply.map(found.size)
  for (const [name, value] of found) {
    reply.bulk(name)
    reply.bulk(value)
  }
}

function set({server, argv, reply, client}: Call): void {
  if (argv.length % 2 !== 0) return reply.error(SYNTAX_ERROR)
  const pairs: (readonly [string, string])[] = []
  for (let at = 2; at < argv.length; at += 2) {
    if (server.config.directive(argv[at]!) === undefined) {
      return reply.error(`ERR Unknown option or number of arguments for CONFIG SET - '${argv[at]!}'`)
    }
    pairs.push([argv[at]!, argv[at + 1]!])
  }
  const permission = server.config.text('enable-protected-configs')
  const mayProtected = permission === 'yes' || (permission === 'local' && isLoopback(client.peer.host))
  const failure = server.config.change(pairs, mayProtected)
  if (failure === undefined) return reply.ok()
  const {name, error, isUnfit} = failure
  if (isUnfit) {
    server.log(
      'warning',
      `Failed applying new configuration. Possibly related to new ${name} setting. Restoring previous settings.`,
    )
  }
  reply.error(`ERR CONFIG SET failed (possibly related to argument '${name}') - ${error}`)
}

function resetStatistics({server, commands, reply}: Call): void {
  server.stats.reset()
  for (const spec of commands.all) resetCommand(spec)
  reply.ok()
}

function resetCommand({stats, subcommands}: CommandSpec): void {
  stats.calls = 0
  stats.usec = 0
  stats.rejected = 0
  stats.failed = 0
  stats.histogram = undefined
  for (const each of subcommands?.values() ?? []) resetCommand(each)
}

function rewrite({server, reply}: Call): void {
  const {file} = server.config
  if (file === undefined) return reply.error('ERR The server is running without a config file')
  file.text = rewriteConfig(file.text, server.config)
  server.files.push({kind: 'replace', name: file.path, bytes: Buffer.from(file.text, 'latin1')})
  server.log('notice', 'CONFIG REWRITE executed with success.')
  reply.ok()
}

const HELP = [
  'GET <pattern>',
  '    Return parameters matching the glob-like <pattern> and their values.',
  'SET <directive> <value>',
  '    Set the configuration <directive> to <value>.',
  'RESETSTAT',
  '    Reset statistics reported by the INFO command.',
  'REWRITE',
  '    Rewrite the configuration file.',
]

export const configHandlers: Handlers = {
  'config|get': get,
  'config|set': set,
  'config|resetstat': resetStatistics,
  'config|rewrite': rewrite,
  'config|help': (call) => sendHelp(call, 'CONFIG', HELP),
}
