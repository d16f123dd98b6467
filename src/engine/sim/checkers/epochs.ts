/** Epochs only grow, over every crash: what a node has told the others it must still know when it is back. */
import {type TurnOutput} from '../../ports.js'
import {type SimNode} from '../sim-node.js'
import {type Checker, Violation} from './checker.js'

const RULE = 'epochs only grow'

interface Epochs {
  currentEpoch: number
  lastVoteEpoch: number
}

export class GrowingEpochs implements Checker {
  /** The highest that each node has told anybody, by its id. */
  readonly #told = new Map<string, Epochs>()

  turnEnded(node: SimNode, {links}: TurnOutput): void {
    const state = node.core.server.cluster?.state
    if (state === undefined) return
    const {currentEpoch, lastVoteEpoch, myself} = state
    const told = this.#told.get(myself.id)
    if (told !== undefined) {
      if (currentEpoch < told.currentEpoch) complain(node, 'currentEpoch', currentEpoch, told.currentEpoch)
      if (lastVoteEpoch < told.lastVoteEpoch) complain(node, 'lastVoteEpoch', lastVoteEpoch, told.lastVoteEpoch)
    }
    if (myself.configEpoch > currentEpoch) complain(node, 'currentEpoch', currentEpoch, myself.configEpoch)
    // What was not told to anybody may be forgotten.
    if (links.length === 0) return
    if (told === undefined) this.#told.set(myself.id, {currentEpoch, lastVoteEpoch})
    else Object.assign(told, {currentEpoch, lastVoteEpoch})
  }
}

function complain(node: SimNode, what: string, now: number, before: number): never {
  throw new Violation(RULE, `${what} of ${node.name} is ${now}, after ${before}`)
}
