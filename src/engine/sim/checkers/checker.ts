/** What looks at nodes as they go, and what it says when something is wrong. */
import {type TurnOutput} from '../../ports.js'
import {type SimNode} from '../sim-node.js'

export interface Checker {
  /**
   * A turn of this node has ended: its files are written, and what it says is on its way.
   * @throws Violation when what must hold does not
   */
  turnEnded(node: SimNode, output: TurnOutput): void
}

/** Something has happened that must never happen. */
export class Violation extends Error {
  /** Which rule was broken: `one vote per epoch`. */
  readonly rule: string

  constructor(rule: string, what: string) {
    super(`${rule}: ${what}`)
    this.name = 'Violation'
    this.rule = rule
  }
}
