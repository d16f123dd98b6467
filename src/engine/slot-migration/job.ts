/** One migration of slots as one of its nodes keeps it: what moves between whom, how far it is, how it ended. */
import {type NodeId} from '../../model/node-id.js'
import {SlotSet, type SlotRange} from '../../model/slot-set.js'
import {type Bytes} from '../ports.js'
import {type MigrationHost} from './host.js'
import {formatRanges} from './slot-ranges.js'

/** How it ended. */
export type FinalState = 'success' | 'cancelled' | 'failed'

/** The words of GETSLOTMIGRATIONS. Source: Valkey 9.1's cluster_migrateslots.c, where the two state machines are drawn. */
export type ExportState =
  | 'connecting'
  | 'sending-auth-command'
  | 'reading-auth-response'
  | 'sending-establish-command'
  | 'reading-establish-response'
  | 'waiting-to-snapshot'
  | 'snapshotting'
  | 'replicating'
  | 'waiting-to-pause'
  | 'failover-paused'
  | 'failover-granted'

export type ImportState =
  | 'waiting-for-ack'
  | 'receiving-snapshot'
  | 'waiting-for-paused'
  | 'failover-requested'
  | 'failover-granted'
  | 'cleaning-up'
  /** Ours is the replica of the target, or was the target itself. */
  | 'occurring-on-primary'

export type JobState = ExportState | ImportState | FinalState

export interface JobFacts {
  readonly operation: 'EXPORT' | 'IMPORT'
  /** Forty hexadecimal digits, drawn by the source. */
  readonly name: string
  readonly ranges: readonly SlotRange[]
  /** Undefined on a replica of the target, which may not know them. */
  readonly source: NodeId | undefined
  readonly target: NodeId | undefined
}

export const UNEXPECTED = 'Unexpected state machine transition'
export const NO_INTERACTION = 'Timed out after too long with no interaction'

/** `CLUSTER SYNCSLOTS <word>`: what the two ends say to each other. */
export function syncSlots(word: string): readonly Bytes[] {
  return ['CLUSTER', 'SYNCSLOTS', word]
}

export abstract class Job {
  readonly facts: JobFacts
  readonly slots: SlotSet
  readonly createdMs: number
  protected readonly host: MigrationHost
  #state: JobState
  #updatedMs: number
  /** Unix ms of the last sign of life of the other end. */
  ackedMs: number
  message = ''

  constructor(host: MigrationHost, facts: JobFacts, state: JobState) {
    this.host = host
    this.facts = facts
    this.slots = SlotSet.fromRanges(facts.ranges)
    this.createdMs = host.nowMs
    this.#updatedMs = host.nowMs
    this.ackedMs = host.nowMs
    this.#state = state
  }

  get state(): JobState {
    return this.#state
  }

  get updatedMs(): number {
    return this.#updatedMs
  }

  /** Nothing is left to be done: the job is an entry of the log. */
  get isFinished(): boolean {
    return this.#state === 'success' || this.#state === 'cancelled' || this.#state === 'failed'
  }

  /** The migration itself goes on; what is left behind may still have to be cleaned up when it does not. */
  get isInProgress(): boolean {
    return !this.isFinished && this.#state !== 'cleaning-up'
  }

  /** Its nodes are not this one's to tell: the import runs on this node's primary. */
  get isTracking(): boolean {
    return false
  }

  /** Bytes of the stream that wait to be sent. */
  get remainingBytes(): number {
    return 0
  }

  /** For the log. */
  get description(): string {
    const {name, operation, source, target, ranges} = this.facts
    const [word, other] = operation === 'EXPORT' ? ['target', target] : ['source', source]
    const parts = [
      `name: ${name}`,
      `operation: ${operation.toLowerCase()}`,
      `${word}_node_id: ${other ?? 'unknown'}`,
      `slots: ${formatRanges(ranges)}`,
    ]
    return `{${parts.join(', ')}}`
  }

  protected moveTo(state: JobState): void {
    this.host.log('notice', `Slot migration ${this.description} state transition: ${this.#state} -> ${state}`)
    this.#updatedMs = this.host.nowMs
    this.#state = state
  }

  protected logEnd(): void {
    const {description, message} = this
    const text = `Slot migration ${description} finished. State: ${this.#state}, Message: ${message}`
    this.host.log(this.#state === 'failed' ? 'warning' : 'notice', text)
  }

  abstract finish(state: FinalState, message?: string): void
}
