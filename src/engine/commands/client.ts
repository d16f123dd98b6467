/** CLIENT: who is connected, and what one connection may ask about others. */
import {type Bytes} from '../ports.js'
import {parseInteger, parseSafeInteger} from '../resp/numbers.js'
import {DEFAULT_USER} from '../server/access.js'
import {type Call, type Handlers} from '../server/call.js'
import {classOf, formatClientLine, formatEndpoint, parseClientClass} from '../server/client-line.js'
import {type Client} from '../server/client.js'
import {type Server} from '../server/server.js'
import {NOT_AN_INTEGER, SYNTAX_ERROR} from './arguments.js'
import {sendHelp} from './help.js'

export const INVALID_CLIENT_NAME = 'ERR Client names cannot contain spaces, newlines or special characters.'

/** Printable, and nothing that would break a line of CLIENT LIST. */
export function isClientName(name: Bytes): boolean {
  return /^[!-~]*$/.test(name)
}

function id(call: Call): void {
  call.reply.integer(call.client.id)
}

function info(call: Call): void {
  const {client, nowMs, argv} = call
  call.reply.verbatim(`${formatClientLine(client, nowMs, argv)}\n`)
}

function list(call: Call): void {
  const chosen = chooseListed(call)
  if (chosen === undefined) return
  let text = ''
  for (const client of chosen) {
    text += `${formatClientLine(client, call.nowMs, client === call.client ? call.argv : [])}\n`
  }
  call.reply.verbatim(text)
}

/** Those who came to us, and our primary, to whom we went. */
function allClients({clients, primaryClient}: Server): Client[] {
  return primaryClient === undefined ? [...clients.values()] : [...clients.values(), primaryClient]
}

function chooseListed({server, argv, reply}: Call): Client[] | undefined {
  const clients = allClients(server).filter((client) => client.closing !== 'now')
  if (argv.length === 2) return clients
  const option = argv[2]!.toLowerCase()
  if (option === 'type' && argv.length === 4) {
    const wanted = parseClientClass(argv[3]!)
    if (wanted !== undefined) return clients.filter((client) => classOf(client) === wanted)
    reply.error(`ERR Unknown client type '${argv[3]!}'`)
    return undefined
  }
  if (option !== 'id' || argv.length < 4) {
    reply.error(SYNTAX_ERROR)
    return undefined
  }
  const chosen: Client[] = []
  for (const word of argv.slice(3)) {
    const wanted = parseSafeInteger(word)
    if (wanted === undefined) {
      reply.error('ERR Invalid client ID')
      return undefined
    }
    const client = clients.find((each) => each.id === wanted)
    if (client !== undefined) chosen.push(client)
  }
  return chosen
}

function setName({argv, reply, client}: Call): void {
  const name = argv[2]!
  if (!isClientName(name)) return reply.error(INVALID_CLIENT_NAME)
  client.name = name
  reply.ok()
}

function getName({reply, client}: Call): void {
  reply.bulkOrNull(client.name === '' ? undefined : client.name)
}

interface KillFilters {
  readonly matches: ((client: Client) => boolean)[]
  skipMe: boolean
}

function parseKillFilters(call: Call): KillFilters | undefined {
  const {argv, reply} = call
  const filters: KillFilters = {matches: [], skipMe: true}
  for (let at = 2; at < argv.length; at += 2) {
    const value = argv[at + 1]
    const error = value === undefined ? SYNTAX_ERROR : addKillFilter(filters, argv[at]!.toLowerCase(), value)
    if (error === undefined) continue
    reply.error(error)
    return undefined
  }
  return filters
}

/** @returns what is wrong with it */
function addKillFilter(filters: KillFilters, option: string, value: Bytes): string | undefined {
  const {matches} = filters
  switch (option) {
    case 'id': {
      const wanted = parseInteger(value)
      if (wanted === undefined || wanted < 1n) return 'ERR client-id should be greater than 0'
      matches.push((client) => BigInt(client.id) === wanted)
      return undefined
    }
    case 'type': {
      const wanted = parseClientClass(value)
      if (wanted === undefined) return `ERR Unknown client type '${value}'`
      matches.push((client) => classOf(client) === wanted)
      return undefined
    }
    case 'addr':
      matches.push((client) => formatEndpoint(client.peer) === value)
      return undefined
    case 'laddr':
      matches.push((client) => formatEndpoint(client.local) === value)
      return undefined
    case 'user':
      if (value !== DEFAULT_USER) return `ERR No such user '${value}'`
      matches.push((client) => client.userName === value)
      return undefined
    case 'skipme': {
      const word = value.toLowerCase()
      if (word !== 'yes' && word !== 'no') return SYNTAX_ERROR
      filters.skipMe = word === 'yes'
      return undefined
    }
    default:
      return SYNTAX_ERROR
  }
}

function kill(call: Call): void {
  const {server, argv, reply} = call
  const isOldForm = argv.length === 3
  const filters: KillFilters | undefined = isOldForm
    ? {matches: [(client) => formatEndpoint(client.peer) === argv[2]], skipMe: false}
    : parseKillFilters(call)
  if (filters === undefined) return
  let killed = 0
  for (const client of allClients(server)) {
    if (client.closing === 'now' || (client === call.client && filters.skipMe)) continue
    if (!filters.matches.every((matches) => matches(client))) continue
    if (client === call.client) client.closing = 'after-output'
    else if (client === server.primaryClient) server.replication.interruptLink()
    else server.dropClient(client)
    killed++
  }
  if (!isOldForm) reply.integer(killed)
  else if (killed > 0) reply.ok()
  else reply.error('ERR No such client')
}

