/** The source's side: connect, copy the slots as they were, stream what changed since, hold the writes, hand over. */
import {type NodeId} from '../../model/node-id.js'
import {CommandImage} from '../persistence/command-image.js'
import {Snapshot} from '../persistence/snapshot.js'
import {type Bytes} from '../ports.js'
import {OutputLimit} from '../replication/output-limit.js'
import {type MigrationHost} from './host.js'
import {type ExportState, type FinalState, Job, type JobFacts, NO_INTERACTION, syncSlots, UNEXPECTED} from './job.js'
import {type TargetEvents, TargetLink} from './target-link.js'

/** One piece of the copy: small enough that clients do not notice. */
const SLICE_BYTES = 64 * 1024
/** The copy goes at the pace of its reader: no more than this is sent ahead. */
const AHEAD_BYTES = 4 * 1024 * 1024
const ACK_EVERY_MS = 1000
/** Valkey's CLUSTER_MF_PAUSE_MULT and CLUSTER_OPERATION_TIMEOUT. */
const PAUSE_FACTOR = 2
const PROPAGATION_MS = 2000
const CONNECTION_LOST =
  'Connection lost to target. Check CLUSTER GETSLOTMIGRATIONS on the target node for more information.'

export interface ExportFacts extends JobFacts {
  readonly source: NodeId
  readonly target: NodeId
}

/** Source: the state machine in Valkey 9.1's cluster_migrateslots.c, "SOURCE". */
export class ExportJob extends Job implements TargetEvents {
  declare readonly facts: ExportFacts
  readonly #link: TargetLink
  readonly #limit: OutputLimit
  readonly #changed: () => void
  #snapshot: Snapshot | undefined
  #pauseEndMs = 0
  #ackSentMs: number
  /** Unix ms since when more than the soft output limit has been waiting. */
  overSoftLimitSinceMs: number | undefined

