/** A live cluster once more, in virtual time: the same ids and addresses, the same accounts, as many keys as large, and nodes as fast. */
import {keySlot} from '../engine/keyspace/key-slot.js'
import type {TurnCost} from '../engine/sim/metered-core.js'
import type {SimNode} from '../engine/sim/sim-node.js'
import {Simulator} from '../engine/sim/simulator.js'
import {BUS_PORT_OFFSET} from '../model/address.js'
import {SLOT_COUNT} from '../model/slot.js'
import {Ledger} from './ledger.js'
import {LossWatch} from './losses.js'
import {isReplica, primaryIdOf} from './node-facts.js'
import {Stage} from './stage.js'
import type {Survey, SurveyedNode, SurveyedSource} from './survey.js'

/**
 * What nodes take, measured with `npm run bench` on the machine of docs/performance.md: a key of 100 bytes costs 7.5 us from one node to
 * another, one of 1024 bytes 19 us, and the thousands of small commands that move an empty slot 6 us each.
 */
const COMMAND_MS = 0.0057
const BYTE_MS = 0.000_0122
const TURN_MS = 0.01
/** What the survey's small command took there. */
const USUAL_COMMAND_MS = 0.0022
/** A machine that seems to be faster or slower than that by more was disturbed when it was asked. */
const FASTEST = 0.25
const SLOWEST = 8

/** In memory a key takes so much beside its value. */
const KEY_OVERHEAD_BYTES = 72
const SETTLE_MS = 3_000

export interface TwinOptions {
  readonly survey: Survey
  readonly seed: number
  /** Of all keys: this part of each slot's. */
  readonly share: number
}

export class Twin {
  readonly simulator: Simulator
  readonly stage: Stage
  readonly ledger = new Ledger()
  readonly losses = new LossWatch(this.ledger)
  /** The standalone server of an import. */
  #source: SimNode | undefined

  /** @throws Error when an account cannot be read */
  constructor({survey, seed, share}: TwinOptions) {
    const oneWayMs = survey.roundTripMs / 2
    this.simulator = new Simulator({
      seed,
      latencyMs: {from: oneWayMs * 0.8, to: oneWayMs * 1.2},
      turnCost: costOn(survey.commandMs / USUAL_COMMAND_MS),
    })
    this.stage = new Stage(this.simulator)
    for (const node of survey.nodes) this.#add(node, survey.nodeTimeoutMs)
    this.simulator.run(SETTLE_MS)
    this.#fill(survey, share)
    if (survey.source !== undefined) this.#addSource(survey.source, survey.bytesPerKey, share)
    this.simulator.run(SETTLE_MS)
    this.simulator.check(this.losses)
  }

  /** Of the cluster. */
  get nodes(): readonly SimNode[] {
    return this.simulator.nodes.filter((node) => node !== this.#source)
  }

  /** The node with this id. */
  node(id: string): SimNode | undefined {
    return this.nodes.find((node) => node.id === id)
  }

  #add({address: {host, port}, account}: SurveyedNode, nodeTimeoutMs: number): void {
    this.simulator.addNode({
      host,
      port,
      config: {
        'cluster-node-timeout': String(nodeTimeoutMs),
        'repl-diskless-sync-delay': '0',
        rdbcompression: 'no',
      },
      files: new Map([['nodes.conf', Buffer.from(toNodesConf(account, host))]]),
      bornWhole: true,
    })
  }

  #addSource({address: {host, port}, database, keys}: SurveyedSource, bytesPerKey: number, share: number): void {
    const config = {'cluster-enabled': 'no', databases: String(Math.max(16, database + 1)), rdbcompression: 'no'}
    this.#source = this.simulator.addNode({host, port, config})
    const keyspace = this.#source.core.server.databases[database]!
    const value = valueOf(bytesPerKey)
    for (let number = Math.ceil(keys * share); number > 0; number--) keyspace.set(`k${number}`, value)
  }

  /** Keys are put where they lie, on the holder and its replicas alike: nothing of it is a command. */
  #fill({slots, bytesPerKey}: Survey, share: number): void {
    const tags = tagOfEachSlot()
    const value = valueOf(bytesPerKey)
    for (const {slot, holder, keys} of slots) {
      const databases = this.nodes
        .filter((node) => node.id === holder || (isReplica(node) && primaryIdOf(node) === holder))
        .map(({core}) => core.server.databases[0]!)
      for (let number = Math.ceil(keys * share); number > 0; number--) {
        for (const database of databases) database.set(`${number}:{${tags[slot]!}}`, value)
      }
    }
  }
}

function valueOf(bytesPerKey: number): string {
  return 'x'.repeat(Math.max(1, bytesPerKey - KEY_OVERHEAD_BYTES))
}

/** What turns take on a machine that is so many times as slow as that of the figures. */
function costOn(ratio: number): TurnCost {
  const times = Math.min(SLOWEST, Math.max(FASTEST, ratio))
  return ({commands, bytesIn}) => times * (TURN_MS + commands * COMMAND_MS + bytesIn * BYTE_MS)
}

/** Bus ports by the convention, which is what simulated nodes listen at; a node that does not say its own address has the one we used. */
function toNodesConf(account: string, host: string): string {
  const lines = account
    .split('\n')
    .filter((line) => line !== '' && !/ (\S*,)?(handshake|noaddr)(,\S*)? /.test(line))
    .map((line) =>
      line.replace(/^(\S+) (\S*):(\d+)(@\d+)?\S*/, (_, id: string, ip: string, port: string) => {
        return `${id} ${ip === '' ? host : ip}:${port}@${Number(port) + BUS_PORT_OFFSET}`
      }),
    )
  const epochs = lines.map((line) => Number(line.split(' ')[6] ?? 0))
  return `${lines.join('\n')}\nvars currentEpoch ${Math.max(0, ...epochs)} lastVoteEpoch 0\n`
}

let tags: string[] | undefined

/** For each slot a word that lies in it. */
function tagOfEachSlot(): readonly string[] {
  if (tags !== undefined) return tags
  const found: string[] = []
  for (let number = 0, left = SLOT_COUNT; left > 0; number++) {
    const word = number.toString(36)
    const slot = keySlot(word)
    if (found[slot] !== undefined) continue
    found[slot] = word
    left--
  }
  tags = found
  return found
}
