/** COMMAND: which commands there are, and where the keys of one stand. */
import {matchesGlob} from '../keyspace/glob.js'
import {type Bytes} from '../ports.js'
import {type Call, type CommandSpec, type CommandTable, type Handlers} from '../server/call.js'
import {findKeys, isRealKey} from '../server/key-spec.js'
import {SYNTAX_ERROR} from './arguments.js'
import {sendCommandDocs} from './command-docs-reply.js'
import {sendCommandInfo, subcommandsOf} from './command-info.js'
import {sendHelp} from './help.js'
import {isUnsupported} from './known-only.js'

function known(commands: CommandTable): CommandSpec[] {
  return [...commands.all].filter((spec) => !isUnsupported(spec))
}

/** `get`, `config|get`; undefined when we do not have it. */
function find(commands: CommandTable, name: Bytes): CommandSpec | undefined {
  const [container = '', word, ...rest] = name.split('|')
  let spec = commands.find(container)
  if (spec !== undefined && word !== undefined) spec = commands.findSubcommand(spec, word)
  return spec === undefined || rest.length > 0 || isUnsupported(spec) ? undefined : spec
}

function all({commands, reply}: Call): void {
  const specs = known(commands)
  reply.array(specs.length)
  for (const spec of specs) sendCommandInfo(reply, spec)
}

function info(call: Call): void {
  const {commands, argv, reply} = call
  if (argv.length === 2) return all(call)
  reply.array(argv.length - 2)
  for (let at = 2; at < argv.length; at++) {
    const spec = find(commands, argv[at]!)
    if (spec === undefined) reply.null()
    else sendCommandInfo(reply, spec)
  }
}

function docs({commands, argv, reply}: Call): void {
  const specs: CommandSpec[] = argv.length === 2 ? known(commands) : []
  for (let at = 2; at < argv.length; at++) {
    const spec = find(commands, argv[at]!)
    if (spec !== undefined) specs.push(spec)
  }
  reply.map(specs.length)
  for (const spec of specs) sendCommandDocs(reply, spec)
}

function count({commands, reply}: Call): void {
  reply.integer(known(commands).length)
}

function list({commands, argv, reply}: Call): void {
  let wanted: (spec: CommandSpec) => boolean = () => true
  if (argv.length !== 2) {
    const filter =
      argv.length === 5 && argv[2]!.toLowerCase() === 'filterby' ? makeFilter(argv[3]!, argv[4]!) : undefined
    if (filter === undefined) return reply.error(SYNTAX_ERROR)
    wanted = filter
  }
  const names: Bytes[] = []
  for (const spec of known(commands)) collectNames(spec, wanted, names)
  reply.bulks(names)
}

function makeFilter(kind: Bytes, value: Bytes): ((spec: CommandSpec) => boolean) | undefined {
  switch (kind.toLowerCase()) {
    case 'module':
      return () => false
    case 'aclcat': {
      const category = `@${value.toLowerCase()}`
      return (spec) => spec.facts.categories.includes(category)
    }
    case 'pattern': {
      const pattern = value.toLowerCase()
      return (spec) => matchesGlob(pattern, spec.fullName)
    }
    default:
      return undefined
  }
}

function collectNames(spec: CommandSpec, wanted: (spec: CommandSpec) => boolean, names: Bytes[]): void {
  if (wanted(spec)) names.push(spec.fullName)
  for (const each of subcommandsOf(spec)) collectNames(each, wanted, names)
}

/** A key of a command and what is done with it. */
interface FoundKey {
  readonly key: Bytes
  readonly flags: string
}

