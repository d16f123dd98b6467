/** A plan: decided, not yet done. Can be shown, saved, refused. */
import type {Finding} from '../check/finding.js'
import type {NodeId} from '../../model/node-id.js'
import type {PaceLimits} from './pace-limits.js'
import type {BigKey, BigKeySettings} from './big-keys.js'
import type {Step} from './step.js'

/** Steps of one phase commute: they run together, up to a limit per node. Phases run one after another. */
export interface Phase {
  readonly title: string
  readonly steps: readonly Step[]
}

/** What a step may cost; also the answer to how dangerous the plan is. */
export interface Risk {
  /** Keys that would be lost for good; 0 for a lossless plan. */
  readonly keysAtStake: number
  /** One line per lossy action: which, why, and what would be lost. */
  readonly losses: readonly string[]
}

export interface PlanSettings {
  /** MIGRATE's own timeout, ms. */
  readonly migrateTimeoutMs: number
  /** Keys per MIGRATE; `null`: sized by what they cost. */
  readonly pipeline: number | null
  /** Overwrite a key that the target already has. */
  readonly replace: boolean
  /** A wait fails after this long without progress, ms. */
  readonly timeoutMs: number
  /** How fast keys may move; absent: as fast as they can. */
  readonly pace?: PaceLimits
  /** What becomes of big keys; absent: DEFAULT_BIG_KEYS. */
  readonly bigKeys?: BigKeySettings
}

export const DEFAULT_SETTINGS: PlanSettings = {
  migrateTimeoutMs: 60_000,
  pipeline: null,
  replace: false,
  timeoutMs: 60_000,
}

export interface PlanNode {
  readonly id: NodeId
  /** `host:port`. */
  readonly address: string
}

export interface Plan {
  readonly version: 1
  /** For display only: the executor must not read it. */
  readonly operation: string
  /** Addresses through which the cluster can be entered; empty when the plan makes one out of `newcomers`. */
  readonly entries: readonly string[]
  /** Nodes that stand alone until this plan is done. */
  readonly newcomers: readonly NodeId[]
  /** Every node that a step names. */
  readonly nodes: readonly PlanNode[]
  /** Topology.fingerprint; if it differs at run time the plan is stale. */
  readonly basedOn: string
  readonly settings: PlanSettings
  readonly risk: Risk
  readonly phases: readonly Phase[]
  /** The big keys of the slots that are to be moved, where they were looked for (`--scan-sizes`). For display only. */
  readonly bigKeys?: readonly BigKey[]
  /** Run when the plan fails or is interrupted: leaves the nodes as they were. Absent: what was done stays. */
  readonly undo?: readonly Phase[]
  /** Run however the plan ended, after `undo`. */
  readonly lastly?: readonly Phase[]
}

export const NO_RISK: Risk = {keysAtStake: 0, losses: []}

export type Planned =
  {readonly ok: true; readonly plan: Plan} | {readonly ok: false; readonly refusals: readonly Finding[]}

export function refuse(...refusals: Finding[]): Planned {
  return {ok: false, refusals}
}

export function accept(plan: Plan): Planned {
  return {ok: true, plan}
}

export function stepCount(plan: Plan): number {
  return plan.phases.reduce((sum, phase) => sum + phase.steps.length, 0)
}
