import {expect} from 'chai'
import {LaneLines} from '../../../../src/cli/redis-cli/lane-lines.js'
import {Printer} from '../../../../src/cli/redis-cli/printer.js'
import {paperWorld} from '../../../support/paper-world.js'

const LANES = [
  {id: '0.0', step: {kind: 'move-slots', slots: '0-2', source: 'A', target: 'C'}},
  {id: '0.1', step: {kind: 'move-slots', slots: '10 12', source: 'B', target: 'C'}},
] as const

function lanes(): {lines: LaneLines; said: () => string} {
  const world = paperWorld()
  return {lines: new LaneLines(new Printer(world), (id) => id, LANES), said: world.said}
}

describe("rebalance's progress", () => {
  it('has a heading for each pair of nodes, and a # for each slot', () => {
    const {lines, said} = lanes()
    lines.moved('0.0', 3)
    lines.moved('0.1', 2)
    expect(said()).to.equal('Moving 3 slots from A to C\n###\nMoving 2 slots from B to C\n##\n')
  })

  it('shows the first lane live', () => {
    const {lines, said} = lanes()
    lines.moved('0.0', 1)
    expect(said()).to.equal('Moving 3 slots from A to C\n#')
    lines.moved('0.0', 1)
    expect(said()).to.equal('Moving 3 slots from A to C\n##')
  })

  it('keeps the lines of lanes that run side by side apart', () => {
    const {lines, said} = lanes()
    lines.moved('0.1', 1)
    lines.moved('0.0', 2)
    lines.moved('0.1', 1)
    lines.moved('0.0', 1)
    expect(said()).to.equal('Moving 3 slots from A to C\n###\nMoving 2 slots from B to C\n##\n')
  })

  it('shows what had moved when it was cut short', () => {
    const {lines, said} = lanes()
    lines.moved('0.0', 1)
    lines.moved('0.1', 1)
    lines.giveUp()
    expect(said()).to.equal('Moving 3 slots from A to C\n#\nMoving 2 slots from B to C\n#\n')
  })
})
