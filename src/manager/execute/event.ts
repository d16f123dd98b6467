/** What happens while a plan is carried out, as data: renderers read nothing else. */
import type {NodeId} from '../../model/node-id.js'
import type {SlotId} from '../../model/slot.js'
import type {ManagerError} from '../error.js'
import type {KeySize} from '../plan/big-keys.js'
import type {PaceLimits} from '../plan/pace-limits.js'
import type {Step} from '../plan/step.js'

/** `phase.step`, counted from 0; `undo.…` and `lastly.…` in the closing phases. */
export type StepId = string

/** `last`: it goes after the other keys of its window. `left`: it stays, with its slot. `atomic`: its slot is moved whole. */
export type BigKeyTreatment = 'last' | 'left' | 'atomic'

export type ExecutionEvent =
  | {readonly kind: 'phase-started'; readonly phase: number; readonly title: string; readonly steps: number}
  | {readonly kind: 'step-started'; readonly step: StepId; readonly does: Step}
  /** One slot changed hands for good. */
  | {
      readonly kind: 'slot-moved'
      readonly step: StepId
      readonly slot: SlotId
      readonly source: NodeId
      readonly target: NodeId
      readonly keys: number
    }
  /** `bytes`: in memory at the source, estimated; absent where nobody knows. */
  | {readonly kind: 'keys-moved'; readonly step: StepId; readonly keys: number; readonly bytes?: number}
  /** A key over the limit of big keys was found, and what becomes of it. */
  | ({
      readonly kind: 'big-key'
      readonly step: StepId
      readonly source: NodeId
      readonly target: NodeId
      readonly slot: SlotId
      readonly key: Uint8Array
      /** How long its move is expected to stop source and target, ms. */
      readonly stallMs: number
      readonly treatment: BigKeyTreatment
    } & KeySize)
  /** One key of an import arrived. */
  | {readonly kind: 'key-copied'; readonly step: StepId; readonly key: Uint8Array; readonly target: NodeId}
  /** How many keys a step found to move or to copy. */
  | {readonly kind: 'keys-counted'; readonly step: StepId; readonly keys: number}
  /** The operator paused, or asked for another pace. */
  | {
      readonly kind: 'pace-changed'
      readonly paused: boolean
      readonly speed: number
      readonly limits: PaceLimits
    }
  /** Still waiting; says for whom. */
  | {
      readonly kind: 'waiting'
      readonly step: StepId
      readonly reason: string
      /** Of the stream of an atomic slot migration, where the server tells. */
      readonly bytesLeft?: number
    }
  /** Something the operator should know, though it stops nothing. */
  | {readonly kind: 'noted'; readonly step: StepId; readonly message: string}
  | {readonly kind: 'step-finished'; readonly step: StepId; readonly elapsedMs: number}
  | {readonly kind: 'step-failed'; readonly step: StepId; readonly error: ManagerError}
  | {readonly kind: 'undo-started'; readonly reason: string}

export type Emit = (event: ExecutionEvent) => void
