/** The target's side: take in the copy and the stream unseen, ask for the hand-over, take the slots; or leave no trace. */
import {type Bytes} from '../ports.js'
import {type ImportPeer, type MigrationHost} from './host.js'
import {type FinalState, Job, type JobFacts, NO_INTERACTION, syncSlots, UNEXPECTED} from './job.js'

const ACK_EVERY_MS = 1000
const CONNECTION_LOST =
  'Connection lost to source. Check CLUSTER GETSLOTMIGRATIONS on the source node for more information.'

/**
 * On a replica of the target, and while data files are read, it has no peer: the import is only kept track of, so that its keys stay
 * hidden. Source: the state machines in Valkey 9.1's cluster_migrateslots.c, "TARGET".
 */
export class ImportJob extends Job {
  readonly #changed: () => void
  #peer: ImportPeer | undefined
  readonly #errorsBefore: number
  #isTracking: boolean
  #ackSentMs: number
  #afterCleanup: FinalState = 'failed'

  /** @param changed told when its slots need no longer be hidden */
  constructor(host: MigrationHost, facts: JobFacts, peer: ImportPeer | undefined, changed: () => void) {
    super(host, facts, peer === undefined ? 'occurring-on-primary' : 'waiting-for-ack')
    this.#changed = changed
    this.#peer = peer
    this.#errorsBefore = peer?.errors ?? 0
    this.#isTracking = peer === undefined
    this.#ackSentMs = host.nowMs
    host.log('notice', `New slot import job created: ${this.description}.`)
  }

  override get isTracking(): boolean {
    return this.#isTracking
  }

  /** `CLUSTER SYNCSLOTS ACK`. */
  acknowledged(): void {
    this.ackedMs = this.host.nowMs
    if (this.state === 'waiting-for-ack') this.moveTo('receiving-snapshot')
  }

  /** `CLUSTER SYNCSLOTS SNAPSHOT-EOF`: all keys are here as they were; what changed since follows. */
  snapshotEnded(): void {
    const {description} = this
    if (this.state !== 'receiving-snapshot') {
      return this.#failUnexpected(
        `Received CLUSTER SYNCSLOTS SNAPSHOT-EOF from slot migration ${description}, but not currently loading an AOF snapshot. Failing migration.`,
      )
    }
    this.host.log(
      'notice',
      `Slot migration ${description} successfully received slot snapshot. Beginning incremental stream...`,
    )
    this.#send('REQUEST-PAUSE')
    this.moveTo('waiting-for-paused')
  }

  /** `CLUSTER SYNCSLOTS PAUSED`: nothing follows any more. */
  sourcePaused(): void {
    if (this.state !== 'waiting-for-paused') {
      return this.#failUnexpected(
        `Received unexpected CLUSTER SYNCSLOTS PAUSED from slot migration ${this.description}, . Failing migration.`,
      )
    }
    this.#send('REQUEST-FAILOVER')
    this.moveTo('failover-requested')
  }

  /** `CLUSTER SYNCSLOTS FAILOVER-GRANTED`. */
  failoverGranted(): void {
    if (this.state !== 'failover-requested') {
      return this.#failUnexpected(
        `Received CLUSTER SYNCSLOTS FAILOVER-GRANTED from slot migration ${this.description}, but we never sent a failover request. Failing migration.`,
      )
    }
    this.moveTo('failover-granted')
  }

  connectionLost(): void {
    this.#peer = undefined
    if (!this.isInProgress || this.isTracking) return
    this.host.log('notice', `Slot migration ${this.description} connection lost`)
    this.finish('failed', CONNECTION_LOST)
  }

  /** At the end of each turn: take over, or clean up. */
  advance(): void {
    if (this.#peer !== undefined && this.#peer.errors > this.#errorsBefore) {
      this.finish('failed', 'Failed to process command during slot migration. Check logs for more information')
    }
    if (this.state === 'failover-granted' && !this.host.brakes.preventsFailover) this.#takeOver()
    else if (this.state === 'cleaning-up') this.#cleanUp()
  }

  /** Every 100 ms: time limits, signs of life. */
  tick(): void {
    const {nowMs, config} = this.host
    if (this.#peer === undefined) return
    if (nowMs - this.#peer.lastHeardMs > config.number('repl-timeout') * 1000) {
      this.host.log('warning', `Timing out slot migration ${this.description} after not receiving ack for too long`)
      return this.finish('failed', NO_INTERACTION)
    }
    // Until the source has read our answer to ESTABLISH, nothing else may be sent.
    if (this.state === 'waiting-for-ack' || nowMs - this.#ackSentMs < ACK_EVERY_MS) return
    this.#ackSentMs = nowMs
    this.#send('ACK')
  }

  /** Some slot has a new owner: perhaps one of these. */
  ownersChanged(): void {
    const {host, facts} = this
    if (!this.isInProgress || facts.source === undefined || this.isTracking) return
    const owners = new Set([...this.slots].map((slot) => host.ownerOf(slot)))
    const [owner] = owners
    if (owners.size === 1 && owner === facts.source) return
    const isMine = owners.size === 1 && owner === host.myId
    this.finish(
      'failed',
      isMine ? 'Slots were unexpectedly assigned to myself during import' : 'Slots are no longer owned by source node',
    )
  }

  /** This node is a replica now: whoever is primary decides what becomes of the keys, so they stay, and stay hidden. */
  demoted(): void {
    if (!this.isInProgress || this.isTracking) return
    this.moveTo('occurring-on-primary')
    this.#isTracking = true
    this.#hangUp()
  }

  finish(state: FinalState, message = ''): void {
    const {host} = this
    this.message = message
    const leavesKeys = state !== 'success' && this.state !== 'cleaning-up'
    this.#hangUp()
    if (leavesKeys && host.isPrimary && !host.isLoading) {
      // Not in the middle of a command or of somebody else's walk over the keys.
      this.#afterCleanup = state
      this.moveTo('cleaning-up')
      return
    }
    this.moveTo(state)
    this.logEnd()
    this.#changed()
    if (host.isPrimary && !host.isLoading) host.propagate(this.#finishCommand())
  }

  #takeOver(): void {
    this.host.claimSlots(this.slots)
    const {description} = this
    this.host.log(
      'notice',
      `Slot migration ${description} completed successfully. This node is now the owner of the slots`,
    )
    this.finish('success')
  }

  #cleanUp(): void {
    const {host} = this
    host.log('notice', `Cleaning up slot migration ${this.description} after ${this.#afterCleanup}`)
    host.deleteKeysInSlots([...this.slots].filter((slot) => host.ownerOf(slot) !== host.myId))
    this.finish(this.#afterCleanup, this.message)
  }

  #failUnexpected(text: string): void {
    this.host.log('warning', text)
    this.finish('failed', UNEXPECTED)
  }

  #send(word: string): void {
    this.#peer?.send(syncSlots(word))
  }

  #hangUp(): void {
    const peer = this.#peer
    this.#peer = undefined
    peer?.close()
  }

  /** What replicas, and this node after a restart, must know: the keys may be shown, or are gone. */
  #finishCommand(): readonly Bytes[] {
    const state = this.state === 'success' ? 'SUCCESS' : 'FAILED'
    return [...syncSlots('FINISH'), 'STATE', state, 'NAME', this.facts.name, 'MESSAGE', this.message]
  }
}
