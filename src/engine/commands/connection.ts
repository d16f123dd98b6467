/** PING, HELLO, AUTH and what else a connection asks for itself. */
import {type Bytes} from '../ports.js'
import {parseInteger, parseSafeInteger} from '../resp/numbers.js'
import {DEFAULT_USER} from '../server/access.js'
import {type Call, type CommandFamily} from '../server/call.js'
import {NOT_AN_INTEGER, SYNTAX_ERROR} from './arguments.js'
import {clientHandlers, isClientName, INVALID_CLIENT_NAME} from './client.js'
import {connectionFacts} from './specs/connection.js'
import {ENGINE_VERSION} from '../server/version.js'

const NO_PASSWORD_CONFIGURED =
  'ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?'
const NOT_AN_INT32 = 'ERR value is out of range, value must between -2147483648 and 2147483647'
const WRONG_PASSWORD = 'WRONGPASS invalid username-password pair or user is disabled.'
const HELLO_WITHOUT_AUTH =
  'NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time'

function ping(call: Call): void {
  const {argv, reply, client} = call
  if (argv.length > 2) {
    reply.error("ERR wrong number of arguments for 'ping' command")
  } else if (client.isSubscriber && client.protocol === 2) {
    reply.array(2)
    reply.bulk('pong')
    reply.bulk(argv[1] ?? '')
  } else if (argv.length === 2) {
    reply.bulk(argv[1]!)
  } else {
    reply.status('PONG')
  }
}

function echo(call: Call): void {
  call.reply.bulk(call.argv[1]!)
}

function select(call: Call): void {
  const {server, argv, reply, client} = call
  const index = parseSafeInteger(argv[1]!)
  if (index === undefined) return reply.error(parseInteger(argv[1]!) === undefined ? NOT_AN_INTEGER : NOT_AN_INT32)
  if (index > 0x7fffffff || index < -0x80000000) return reply.error(NOT_AN_INT32)
  if (server.clusterEnabled && index !== 0) return reply.error('ERR SELECT is not allowed in cluster mode')
  const database = server.databases[index]
  if (database === undefined) return reply.error('ERR DB index is out of range')
  client.database = database
  reply.ok()
}

function quit(call: Call): void {
  call.reply.ok()
  call.client.closing = 'after-output'
}

function auth(call: Call): void {
  const {server, argv, reply, client} = call
  if (argv.length > 3) return reply.error(SYNTAX_ERROR)
  if (argv.length === 2 && server.access.isOpen) return reply.error(NO_PASSWORD_CONFIGURED)
  const [user, password] = argv.length === 2 ? [DEFAULT_USER, argv[1]!] : [argv[1]!, argv[2]!]
  if (!server.access.accepts(user, password)) return reply.error(WRONG_PASSWORD)
  server.access.letIn(client)
  reply.ok()
}

interface HelloOptions {
  readonly protocol: 2 | 3 | undefined
  readonly login: {readonly user: Bytes; readonly password: Bytes} | undefined
  readonly name: Bytes | undefined
}

function parseHello(call: Call): HelloOptions | undefined {
  const {argv, reply} = call
  let login: HelloOptions['login']
  let name: Bytes | undefined
  const word = argv[1]
  if (word === undefined) return {protocol: undefined, login, name}
  const version = parseInteger(word)
  if (version === undefined) reply.error('ERR Protocol version is not an integer or out of range')
  else if (version !== 2n && version !== 3n) reply.error('NOPROTO unsupported protocol version')
  if (version !== 2n && version !== 3n) return undefined
  for (let at = 2; at < argv.length; at++) {
    const left = argv.length - 1 - at
    const option = argv[at]!.toLowerCase()
    if (option === 'auth' && left >= 2) {
      login = {user: argv[at + 1]!, password: argv[at + 2]!}
      at += 2
    } else if (option === 'setname' && left >= 1) {
      name = argv[++at]!
      if (!isClientName(name)) {
        reply.error(INVALID_CLIENT_NAME)
        return undefined
      }
    } else {
      reply.error(`ERR Syntax error in HELLO option '${argv[at]!}'`)
      return undefined
    }
  }
  return {protocol: version === 3n ? 3 : 2, login, name}
}

function hello(call: Call): void {
  const {server, reply, client} = call
  const options = parseHello(call)
  if (options === undefined) return
  const {protocol, login, name} = options
  if (login !== undefined) {
    if (!server.access.accepts(login.user, login.password)) return reply.error(WRONG_PASSWORD)
    server.access.letIn(client)
  }
  if (!server.access.admits(client)) return reply.error(HELLO_WITHOUT_AUTH)
  if (name !== undefined) client.name = name
  if (protocol !== undefined) client.output.protocol = protocol
  reply.map(7)
  reply.bulk('server')
  reply.bulk('redis')
  reply.bulk('version')
  reply.bulk(ENGINE_VERSION.redis)
  reply.bulk('proto')
  reply.integer(client.protocol)
  reply.bulk('id')
  reply.integer(client.id)
  reply.bulk('mode')
  reply.bulk(server.clusterEnabled ? 'cluster' : 'standalone')
  reply.bulk('role')
  reply.bulk(server.isReplica ? 'replica' : 'master')
  reply.bulk('modules')
  reply.array(0)
}

/** As a new connection, but for its number and its sockets. Source: Redis 7.0's resetCommand. */
function reset(call: Call): void {
  const {server, reply, client} = call
  if (client.kind !== 'normal') return reply.error('ERR can only reset normal client connections')
  server.monitors.delete(client)
  client.isMonitor = false
  client.database = server.databases[0]!
  client.output.protocol = 2
  server.watchedKeys.discard(client)
  server.pubsub.forget(client)
  client.name = ''
  client.replies = 'on'
  client.output.silent = false
  client.asking = false
  client.readonlyMode = false
  client.noEvict = false
  server.access.greet(client)
  reply.status('RESET')
}

export const connectionFamily: CommandFamily = {
  group: 'connection',
  facts: connectionFacts,
  handlers: {ping, echo, select, quit, auth, hello, reset, ...clientHandlers},
}
