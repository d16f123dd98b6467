import {expect} from 'chai'
import {collide} from '../../../../src/manager/execute/limits.js'
import type {Step} from '../../../../src/manager/plan/step.js'
import {A, B, EVERY_STEP} from '../../../support/steps.js'

const C = 'c'.repeat(40)
const D = 'd'.repeat(40)

function lane(source: string, target: string, kind: 'move-slots' | 'migrate-slots' = 'migrate-slots'): Step {
  return {kind, slots: '0', source, target}
}

describe('lanes of slots side by side', () => {
  it('never leave one source at a time: the second would only queue behind the first', () => {
    expect(collide(lane(A, B), lane(A, C))).to.be.true
    expect(collide(lane(A, B, 'move-slots'), lane(A, C))).to.be.true
    expect(collide({...EVERY_STEP['collect-keys'], source: A}, lane(A, C, 'move-slots'))).to.be.true
  })

  it('may come from several sources, to one target, too', () => {
    expect(collide(lane(A, B), lane(C, D))).to.be.false
    expect(collide(lane(A, B), lane(C, B))).to.be.false
  })

  it('never go to a node that gives slots away: with its next config epoch it would take them back', () => {
    for (const kind of ['move-slots', 'migrate-slots'] as const) {
      expect(collide(lane(A, B, kind), lane(B, C, kind))).to.be.true
      expect(collide(lane(B, C, kind), lane(A, B, kind))).to.be.true
      expect(collide(lane(A, B, kind), lane(B, A, kind))).to.be.true
    }
  })

  it('share no node where the target is asked: Redis 8.4 has one migration for each node, coming or going', () => {
    const asked = (source: string, target: string): Step => ({
      ...{kind: 'migrate-slots', slots: '0', asks: 'target'},
      ...{source, target},
    })
    expect(collide(asked(A, B), asked(C, B))).to.be.true
    expect(collide(asked(A, B), asked(C, D))).to.be.false
  })

  it('do not hold up other steps', () => {
    expect(collide(EVERY_STEP.replicate, lane(A, B))).to.be.false
    expect(collide(EVERY_STEP.forget, EVERY_STEP.forget)).to.be.false
  })
})
