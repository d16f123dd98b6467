/** A node for slot migrations to run on, on paper: its wires are lists, its clock stands still, its cluster is a table. */
import {SlotSet} from '../../../../src/model/slot-set.js'
import {Database} from '../../../../src/engine/keyspace/database.js'
import {type Endpoint, type LinkId} from '../../../../src/engine/ports.js'
import {type LinkEvents} from '../../../../src/engine/replication/services.js'
import {type ImportPeer, type MigrationHost} from '../../../../src/engine/slot-migration/host.js'
import {encodeRequest} from '../../../../src/engine/resp/request-writer.js'
import {countingRng} from '../../../support/engine/seeded-rng.js'

export const ME = 'a'.repeat(40)
export const OTHER = 'b'.repeat(40)
export const STRANGER = 'c'.repeat(40)
export const NAME = 'd'.repeat(40)
export const SLOT_OF_B = 3300

const DEFAULTS: Readonly<Record<string, string>> = {
  masterauth: '',
  masteruser: '',
  'repl-timeout': '60',
  'client-output-buffer-limit': 'normal 0 0 0 slave 1000000 0 0 pubsub 0 0 0',
  'cluster-manual-failover-timeout': '5000',
  'cluster-slot-migration-log-max-len': '1000',
  'slot-migration-max-failover-repl-bytes': '0',
}

export class PaperHost implements MigrationHost {
  nowMs = 1_000_000
  readonly rng = countingRng(1)
  readonly settings = new Map(Object.entries(DEFAULTS))
  readonly brakes = {preventsPause: false, preventsFailover: false}
  readonly myId = ME
  isPrimary = true
  isLoading = false
  ownersVersion = 0
  hasKeysInTransit = false
  readonly owners = new Map<number, string>()
  readonly databases: readonly Database[]
  readonly logs: string[] = []
  /** What went over the wire to the target, command by command. */
  sent = ''
  unsent = 0
  hungUp = false
  wire: LinkEvents | undefined
  /** Unix ms until which writes are held; undefined when they are not. */
  heldUntilMs: number | undefined
  isStreaming = false
  readonly propagated: string[] = []
  readonly claimed: string[] = []
  readonly deleted: string[] = []

  constructor() {
    const database = new Database(0, {
      mayDeleteExpired: () => true,
      ignoresExpiry: () => false,
      expired: () => undefined,
      added: () => undefined,
      modified: () => undefined,
    })
    database.nowMs = this.nowMs
    this.databases = [database]
  }

  readonly config = {
    text: (name: string): string => this.settings.get(name)!,
    number: (name: string): number => Number(this.settings.get(name)),
    flag: (name: string): boolean => this.settings.get(name) === 'yes',
  }

  readonly links = {
    dial: (_to: Endpoint, owner: LinkEvents): LinkId => {
      this.wire = owner
      return 1
    },
    send: (_link: LinkId, bytes: Uint8Array): void => {
      this.sent += Buffer.from(bytes).toString('latin1')
    },
    hangUp: (): void => {
      this.hungUp = true
    },
    unsentBytes: (): number => this.unsent,
  }

  log(_level: string, text: string): void {
    this.logs.push(text)
  }

  ownerOf(slot: number): string | undefined {
    return this.owners.get(slot)
  }

  endpointOf(id: string): Endpoint | undefined {
    return id === OTHER ? {host: '127.0.0.1', port: 7001} : undefined
  }

  give(slots: string, owner: string): void {
    for (const slot of SlotSet.parse(slots)!) this.owners.set(slot, owner)
    this.ownersVersion++
  }

  claimSlots(slots: SlotSet): void {
    this.claimed.push(slots.toString())
    this.give(slots.toString(), ME)
  }

  deleteKeysInSlots(slots: readonly number[]): void {
    this.deleted.push(SlotSet.of(slots).toString())
  }

  isSnapshotRunning(): boolean {
    return this.databases[0]!.observer !== undefined
  }

  streamWanted(isWanted: boolean): void {
    this.isStreaming = isWanted
  }

  propagate(argv: readonly string[]): void {
    this.propagated.push(argv.join(' '))
  }

  holdWrites(untilMs: number): void {
    this.heldUntilMs = untilMs
  }

  resumeWrites(): void {
    this.heldUntilMs = undefined
  }

  /** The target says something. */
  hear(text: string): void {
    this.wire!.bytes(1, Buffer.from(text, 'latin1'))
  }

  hearCommand(...words: string[]): void {
    this.hear(encodeRequest(['CLUSTER', 'SYNCSLOTS', ...words]))
  }

  /** What was sent since the last look, one command a line. */
  takeSent(): string[] {
    const lines = this.sent.split(/(?=\*\d+\r\n)/).filter((part) => part !== '')
    this.sent = ''
    return lines.map((line) =>
      line
        .split('\r\n')
        .filter((_, at) => at > 0 && at % 2 === 0)
        .join(' ')
        .trim(),
    )
  }
}

/** The source of an import. */
export class PaperPeer implements ImportPeer {
  readonly said: string[] = []
  lastHeardMs = 1_000_000
  errors = 0
  isClosed = false

  send(argv: readonly string[]): void {
    this.said.push(argv.join(' '))
  }

  close(): void {
    this.isClosed = true
  }
}
