/** What slot migration asks of its node: the cluster's word on slots, the data, the wires, and a hold on writes. */
import {type NodeId} from '../../model/node-id.js'
import {type SlotSet} from '../../model/slot-set.js'
import {type SlotId} from '../../model/slot.js'
import {type Bytes, type Endpoint} from '../ports.js'
import {type NodeServices} from '../replication/services.js'

/** The connection of the source, as the target has it: a client whose commands are obeyed and not answered. */
export interface ImportPeer {
  /** A command for the source, whatever the client is not answered. */
  send(argv: readonly Bytes[]): void
  close(): void
  /** Unix ms of its last request. */
  readonly lastHeardMs: number
  /** Replies so far that were errors. */
  readonly errors: number
}

/** What DEBUG SLOTMIGRATION holds up, for tests. */
export interface Brakes {
  /** The source does not hold writes. */
  preventsPause: boolean
  /** The target does not take over. */
  preventsFailover: boolean
}

export interface MigrationHost extends NodeServices {
  readonly brakes: Brakes

  readonly myId: NodeId
  readonly isPrimary: boolean
  /** Data files are being read: what they tell of migrations is over already. */
  readonly isLoading: boolean
  /** Changes whenever some slot changes its owner. */
  readonly ownersVersion: number
  ownerOf(slot: SlotId): NodeId | undefined
  /** Where a node takes the connections of its replicas; undefined for a node that is not known. */
  endpointOf(id: NodeId): Endpoint | undefined
  /** Makes the slots this node's own, under a new epoch, and tells everybody. */
  claimSlots(slots: SlotSet): void
  /** Deletes the keys of these slots, replicas included. */
  deleteKeysInSlots(slots: readonly SlotId[]): void

  /** Whether the writes executed here are to be handed to `SlotMigrations.append`. */
  streamWanted(isWanted: boolean): void
  /** For this node's own replicas and its AOF. */
  propagate(argv: readonly Bytes[]): void
  /** Clients' writes wait until then (unix ms), or until `resumeWrites`. */
  holdWrites(untilMs: number): void
  resumeWrites(): void
  /** Keys are on their way out by MIGRATE: they are deleted here whatever is held. */
  readonly hasKeysInTransit: boolean
}
