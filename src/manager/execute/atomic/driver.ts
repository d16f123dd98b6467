/** What the two ways of atomic slot migration have in common: jobs that one node is asked for and both ends tell of. */
import type {SlotSet} from '../../../model/slot-set.js'
import type {Obstacle} from '../patience.js'

/** One job as the node that runs it tells of it. */
export interface SlotJob {
  /** The server's own name for it. */
  readonly id: string
  readonly slots: SlotSet
  /**
   * `handing-over`: the owner is about to change, so it must not be cancelled: the source would take writes again that the
   * target never hears of.
   */
  readonly state: 'running' | 'handing-over' | 'succeeded' | 'failed'
  /** The server's word for where it is: `snapshotting`. */
  readonly phase: string
  /** Why it failed, in the words of the node that runs it; '' while it runs. */
  readonly message: string
  /** Of the stream that the target has yet to get; `null` where the server does not tell. */
  readonly bytesLeft: number | null
  /** In this phase it could stay for ever; all others end by themselves, or by a time limit of the server. */
  readonly mayStall: boolean
}

export interface MigrationDriver {
  /** Jobs that are asked for at once: the next one is ready when the one before it ends. */
  readonly jobsAhead: number
  /**
   * Asks for one job over all of `slots`, which the source owns.
   * @returns its id; `undefined` when a node has another migration to finish first
   * @throws ManagerError when it is refused
   */
  start(slots: SlotSet): Promise<string | undefined>
  /** Of this source and this target, newest first, past ones included as far as the server keeps them. */
  jobs(): Promise<readonly SlotJob[]>
  /** Why a job of `jobs` failed, by whichever end knows better. */
  whyFailed(job: SlotJob): Promise<string>
  /**
   * Jobs of either end that are not over and touch one of `slots`, whoever asked for them and whatever the other end is.
   * Nothing may be done to the slots before this is empty.
   */
  unfinished(slots: SlotSet): Promise<readonly Obstacle[]>
  /**
   * Ends these jobs on both ends; one that has ended already is no error.
   * @returns false when that must wait, because a slot is being handed over just now
   */
  cancel(ids: readonly string[]): Promise<boolean>
}