function replyMode({argv, reply, client}: Call): void {
  const mode = argv[2]!.toLowerCase()
  if (mode === 'on') {
    client.replies = 'on'
    client.output.silent = false
    reply.ok()
  } else if (mode === 'off') {
    client.replies = 'off'
    client.output.silent = true
  } else if (mode === 'skip') {
    if (client.replies !== 'off') client.replies = 'skip-next'
  } else {
    reply.error(SYNTAX_ERROR)
  }
}

function pause({server, argv, reply, nowMs}: Call): void {
  let kind: 'all' | 'write' = 'all'
  if (argv.length > 4) {
    return reply.error(`ERR unknown subcommand or wrong number of arguments for '${argv[1]!}'. Try CLIENT HELP.`)
  }
  const word = argv[3]?.toLowerCase()
  if (word === 'write') kind = 'write'
  else if (word !== undefined && word !== 'all') return reply.error('ERR CLIENT PAUSE mode must be WRITE or ALL')
  const timeoutMs = parseInteger(argv[2]!)
  if (timeoutMs === undefined) return reply.error('ERR timeout is not an integer or out of range')
  if (timeoutMs < 0n) return reply.error('ERR timeout is negative')
  server.pause.begin('command', kind, nowMs + Number(timeoutMs))
  reply.ok()
}

function unpause({server, reply}: Call): void {
  server.endPause('command')
  reply.ok()
}

function unblock({server, argv, reply}: Call): void {
  const reason = argv[3]?.toLowerCase()
  if (argv.length > 4) return reply.error(SYNTAX_ERROR)
  if (reason !== undefined && reason !== 'timeout' && reason !== 'error') {
    return reply.error('ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR')
  }
  const wanted = parseSafeInteger(argv[2]!)
  if (wanted === undefined) return reply.error(NOT_AN_INTEGER)
  const client = server.clients.get(wanted)
  const blocked = client?.blocked
  if (client === undefined || blocked === undefined || (blocked.kind !== 'keys' && blocked.kind !== 'wait')) {
    return reply.integer(0)
  }
  if (reason === 'error') client.output.error('UNBLOCKED client unblocked via CLIENT UNBLOCK')
  else blocked.onTimeout(client)
  server.blocking.unblock(client)
  reply.integer(1)
}

function noEvict({argv, reply, client}: Call): void {
  const word = argv[2]!.toLowerCase()
  if (word !== 'on' && word !== 'off') return reply.error(SYNTAX_ERROR)
  client.noEvict = word === 'on'
  reply.ok()
}

/** Tracking is never on: a client cannot be redirected. */
function getRedirection({reply}: Call): void {
  reply.integer(-1)
}

function caching({reply}: Call): void {
  reply.error(
    'ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled',
  )
}

function tracking({argv, reply}: Call): void {
  const word = argv[2]!.toLowerCase()
  if (word === 'off' && argv.length === 3) return reply.ok()
  if (word !== 'on' && word !== 'off') return reply.error(SYNTAX_ERROR)
  reply.error('ERR CLIENT TRACKING is not supported by the tscluster engine')
}

function trackingInfo({reply}: Call): void {
  reply.map(3)
  reply.bulk('flags')
  reply.set(1)
  reply.bulk('off')
  reply.bulk('redirect')
  reply.integer(-1)
  reply.bulk('prefixes')
  reply.array(0)
}

const HELP = [
  'CACHING (YES|NO)',
  '    Enable/disable tracking of the keys for next command in OPTIN/OPTOUT modes.',
  'GETREDIR',
  '    Return the client ID we are redirecting to when tracking is enabled.',
  'GETNAME',
  '    Return the name of the current connection.',
  'ID',
  '    Return the ID of the current connection.',
  'INFO',
  '    Return information about the current client connection.',
  'KILL <ip:port>',
  '    Kill connection made from <ip:port>.',
  'KILL <option> <value> [<option> <value> [...]]',
  '    Kill connections. Options are:',
  '    * ADDR (<ip:port>|<unixsocket>:0)',
  '      Kill connections made from the specified address',
  '    * LADDR (<ip:port>|<unixsocket>:0)',
  '      Kill connections made to specified local address',
  '    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)',
  '      Kill connections by type.',
  '    * USER <username>',
  '      Kill connections authenticated by <username>.',
  '    * SKIPME (YES|NO)',
  '      Skip killing current connection (default: yes).',
  'LIST [options ...]',
  '    Return information about client connections. Options:',
  '    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)',
  '      Return clients of specified type.',
  'UNPAUSE',
  '    Stop the current client pause, resuming traffic.',
  'PAUSE <timeout> [WRITE|ALL]',
  '    Suspend all, or just write, clients for <timeout> milliseconds.',
  'REPLY (ON|OFF|SKIP)',
  '    Control the replies sent to the current connection.',
  'SETNAME <name>',
  '    Assign the name <name> to the current connection.',
  'UNBLOCK <clientid> [TIMEOUT|ERROR]',
  '    Unblock the specified blocked client.',
  'TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]]',
  '         [OPTIN] [OPTOUT] [NOLOOP]',
  '    Control server assisted client side caching.',
  'TRACKINGINFO',
  '    Report tracking status for the current connection.',
  'NO-EVICT (ON|OFF)',
  '    Protect current client connection from eviction.',
]

export const clientHandlers: Handlers = {
  'client|id': id,
  'client|info': info,
  'client|list': list,
  'client|setname': setName,
  'client|getname': getName,
  'client|kill': kill,
  'client|reply': replyMode,
  'client|pause': pause,
  'client|unpause': unpause,
  'client|unblock': unblock,
  'client|no-evict': noEvict,
  'client|getredir': getRedirection,
  'client|caching': caching,
  'client|tracking': tracking,
  'client|trackinginfo': trackingInfo,
  'client|help': (call) => sendHelp(call, 'CLIENT', HELP),
}