  /** @param changed told when writes need no longer be held or streamed for this job */
  constructor(host: MigrationHost, facts: ExportFacts, changed: () => void) {
    super(host, facts, 'connecting')
    this.#changed = changed
    this.#ackSentMs = host.nowMs
    this.#limit = new OutputLimit(
      () => host.config.text('client-output-buffer-limit'),
      () => 0,
    )
    const target = host.endpointOf(facts.target)
    if (target !== undefined) {
      host.log('notice', `Connecting slot migration ${this.description} (ip: ${target.host}, port ${target.port})`)
    }
    this.#link = new TargetLink(host, target, this)
    if (target === undefined) this.finish('failed', 'Unable to connect to target node: target node not found')
  }

  /** The writes to its slots are for the target, too. */
  get isFed(): boolean {
    return this.#isIn('snapshotting', 'replicating', 'waiting-to-pause', 'failover-paused')
  }

  /** Unix ms until which it needs clients' writes to be held; 0 when it does not. */
  get pauseEndMs(): number {
    return this.#pauseEndMs
  }

  override get remainingBytes(): number {
    return this.#link.pendingBytes
  }

  /** What the output limits count. */
  get heldBytes(): number {
    return this.#link.pendingBytes
  }

  /** When it has something to do though nothing happens, unix ms. */
  get nextWakeMs(): number {
    if (this.state === 'snapshotting' && this.#link.unsentBytes <= AHEAD_BYTES) return this.host.nowMs
    return this.#pauseEndMs > 0 ? this.#pauseEndMs + 1 : Infinity
  }

  connected(): void {
    const {config} = this.host
    this.host.log('notice', `Slot migration ${this.description} connection established.`)
    this.ackedMs = this.host.nowMs
    const password = config.text('masterauth')
    if (password === '') return this.#announce()
    this.moveTo('sending-auth-command')
    const user = config.text('masteruser')
    this.#link.send(user === '' ? ['AUTH', password] : ['AUTH', user, password])
    this.moveTo('reading-auth-response')
  }

  answered(error: string | undefined): void {
    if (this.state === 'reading-auth-response') {
      if (error !== undefined) return this.finish('failed', `Failed to AUTH to target node: -${error}`)
      this.host.log('notice', `Successfully authenticated slot migration ${this.description}`)
      this.#announce()
    } else if (this.state === 'reading-establish-response') {
      if (error !== undefined) {
        return this.finish('failed', `Received error during handshake to target: -${error}\r\n`)
      }
      this.moveTo('waiting-to-snapshot')
      this.#acknowledge()
    } else this.lost('an answer that nobody waits for')
  }

  asked(word: string): void {
    switch (word) {
      case 'ack':
        this.ackedMs = this.host.nowMs
        return
      case 'request-pause':
        return this.#pauseRequested()
      case 'request-failover':
        return this.#failoverRequested()
      default:
        this.host.log(
          'warning',
          `Received unknown SYNCSLOTS subcommand from slot migration ${this.description}. Failing the migration.`,
        )
        this.finish('failed', 'Unknown SYNCSLOTS subcommand used')
    }
  }

  lost(reason: string): void {
    if (!this.isInProgress) return
    this.host.log('notice', `Slot migration ${this.description} connection lost`)
    // The target may have taken over, or not: that is for the cluster to tell, until the writes can be held no longer.
    if (this.state === 'failover-granted') return
    const isNew = this.state === 'connecting'
    this.finish('failed', isNew ? `Unable to connect to target node: ${reason}` : CONNECTION_LOST)
  }

  /** A write to one of its slots. */
  append(argv: readonly Bytes[]): void {
    this.#link.write(argv)
  }

  /** At the end of each turn: the copy, and what waits for others. */
  advance(): void {
    if (this.state === 'waiting-to-snapshot') this.#beginSnapshot()
    else if (this.state === 'snapshotting') this.#copySlice()
    else if (this.state === 'waiting-to-pause' && this.#tryPause()) this.moveTo('failover-paused')
    else if (this.state === 'failover-paused' && this.#isPauseOver) {
      this.host.log('warning', `Slot migration ${this.description} timed out during slot failover.`)
      this.finish('failed', 'Timed out before streaming completed')
    } else if (this.state === 'failover-granted' && this.#isPauseOver) this.#giveUpGranted()
  }

  /** The very last of a turn: what was executed is on its way. The copy comes before it. */
  flush(): void {
    if (this.state !== 'snapshotting') this.#link.flush()
  }

  /** Every 100 ms: time limits, signs of life. */
  tick(): void {
    const {nowMs, config} = this.host
    if (!this.isInProgress || this.state === 'failover-granted') return
    if (nowMs - this.ackedMs > config.number('repl-timeout') * 1000) {
      this.host.log('warning', `Timing out slot migration ${this.description} after not receiving ack for too long`)
      return this.finish('failed', NO_INTERACTION)
    }
    if (this.#limit.isExceeded(this, nowMs)) {
      this.host.log('warning', `Slot migration ${this.description} closed for overcoming of output buffer limits.`)
      this.#link.close()
      return this.lost('output buffer limit')
    }
    if (this.#isIn('waiting-to-snapshot', 'replicating', 'waiting-to-pause', 'failover-paused')) {
      if (nowMs - this.#ackSentMs >= ACK_EVERY_MS) this.#acknowledge()
    }
  }

  /** Some slot has a new owner: perhaps one of these. */
  ownersChanged(): void {
    if (!this.isInProgress) return
    const {host, facts} = this
    const owners = new Set([...this.slots].map((slot) => host.ownerOf(slot)))
    const [owner] = owners
    if (owners.size === 1 && owner === facts.source && host.isPrimary) return
    if (owners.size === 1 && owner === facts.target) {
      host.log('notice', `Slot migration ${this.description} slots are now owned by target node.`)
      return this.finish('success')
    }
    host.log('warning', `Slot migration ${this.description} contains slots that are no longer all owned by myself`)
    this.finish('failed', 'Slots are no longer owned by myself')
  }

  finish(state: FinalState, message = ''): void {
    this.message = message
    this.#pauseEndMs = 0
    this.#snapshot?.abandon()
    this.#snapshot = undefined
    this.moveTo(state)
    this.#link.close()
    this.logEnd()
    this.#changed()
  }

  get #isPauseOver(): boolean {
    return this.#pauseEndMs < this.host.nowMs
  }

  #isIn(...states: readonly ExportState[]): boolean {
    return (states as readonly string[]).includes(this.state)
  }

  #announce(): void {
    const {source, name, ranges} = this.facts
    this.moveTo('sending-establish-command')
    const slots = ranges.flat().map(String)
    this.#link.send([...syncSlots('ESTABLISH'), 'SOURCE', source, 'NAME', name, 'SLOTSRANGE', ...slots])
    this.moveTo('reading-establish-response')
  }

  /** Without it the target would not know that its answer was read: it keeps silent until then. */
  #acknowledge(): void {
    this.#ackSentMs = this.host.nowMs
    this.#link.flush()
    this.#link.send(syncSlots('ACK'))
  }

  #beginSnapshot(): void {
    const {host} = this
    if (host.isSnapshotRunning()) return
    host.log('notice', `Beginning snapshot of slot migration ${this.description}.`)
    this.#snapshot = new Snapshot(host.databases, [], {format: new CommandImage(), slots: this.slots})
    this.moveTo('snapshotting')
    this.#changed()
    this.#copySlice()
  }

  #copySlice(): void {
    const snapshot = this.#snapshot!
    if (this.#link.unsentBytes > AHEAD_BYTES) return
    const bytes = snapshot.next(SLICE_BYTES)
    if (bytes.length > 0) this.#link.sendBytes(bytes)
    if (!snapshot.isDone) return
    this.#snapshot = undefined
    this.#link.send(syncSlots('SNAPSHOT-EOF'))
    this.moveTo('replicating')
    this.host.log('notice', `Slot migration ${this.description} snapshot finished, starting streaming.`)
  }

  #pauseRequested(): void {
    if (this.state !== 'replicating') {
      this.host.log(
        'warning',
        `Received CLUSTER SYNCSLOTS REQUEST-PAUSE for slot migration ${this.description}, but the client was not streaming incremental updates. Failing migration.`,
      )
      return this.finish('failed', UNEXPECTED)
    }
    this.moveTo(this.#tryPause() ? 'failover-paused' : 'waiting-to-pause')
  }

  /** @returns whether writes are held from now on: so much may be on its way (slot-migration-max-failover-repl-bytes), not more */
  #tryPause(): boolean {
    const {host} = this
    const most = host.config.number('slot-migration-max-failover-repl-bytes')
    if (host.brakes.preventsPause || host.hasKeysInTransit) return false
    if (most >= 0 && this.#link.unsentBytes > most) return false
    host.log(
      'notice',
      `Pausing writes (remaining_repl_size is ${this.remainingBytes}) to allow slot migration ${this.description} to finalize failover.`,
    )
    this.#pauseEndMs = host.nowMs + host.config.number('cluster-manual-failover-timeout') * PAUSE_FACTOR
    host.holdWrites(this.#pauseEndMs)
    this.#changed()
    this.#link.write(syncSlots('PAUSED'))
    this.#link.flush()
    return true
  }

  #failoverRequested(): void {
    const {host} = this
    if (this.state !== 'failover-paused') {
      host.log(
        'warning',
        `Received CLUSTER SYNCSLOTS REQUEST-FAILOVER for slot migration ${this.description}, but the client was not in the paused state. Failing migration.`,
      )
      return this.finish('failed', UNEXPECTED)
    }
    if (this.#isPauseOver) {
      host.log(
        'warning',
        `Received CLUSTER SYNCSLOTS REQUEST-FAILOVER on slot migration ${this.description}, but we are not paused. Denying failover.`,
      )
      return this.finish('failed', 'Unpaused before failover completed')
    }
    // Held at least until the cluster has had time to tell of the new owner.
    const enoughMs = host.nowMs + PROPAGATION_MS
    if (this.#pauseEndMs < enoughMs) {
      this.#pauseEndMs = enoughMs
      host.holdWrites(enoughMs)
    }
    this.#link.write(syncSlots('FAILOVER-GRANTED'))
    this.#link.flush()
    this.moveTo('failover-granted')
    this.#changed()
  }

  #giveUpGranted(): void {
    this.host.log(
      'warning',
      `Write loss risk! During slot migration ${this.description}, new owner did not broadcast ownership before we unpaused ourselves. Any writes we have recorded since unpausing may be lost!`,
    )
    this.finish('failed', 'Unpaused before migration completed (migration may have succeeded with lost writes)')
  }
}
