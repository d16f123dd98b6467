/** REPLICAOF, ROLE, and what a replica says to us: REPLCONF, PSYNC, SYNC. */
import {type Bytes} from '../ports.js'
import {type PeerOutput, ReplicaPeer} from '../replication/peer.js'
import {parseSafeInteger} from '../resp/numbers.js'
import {type HistoryRequest} from '../replication/primary-link.js'
import {type Call, type CommandFamily} from '../server/call.js'
import {formatClientLine} from '../server/client-line.js'
import {type Client} from '../server/client.js'
import {type Server} from '../server/server.js'
import {NOT_AN_INTEGER, SYNTAX_ERROR} from './arguments.js'
import {failover} from './failover.js'
import {restoreAskingHandlers} from './dump-restore.js'
import {serverFacts} from './specs/server.js'

const LONGEST_HOST = 255
/** PSYNC without a history to go on from. */
const NO_HISTORY = {id: '?', offset: -1, isHandover: false}

/** A replica's connection is a client's. */
class ClientOutput implements PeerOutput {
  readonly #server: Server
  readonly #client: Client

  constructor(server: Server, client: Client) {
    this.#server = server
    this.#client = client
  }

  get host(): string {
    return this.#client.peer.host
  }

  get clientId(): number {
    return this.#client.id
  }

  get pendingBytes(): number {
    return this.#client.output.pendingBytes + this.#client.unsentBytes
  }

  get lastHeardMs(): number {
    return this.#client.lastActiveMs
  }

  write(bytes: Uint8Array): void {
    this.#client.output.rawBytes(bytes)
    this.#server.queueForWriting(this.#client)
  }

  writeText(text: Bytes): void {
    this.#client.output.raw(text)
    this.#server.queueForWriting(this.#client)
  }

  gather(): void {
    this.#server.links.gather(this.#client.id)
  }

  close(): void {
    this.#server.dropClient(this.#client)
  }

  finish(): void {
    this.#client.closing = 'after-output'
    this.#server.queueForWriting(this.#client)
  }
}

function peerOf({server, client}: Call): ReplicaPeer {
  client.replica ??= new ReplicaPeer(new ClientOutput(server, client))
  return client.replica
}

/** Source: Redis 7.0's replconfCommand. ACK and GETACK are never answered. */
function replconf(call: Call): void {
  const {argv, reply} = call
  if (argv.length % 2 === 0) return reply.error(SYNTAX_ERROR)
  for (let at = 1; at < argv.length; at += 2) {
    const option = argv[at]!.toLowerCase()
    const value = argv[at + 1]!
    if (option === 'ack') return acknowledge(call, value)
    if (option === 'getack') {
      if (call.client.kind === 'primary') call.server.replication.sendAck()
      return
    }
    const error = setOption(peerOf(call), option, value)
    if (error !== undefined) return reply.error(error)
  }
  reply.ok()
}

function acknowledge({server, client}: Call, text: Bytes): void {
  const offset = parseSafeInteger(text)
  if (client.kind !== 'replica' || client.replica === undefined || offset === undefined) return
  server.replication.replicas.acknowledged(client.replica, offset)
}

function setOption(peer: ReplicaPeer, option: string, value: Bytes): string | undefined {
  switch (option) {
    case 'listening-port': {
      const port = parseSafeInteger(value)
      if (port === undefined) return NOT_AN_INTEGER
      peer.listeningPort = port
      return undefined
    }
    case 'ip-address':
      if (value.length > LONGEST_HOST) {
        return `ERR REPLCONF ip-address provided by replica instance is too long: ${value.length} bytes`
      }
      peer.announcedHost = value
      return undefined
    case 'capa':
      // Capabilities that we do not know are none of our business.
      if (value.toLowerCase() === 'eof') peer.supportsEof = true
      if (value.toLowerCase() === 'psync2') peer.supportsPsync2 = true
      return undefined
    case 'rdb-only':
      if (value !== '0' && value !== '1') return 'ERR value is out of range, value must between 0 and 1'
      peer.isRdbOnly = value === '1'
      return undefined
    default:
      return `ERR Unrecognized REPLCONF option: ${option}`
  }
}

