import {expect} from 'chai'
import {Schedule} from '../../../../src/manager/execute/schedule.js'
import type {Step} from '../../../../src/manager/plan/step.js'
import {A, B, EVERY_STEP} from '../../../support/steps.js'

const C = 'c'.repeat(40)
const D = 'd'.repeat(40)

function lane(source: string, target: string, kind: 'move-slots' | 'migrate-slots' = 'migrate-slots'): Step {
  return {kind, slots: '0', source, target}
}

/** Whether they run at the same time, whichever comes first. */
function runTogether(one: Step, other: Step): boolean {
  const begun = [new Schedule([one, other], 32).take(), new Schedule([other, one], 32).take()]
  expect(begun[0]!.length).to.equal(begun[1]!.length)
  return begun[0]!.length === 2
}

describe('lanes of slots side by side', () => {
  it('never leave one source at a time: the second would only queue behind the first', () => {
    expect(runTogether(lane(A, B), lane(A, C))).to.be.false
    expect(runTogether(lane(A, B, 'move-slots'), lane(A, C))).to.be.false
    expect(runTogether({...EVERY_STEP['collect-keys'], source: A}, lane(A, C, 'move-slots'))).to.be.false
  })

  it('may come from several sources, to one target, too', () => {
    expect(runTogether(lane(A, B), lane(C, D))).to.be.true
    expect(runTogether(lane(A, B), lane(C, B))).to.be.true
  })

  it('never go to a node that gives slots away: with its next config epoch it would take them back', () => {
    for (const kind of ['move-slots', 'migrate-slots'] as const) {
      expect(runTogether(lane(A, B, kind), lane(B, C, kind))).to.be.false
      expect(runTogether(lane(B, C, kind), lane(A, B, kind))).to.be.false
      expect(runTogether(lane(A, B, kind), lane(B, A, kind))).to.be.false
    }
  })

  it('share no node where the target is asked: Redis 8.4 has one migration for each node, coming or going', () => {
    const asked = (source: string, target: string): Step => ({
      ...{kind: 'migrate-slots', slots: '0', asks: 'target'},
      ...{source, target},
    })
    expect(runTogether(asked(A, B), asked(C, B))).to.be.false
    expect(runTogether(asked(A, B), asked(C, D))).to.be.true
  })

  it('do not hold up other steps', () => {
    expect(runTogether(EVERY_STEP.replicate, lane(A, B))).to.be.true
    expect(runTogether(EVERY_STEP.forget, EVERY_STEP.forget)).to.be.true
  })
})

describe('a schedule', () => {
  it('begins in order, lets who can go pass who must wait, and begins these when the way is free', () => {
    const [first, second, third] = [lane(A, B), lane(A, C), lane(C, D)]
    const schedule = new Schedule([first, second, third], 32)
    expect(schedule.take().map(({index}) => index)).to.deep.equal([0, 2])
    expect(schedule.take()).to.deep.equal([])
    schedule.done(first)
    // C gives slots away still.
    expect(schedule.take()).to.deep.equal([])
    schedule.done(third)
    expect(schedule.take().map(({index}) => index)).to.deep.equal([1])
    expect(schedule.left).to.equal(0)
  })

  it('has no more at once than it may', () => {
    const schedule = new Schedule([EVERY_STEP.forget, EVERY_STEP.forget, EVERY_STEP.forget], 2)
    expect(schedule.take()).to.have.length(2)
    schedule.done(EVERY_STEP.forget)
    expect(schedule.take()).to.have.length(1)
  })
})
