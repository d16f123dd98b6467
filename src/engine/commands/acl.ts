/** ACL as far as the default user goes, the only one there is: it may do everything. */
import {hexDigits} from '../chance.js'
import {parseSafeInteger} from '../resp/numbers.js'
import {DEFAULT_USER} from '../server/access.js'
import {type Call, type CommandSpec, type Handlers} from '../server/call.js'
import {sha256Hex} from '../values/sha256.js'
import {NOT_AN_INTEGER} from './arguments.js'
import {sendHelp} from './help.js'
import {isUnsupported} from './known-only.js'

/** In the order in which Redis lists them. */
const CATEGORIES = [
  'keyspace',
  'read',
  'write',
  'set',
  'sortedset',
  'list',
  'hash',
  'string',
  'bitmap',
  'hyperloglog',
  'geo',
  'stream',
  'pubsub',
  'admin',
  'fast',
  'slow',
  'blocking',
  'dangerous',
  'connection',
  'transaction',
  'scripting',
]

const NO_ACL_FILE =
  'ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in order to store users in the Redis configuration.'

function whoAmI({reply, client}: Call): void {
  reply.bulk(client.userName)
}

function users({reply}: Call): void {
  reply.bulks([DEFAULT_USER])
}

function list({server, reply}: Call): void {
  const password = server.config.text('requirepass')
  reply.bulks([`user ${DEFAULT_USER} on ${password === '' ? 'nopass' : `#${sha256Hex(password)}`} ~* &* +@all`])
}

function getUser({server, argv, reply}: Call): void {
  if (argv[2] !== DEFAULT_USER) return reply.null()
  const password = server.config.text('requirepass')
  const flags = password === '' ? ['on', 'nopass'] : ['on']
  reply.map(6)
  reply.bulk('flags')
  reply.set(flags.length)
  for (const flag of flags) reply.bulk(flag)
  reply.bulk('passwords')
  reply.bulks(password === '' ? [] : [sha256Hex(password)])
  reply.bulk('commands')
  reply.bulk('+@all')
  reply.bulk('keys')
  reply.bulk('~*')
  reply.bulk('channels')
  reply.bulk('&*')
  reply.bulk('selectors')
  reply.array(0)
}

function cat(call: Call): void {
  const {argv, reply, commands} = call
  if (argv.length > 3) {
    return reply.error(`ERR unknown subcommand or wrong number of arguments for '${argv[1]!}'. Try ACL HELP.`)
  }
  if (argv.length === 2) return reply.bulks(CATEGORIES)
  const category = argv[2]!.toLowerCase()
  if (!CATEGORIES.includes(category)) return reply.error(`ERR Unknown category '${argv[2]!}'`)
  const names: string[] = []
  for (const spec of commands.all) collect(spec, `@${category}`, names)
  reply.bulks(names)
}

/** A container counts by its subcommands. */
function collect(spec: CommandSpec, category: string, names: string[]): void {
  if (isUnsupported(spec)) return
  if (spec.subcommands === undefined) {
    if (spec.facts.categories.includes(category)) names.push(spec.fullName)
    return
  }
  for (const each of spec.subcommands.values()) collect(each, category, names)
}

function generatePassword({server, argv, reply}: Call): void {
  let bits = 256
  if (argv.length === 3) {
    const wanted = parseSafeInteger(argv[2]!)
    if (wanted === undefined) return reply.error(NOT_AN_INTEGER)
    if (wanted <= 0 || wanted > 4096) {
      return reply.error(
        'ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to 4096',
      )
    }
    bits = wanted
  }
  reply.bulk(hexDigits(server.rng, Math.ceil(bits / 4)))
}

function deleteUser({argv, reply}: Call): void {
  if (argv.slice(2).includes(DEFAULT_USER)) reply.error("ERR The 'default' user cannot be removed")
  else reply.integer(0)
}

const HELP = [
  'CAT [<category>]',
  '    List all commands that belong to <category>, or all command categories',
  '    when no category is specified.',
  'DELUSER <username> [<username> ...]',
  '    Delete a list of users.',
  'DRYRUN <username> <command> [<arg> ...]',
  '    Returns whether the user can execute the given command without executing the command.',
  'GETUSER <username>',
  "    Get the user's details.",
  'GENPASS [<bits>]',
  '    Generate a secure 256-bit user password. The optional `bits` argument can',
  '    be used to specify a different size.',
  'LIST',
  '    Show users details in config file format.',
  'LOAD',
  '    Reload users from the ACL file.',
  'LOG [<count> | RESET]',
  '    Show the ACL log entries.',
  'SAVE',
  '    Save the current config to the ACL file.',
  'SETUSER <username> <attribute> [<attribute> ...]',
  '    Create or modify a user with the specified attributes.',
  'USERS',
  '    List all the registered usernames.',
  'WHOAMI',
  '    Return the current connection username.',
]

export const aclHandlers: Handlers = {
  'acl|whoami': whoAmI,
  'acl|users': users,
  'acl|list': list,
  'acl|getuser': getUser,
  'acl|cat': cat,
  'acl|genpass': generatePassword,
  'acl|deluser': deleteUser,
  'acl|load': ({reply}) => reply.error(NO_ACL_FILE),
  'acl|save': ({reply}) => reply.error(NO_ACL_FILE),
  'acl|help': (call) => sendHelp(call, 'ACL', HELP),
}
