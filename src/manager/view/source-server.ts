/** A server outside the cluster whose keys are to be imported. */
import type {Address} from '../../model/address.js'
import type {ServerFacts} from './node-view.js'

export interface SourceServer {
  readonly address: Address
  /** What it is. Only a standalone server can be imported from. */
  readonly mode: 'standalone' | 'cluster' | 'sentinel'
  /** It follows a primary, so it takes no commands that change its keys. */
  readonly isReplica: boolean
  readonly server: ServerFacts
}
