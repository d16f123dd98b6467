/** What the outside of a node must hear of a write: gathered while a command runs, handed to the replication stream and the AOF. */
import {type Bytes} from '../ports.js'

/** Takes whole commands, in order; `db` is the database they were run in. */
export interface StreamSink {
  append(db: number, argv: readonly Bytes[]): void
  /** The AOF: what changes no data (PUBLISH) is not for it. */
  readonly wantsOnlyData?: boolean
}

interface Pending {
  readonly db: number
  readonly argv: readonly Bytes[]
  readonly isMessage: boolean
}

const MULTI: readonly Bytes[] = ['MULTI']
const EXEC: readonly Bytes[] = ['EXEC']

/**
 * Commands of one unit (one client command, a transaction, an expired key) leave together, wrapped in MULTI and EXEC when they
 * are several. Source: Redis 7.0's alsoPropagate and propagatePendingCommands.
 */
export class Propagation {
  readonly #sinks: StreamSink[] = []
  #pending: Pending[] = []

  /** Commands that come out of the AOF stand in it already, and the replicas have them. Source: Redis' shouldPropagate. */
  isLoading = false

  /** False while nobody listens, or is to hear of it: then nothing is gathered. */
  get isActive(): boolean {
    return this.#sinks.length > 0 && !this.isLoading
  }

  /** Nothing has been gathered since the last unit ended. */
  get isSettled(): boolean {
    return this.#pending.length === 0
  }

  addSink(sink: StreamSink): void {
    this.#sinks.push(sink)
  }

  removeSink(sink: StreamSink): void {
    const at = this.#sinks.indexOf(sink)
    if (at >= 0) this.#sinks.splice(at, 1)
  }

  /** `argv` is kept: hand over a copy of what will be reused. */
  add(db: number, argv: readonly Bytes[]): void {
    if (this.isActive) this.#pending.push({db, argv, isMessage: false})
  }

  /** A command that changes no data but that the replicas' clients must hear of: PUBLISH. */
  addMessage(db: number, argv: readonly Bytes[]): void {
    if (this.isActive) this.#pending.push({db, argv, isMessage: true})
  }

  /** Ends a unit: everything gathered goes out. */
  commit(): void {
    if (this.#pending.length === 0) return
    const all = this.#pending
    this.#pending = []
    for (const sink of this.#sinks) {
      const unit = sink.wantsOnlyData === true ? all.filter(({isMessage}) => !isMessage) : all
      if (unit.length === 0) continue
      const wrapped = unit.length > 1
      if (wrapped) sink.append(unit[0]!.db, MULTI)
      for (const {db, argv} of unit) sink.append(db, argv)
      if (wrapped) sink.append(unit.at(-1)!.db, EXEC)
    }
  }
}