/** The keys of the command behind COMMAND GETKEYS; undefined when an error was sent. */
function keysOrReply({commands, argv, reply}: Call): FoundKey[] | undefined {
  const words = argv.slice(2)
  const spec = lookUp(commands, words)
  if (spec === undefined) {
    reply.error('ERR Invalid command specified')
    return undefined
  }
  const specs = spec.keys.filter(isRealKey)
  if (specs.length === 0) {
    reply.error('ERR The command has no key arguments')
    return undefined
  }
  if (spec.arity > 0 ? words.length !== spec.arity : words.length < -spec.arity) {
    reply.error('ERR Invalid number of arguments specified for command')
    return undefined
  }
  const found: FoundKey[] = []
  for (const each of specs) {
    const positions: number[] = []
    if (!findKeys(each, words, positions)) {
      reply.error('ERR Invalid arguments specified for command')
      return undefined
    }
    for (const at of positions) found.push({key: words[at]!, flags: flagsFor(spec, each.flags, words)})
  }
  const stored = spec.facts.name === 'sort' ? sortTarget(words) : undefined
  if (stored !== undefined) found.push({key: stored, flags: 'OW update'})
  // With KEYS the place of MIGRATE's one key is empty.
  const hasList = spec.facts.name === 'migrate' && found.length > 1
  return hasList ? found.filter(({key}, at) => at > 0 || key !== '') : found
}

function lookUp(commands: CommandTable, words: readonly Bytes[]): CommandSpec | undefined {
  const spec = commands.find(words[0]!)
  if (spec?.subcommands === undefined) return spec
  return words[1] === undefined ? undefined : commands.findSubcommand(spec, words[1])
}

/** What becomes of the key hangs on the options of some commands. */
function flagsFor({facts}: CommandSpec, flags: string, words: readonly Bytes[]): string {
  if (!flags.includes('variable_flags')) return flags
  const options = words.slice(2).map((word) => word.toLowerCase())
  if (facts.name === 'set') return options.slice(1).includes('get') ? 'RW access update' : 'OW update'
  const onlyReads = !options.some((word) => word === 'set' || word === 'incrby')
  return onlyReads ? 'RO access' : 'RW access update'
}

/** No specification describes where SORT stores: the last STORE counts. */
function sortTarget(words: readonly Bytes[]): Bytes | undefined {
  let target: Bytes | undefined
  for (let at = 2; at < words.length - 1; at++) {
    const word = words[at]!.toLowerCase()
    if (word === 'limit') at += 2
    else if (word === 'by' || word === 'get') at++
    else if (word === 'store') target = words[++at]
  }
  return target
}

function getKeys(call: Call): void {
  const found = keysOrReply(call)
  if (found !== undefined) call.reply.bulks(found.map(({key}) => key))
}

function getKeysAndFlags(call: Call): void {
  const {reply} = call
  const found = keysOrReply(call)
  if (found === undefined) return
  reply.array(found.length)
  for (const {key, flags} of found) {
    const words = flags.split(' ')
    reply.array(2)
    reply.bulk(key)
    reply.set(words.length)
    for (const word of words) reply.status(word)
  }
}

const HELP = [
  '(no subcommand)',
  '    Return details about all Redis commands.',
  'COUNT',
  '    Return the total number of commands in this Redis server.',
  'LIST',
  '    Return a list of all commands in this Redis server.',
  'INFO [<command-name> ...]',
  '    Return details about multiple Redis commands.',
  '    If no command names are given, documentation details for all',
  '    commands are returned.',
  'DOCS [<command-name> ...]',
  '    Return documentation details about multiple Redis commands.',
  '    If no command names are given, documentation details for all',
  '    commands are returned.',
  'GETKEYS <full-command>',
  '    Return the keys from a full Redis command.',
  'GETKEYSANDFLAGS <full-command>',
  '    Return the keys and the access flags from a full Redis command.',
]

export const introspectionHandlers: Handlers = {
  command: all,
  'command|info': info,
  'command|docs': docs,
  'command|count': count,
  'command|list': list,
  'command|getkeys': getKeys,
  'command|getkeysandflags': getKeysAndFlags,
  'command|help': (call) => sendHelp(call, 'COMMAND', HELP),
}
