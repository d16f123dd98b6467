/** What a step's runner is given: the nodes by id, the clock, the settings, and where to tell what happens. */
import type {Address} from '../../model/address.js'
import type {NodeId} from '../../model/node-id.js'
import {ManagerError} from '../error.js'
import type {PlanSettings} from '../plan/plan.js'
import type {ManagerClock, NodeClient, NodePool} from '../ports.js'
import type {Emit, StepId} from './event.js'
import type {StallGuard} from './migration/stall-guard.js'
import type {LanePace} from './pace/lane-pace.js'

export interface StepContext {
  readonly id: StepId
  readonly pool: NodePool
  readonly clock: ManagerClock
  readonly settings: PlanSettings
  /** The standalone server that an import reads from. */
  readonly source: NodePool | undefined
  /** Finish what is in hand, then throw `interrupted`. */
  readonly stop: AbortSignal
  /** Stop where you are. */
  readonly kill: AbortSignal
  /** Every primary of the cluster when the plan began: who must hear of a slot's new owner. */
  readonly primaries: readonly NodeId[]
  /** A node that can be named in a suggested command. */
  readonly entry: string
  /** What this run knows of the stalls of big keys, shared by all its steps. */
  readonly stalls: StallGuard
  readonly emit: Emit
  /** Asked before each batch of keys, told after it, and waited for between windows. */
  readonly pace: LanePace
  addressOf(id: NodeId): Address
  connect(id: NodeId, channel?: string): Promise<NodeClient>
  /** For commands by the thousand that are answered in a line each. */
  connectLines(id: NodeId, channel?: string): Promise<NodeClient>
}

/** @throws ManagerError `interrupted` when the operator wants to stop: call it where nothing is in hand */
export function checkpoint(context: StepContext): void {
  if (isStopping(context)) throw interrupted()
}

export function isStopping({stop, kill}: StepContext): boolean {
  return stop.aborted || kill.aborted
}

export function interrupted(): ManagerError {
  return new ManagerError('interrupted', 'interrupted by the operator')
}
