/** When something is so for the first time at one node, or at all of them: each is looked at only at the end of its own turns. */
import {type ClusterState} from '../cluster/state.js'
import {type Checker} from './checkers/checker.js'
import {stateOf} from './checkers/convergence.js'
import {type SimNode} from './sim-node.js'

export interface Expectation {
  /** `every node knows who took over` */
  readonly what: string
  /** Who is looked at. */
  readonly nodes: readonly SimNode[]
  /** One of them is enough. */
  readonly isAnyEnough?: boolean
  readonly holds: (state: ClusterState, node: SimNode) => boolean
}

interface Open extends Expectation {
  readonly pending: Set<SimNode>
}

export class Milestones implements Checker {
  readonly #reached: (what: string) => void
  #open: Open[] = []

  /** @param reached told of each milestone, at the moment of it */
  constructor(reached: (what: string) => void) {
    this.#reached = reached
  }

  /** What is not reached yet. */
  get missing(): readonly string[] {
    return this.#open.map(({what}) => what)
  }

  expect(...expectations: readonly Expectation[]): void {
    for (const each of expectations) this.#open.push({...each, pending: new Set(each.nodes)})
  }

  turnEnded(node: SimNode): void {
    for (const milestone of this.#open) {
      if (!milestone.pending.has(node) || !milestone.holds(stateOf(node), node)) continue
      milestone.pending.delete(node)
      if (milestone.isAnyEnough !== true && !isTrueOfAll(milestone)) continue
      this.#open = this.#open.filter((each) => each !== milestone)
      this.#reached(milestone.what)
    }
  }
}

/** Of nodes where it was so once it may be so no longer: they are looked at again. */
function isTrueOfAll({nodes, pending, holds}: Open): boolean {
  if (pending.size > 0) return false
  for (const node of nodes) if (node.isRunning && !holds(stateOf(node), node)) pending.add(node)
  return pending.size === 0
}
