/** The slot check before a command: MOVED, ASK, TRYAGAIN, CROSSSLOT, CLUSTERDOWN. */
import {type ClusterBus} from '../cluster/cluster-bus.js'
import {type KeyTally, type SlotQuery} from '../cluster/redirect.js'
import {keySlot} from '../keyspace/key-slot.js'
import {type Bytes} from '../ports.js'
import {type Call, type CommandSpec} from '../server/call.js'
import {findKeys, findRealKeys, isRealKey} from '../server/key-spec.js'
import {type Server} from '../server/server.js'
import {type Guard} from './dispatch.js'

/** The keys of one command, or of a whole transaction; which of them are here is counted only when somebody asks. */
class Tally implements KeyTally {
  readonly #server: Server
  readonly keys: Bytes[] = []

  constructor(server: Server) {
    this.#server = server
  }

  /** The list of one key is written over: emptying an array gives its room back, and filling it asks for room again. */
  holdOne(key: Bytes): void {
    if (this.keys.length !== 1) this.keys.length = 1
    this.keys[0] = key
  }

  get missing(): number {
    return this.keys.length - this.present
  }

  get present(): number {
    const database = this.#server.databases[0]!
    return this.keys.reduce((count, key) => (database.peek(key) === undefined ? count : count + 1), 0)
  }

  get several(): boolean {
    return this.keys.some((key) => key !== this.keys[0])
  }
}

/** Source: Redis 7.0's getNodeByQuery, and the order of cluster-bus: `redirect.ts` decides, this file asks. */
export function makeClusterGuard(server: Server, bus: ClusterBus): Guard {
  const tally = new Tally(server)
  const query: {-readonly [Name in keyof SlotQuery]: SlotQuery[Name]} = {
    ...{slot: 0, crossSlot: false, isWrite: false, isMigrate: false, isShardPubsub: false},
    ...{asking: false, readonly: false, keys: tally},
  }
  const gather = (argv: readonly Bytes[], positions: readonly number[]): void => {
    for (const at of positions) tally.keys.push(argv[at]!)
  }
  return (call, positions) => {
    const {client, spec} = call
    if (client.kind === 'primary') return undefined
    if (spec.keys.length === 0 && spec.fullName !== 'exec') return undefined
    query.isWrite = spec.isWrite
    query.isMigrate = spec.fullName === 'migrate'
    query.isShardPubsub = false
    if (positions.length === 1) tally.holdOne(call.argv[positions[0]!]!)
    else {
      tally.keys.length = 0
      if (spec.fullName === 'exec') gatherTransaction(call, gather, query)
      else if (positions.length > 0) gather(call.argv, positions)
      else if (hasChannels(spec)) {
        query.isShardPubsub = true
        gather(call.argv, channelsOf(spec, call.argv))
      }
    }
    const [first] = tally.keys
    if (first === undefined) return undefined
    query.slot = keySlot(first)
    query.crossSlot = tally.keys.length > 1 && tally.keys.some((key) => keySlot(key) !== query.slot)
    query.asking = client.asking || spec.isAsking
    query.readonly = client.readonlyMode
    const verdict = bus.verdict(query)
    if (verdict === 'serve') return undefined
    // A transaction that is not served here is over; the redirection itself is the reply.
    if (spec.fullName === 'exec') server.watchedKeys.discard(client)
    return bus.refusalText(verdict, query.slot, client.local.isSecure !== true)
  }
}

function gatherTransaction(
  {client, commands}: Call,
  gather: (argv: readonly Bytes[], positions: readonly number[]) => void,
  query: {isWrite: boolean},
): void {
  query.isWrite = client.transaction?.hasWrite === true
  for (const argv of client.transaction?.queue ?? []) {
    const command = commands.find(argv[0]!)
    const spec = command?.subcommands?.get((argv[1] ?? '').toLowerCase()) ?? command
    if (spec === undefined) continue
    const positions: number[] = []
    findRealKeys(spec.keys, argv, positions)
    gather(argv, positions)
  }
}

function hasChannels(spec: CommandSpec): boolean {
  return spec.keys.length > 0 && !isRealKey(spec.keys[0]!)
}

function channelsOf(spec: CommandSpec, argv: readonly Bytes[]): number[] {
  const positions: number[] = []
  for (const each of spec.keys) findKeys(each, argv, positions)
  return positions
}