function psync(call: Call): void {
  const {argv, reply} = call
  const offset = parseSafeInteger(argv[2]!)
  if (offset === undefined) return reply.error(NOT_AN_INTEGER)
  // Redis looks at the word in this place only.
  const isHandover = argv[3]?.toLowerCase() === 'failover'
  attach(call, {id: argv[1]!, offset, isHandover})
}

function sync(call: Call): void {
  attach(call, NO_HISTORY)
}

/** From here on the client is a replica: what it gets is the stream. Source: Redis 7.0's syncCommand. */
function attach(call: Call, history: HistoryRequest): void {
  const {server, client, reply} = call
  if (client.kind === 'replica' || client.isMonitor) return
  if (history.isHandover && !takeOver(call, history.id)) return
  const {replication} = server
  if (replication.failover.isUnderWay) return reply.error("NOMASTERLINK Can't SYNC while failing over")
  if (replication.isReplica && !replication.linkIsUp) {
    return reply.error("NOMASTERLINK Can't SYNC while not connected with my master")
  }
  // What is still to be sent would stand in the middle of the stream.
  if (!client.output.isEmpty || client.unsentBytes > 0) {
    return reply.error('ERR SYNC and PSYNC are invalid with pending output')
  }
  const peer = peerOf(call)
  // SYNC is answered by the payload alone.
  peer.isOldStyle = call.spec.fullName === 'sync'
  client.kind = 'replica'
  server.replication.replicas.attach(peer, history.id, history.offset)
}

/** Our primary has stopped writing and asks us to go on in its place. @returns false when it was refused */
function takeOver({server, client, reply}: Call, id: Bytes): boolean {
  const {replication} = server
  server.log('warning', `Failover request received for replid ${id}.`)
  if (!replication.isReplica) {
    reply.error("ERR PSYNC FAILOVER can't be sent to a master.")
    return false
  }
  if (id.toLowerCase() !== replication.state.id) {
    reply.error('ERR PSYNC FAILOVER replid must match my replid.')
    return false
  }
  replication.becomePrimary()
  server.log('notice', `MASTER MODE enabled (failover request from '${formatClientLine(client, server.nowMs)}')`)
  return true
}

function replicaof(call: Call): void {
  const {argv, reply, server, client} = call
  if (server.clusterEnabled) return reply.error('ERR REPLICAOF not allowed in cluster mode.')
  const {replication} = server
  if (replication.failover.isUnderWay) return reply.error('ERR REPLICAOF not allowed while failing over.')
  const [host, portText] = [argv[1]!, argv[2]!]
  if (host.toLowerCase() === 'no' && portText.toLowerCase() === 'one') {
    if (replication.isReplica) {
      replication.becomePrimary()
      server.log('notice', `MASTER MODE enabled (user request from '${formatClientLine(client, call.nowMs, argv)}')`)
    }
    return reply.ok()
  }
  if (client.kind === 'replica') return reply.error('ERR Command is not valid when client is a replica.')
  const port = parseSafeInteger(portText)
  if (port === undefined || port < 0 || port > 65_535) return reply.error('ERR Invalid master port')
  const {primary} = replication
  if (primary?.port === port && primary.host.toLowerCase() === host.toLowerCase()) {
    return reply.status('OK Already connected to specified master')
  }
  replication.replicateFrom({host, port})
  const requester = formatClientLine(client, call.nowMs, argv)
  server.log('notice', `REPLICAOF ${host}:${port} enabled (user request from '${requester}')`)
  reply.ok()
}

function role({reply, server}: Call): void {
  const {replication} = server
  const {primary} = replication
  if (primary !== undefined) {
    reply.array(5)
    reply.bulk('slave')
    reply.bulk(primary.host)
    reply.integer(primary.port)
    reply.bulk(replication.linkState!)
    reply.integer(replication.linkIsUp ? replication.offset : -1)
    return
  }
  const online = [...replication.replicas.all].filter(({isOnline}) => isOnline)
  reply.array(3)
  reply.bulk('master')
  reply.integer(replication.offset)
  reply.array(online.length)
  for (const {host, listeningPort, ackOffset} of online) reply.bulks([host, String(listeningPort), String(ackOffset)])
}

export const replicationFamily: CommandFamily = {
  group: 'server',
  facts: serverFacts,
  handlers: {replconf, psync, sync, replicaof, slaveof: replicaof, role, failover, ...restoreAskingHandlers},
}
