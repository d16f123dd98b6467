/** Epochs only grow. What a node has used, for a vote or for its slots, it must still know after every crash. */
import {isPrimary} from '../../cluster/state.js'
import {type NodeCore} from '../../node/core.js'
import {type TurnOutput} from '../../ports.js'
import {type SimNode} from '../sim-node.js'
import {type Checker, Violation} from './checker.js'

const RULE = 'epochs only grow'

/** The latest that a node has told anybody. */
interface Told {
  core: NodeCore
  /** An epoch that was only heard of may be forgotten in a crash: the others will say it again. */
  currentEpoch: number
  lastVoteEpoch: number
  configEpoch: number
}

export class GrowingEpochs implements Checker {
  /** By the id of the node. */
  readonly #told = new Map<string, Told>()

  turnEnded(node: SimNode, {links}: TurnOutput): void {
    const state = node.core.server.cluster?.state
    if (state === undefined) return
    const {currentEpoch, lastVoteEpoch, myself} = state
    const told = this.#told.get(myself.id)
    // Without slots an epoch claims nothing, and a replica's is not kept: one that was reset after a restart has none.
    const claims = isPrimary(myself) && myself.slotCount > 0
    const configEpoch = claims ? myself.configEpoch : (told?.configEpoch ?? 0)
    if (told !== undefined) {
      if (told.core === node.core) mustGrow(node, 'currentEpoch', told.currentEpoch, currentEpoch)
      mustGrow(node, 'lastVoteEpoch', told.lastVoteEpoch, lastVoteEpoch)
      mustGrow(node, 'configEpoch', told.configEpoch, configEpoch)
    }
    mustGrow(node, 'currentEpoch, behind a configEpoch,', Math.max(lastVoteEpoch, myself.configEpoch), currentEpoch)
    // What was not told to anybody may be forgotten.
    if (links.length === 0) return
    if (told === undefined) this.#told.set(myself.id, {core: node.core, currentEpoch, lastVoteEpoch, configEpoch})
    else Object.assign(told, {core: node.core, currentEpoch, lastVoteEpoch, configEpoch})
  }
}

function mustGrow(node: SimNode, what: string, before: number, now: number): void {
  if (now < before) throw new Violation(RULE, `${what} of ${node.name} is ${now}, after ${before}`)
}
