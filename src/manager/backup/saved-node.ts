/** One primary's part of a backup. */
import type {NodeId} from '../../model/node-id.js'

export interface SavedNode {
  readonly node: NodeId
  /** `host:port` */
  readonly address: string
  /** "0-5460 6000" */
  readonly slots: string
  /** Its name in the folder. */
  readonly file: string
  readonly bytes: number
  /** Hex. */
  readonly sha256: string
}
