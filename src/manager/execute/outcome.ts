/** How carrying out a plan ended. */
import type {ManagerError} from '../error.js'

export interface Outcome {
  /**
   * `applied`: all done. `stopped`: interrupted by the operator, or slots were left because of their big keys. `failed`: a step failed. After the last two, `undone` tells
   * whether the nodes are as they were; if not, and `stepsDone`, `slotsMoved` or `keysMoved` is above 0, the work is half done.
   */
  readonly status: 'applied' | 'stopped' | 'failed'
  readonly stepsDone: number
  readonly stepsLeft: number
  readonly slotsMoved: number
  readonly keysMoved: number
  /** In memory at the sources, estimated; 0 where the nodes do not tell. */
  readonly bytesMoved: number
  /** Slots that stay at their source because of the big keys in them, as was asked for; absent: none. */
  readonly slotsLeft?: string
  readonly elapsedMs: number
  readonly undone: boolean
  /** A node may have heard something: false means that the cluster is exactly as it was. */
  readonly touched: boolean
  readonly error: ManagerError | undefined
}
