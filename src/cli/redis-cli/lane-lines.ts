/** rebalance's progress: `Moving n slots from H:P to H:P`, and below it a `#` for each slot. */
import type {NodeId} from '../../model/node-id.js'
import {SlotSet} from '../../model/slot-set.js'
import type {StepId} from '../../manager/execute/event.js'
import type {MoveStep} from '../../manager/plan/lanes.js'
import type {Printer} from './printer.js'

interface Lane {
  readonly id: StepId
  readonly heading: string
  left: number
  /** Moved, but not printed yet. */
  unprinted: number
}

/**
 * Lanes run side by side, but their lines would run together: one is shown live, the others when it is done. They are shown
 * in the order of the plan.
 */
export class LaneLines {
  readonly #print: Printer
  readonly #lanes: Lane[]
  #headed = false

  constructor(
    print: Printer,
    nameOf: (id: NodeId) => string,
    moves: readonly {readonly id: StepId; readonly step: MoveStep}[],
  ) {
    this.#print = print
    this.#lanes = moves.map(({id, step}) => {
      const slots = (SlotSet.parse(step.slots) ?? SlotSet.EMPTY).size
      const heading = `Moving ${slots} slots from ${nameOf(step.source)} to ${nameOf(step.target)}\n`
      return {id, heading, left: slots, unprinted: 0}
    })
  }

  moved(id: StepId, slots: number): void {
    const lane = this.#lanes.find((each) => each.id === id)
    if (lane === undefined) return
    lane.unprinted += slots
    lane.left -= slots
    this.#catchUp()
  }

  /** The plan failed: what has moved is shown even so. */
  giveUp(): void {
    for (const lane of this.#lanes) {
      if (!this.#headed && lane.unprinted > 0) this.#print.write(lane.heading)
      if (this.#headed || lane.unprinted > 0) this.#print.write(`${'#'.repeat(lane.unprinted)}\n`)
      this.#headed = false
    }
    this.#lanes.length = 0
  }

  #catchUp(): void {
    for (let lane = this.#lanes[0]; lane !== undefined && lane.unprinted > 0; lane = this.#lanes[0]) {
      const heading = this.#headed ? '' : lane.heading
      const end = lane.left === 0 ? '\n' : ''
      this.#print.write(`${heading}${'#'.repeat(lane.unprinted)}${end}`)
      lane.unprinted = 0
      this.#headed = lane.left > 0
      if (lane.left > 0) return
      this.#lanes.shift()
    }
  }
}
