import {expect} from 'chai'
import type {ClaimSeen} from '../../../../../src/manager/execute/claim/claim-flag.js'
import {judge, rivalsIn, type Verdict} from '../../../../../src/manager/execute/claim/judge.js'
import {CLAIM_TERMS} from '../../../../../src/manager/execute/claim/terms.js'

const seen = (id: string, state: ClaimSeen['state'], idleS = 0): ClaimSeen => ({
  owner: {id, run: '1', operation: 'reshard', user: 'ops', host: 'h', sinceMs: 0},
  state,
  clientId: '1',
  idleMs: idleS * 1000,
})

function verdictOf(claims: readonly ClaimSeen[], {force = false} = {}): Verdict {
  const {owner} = seen('m', 'claiming')
  return judge(rivalsIn(claims, owner), owner, CLAIM_TERMS, force)
}

describe('whoever has raised its flag and sees', () => {
  it('nobody but itself is alone', () => {
    expect(verdictOf([seen('m', 'claiming'), seen('m', 'held')]).kind).to.equal('alone')
  })

  it('somebody who works gives way, whoever of them has the lower id', () => {
    expect(verdictOf([seen('a', 'held')]).kind).to.equal('give-way')
    expect(verdictOf([seen('z', 'held')]).kind).to.equal('give-way')
  })

  it('somebody who has only begun gives way to the lower id, and waits for the higher one to give way', () => {
    expect(verdictOf([seen('a', 'claiming')]).kind).to.equal('give-way')
    expect(verdictOf([seen('z', 'claiming')]).kind).to.equal('look-again')
  })

  it('a claim that no node has heard of for the expiry takes over', () => {
    expect(verdictOf([seen('a', 'held', 29)]).kind).to.equal('give-way')
    expect(verdictOf([seen('a', 'held', 30)]).kind).to.equal('take-over')
    expect(verdictOf([seen('a', 'claiming', 31)]).kind).to.equal('take-over')
  })

  it('a claim that one node still hears takes it for alive', () => {
    expect(verdictOf([seen('a', 'held', 200), seen('a', 'held', 1), seen('a', 'held', 200)]).kind).to.equal('give-way')
  })

  it('an earlier run of the same operation meets it as it would any other', () => {
    const earlier = {...seen('m', 'held'), owner: {...seen('m', 'held').owner, run: '0'}}
    expect(verdictOf([seen('m', 'claiming'), earlier]).kind).to.equal('give-way')
  })

  it('a dead claim beside a living one gives way to the living one', () => {
    const verdict = verdictOf([seen('a', 'held', 99), seen('z', 'held')])
    expect(verdict).to.deep.include({kind: 'give-way'}).and.to.have.nested.property('to.owner.id', 'z')
  })

  it('somebody who works takes over when that is forced; of two who force it, the lower id goes on', () => {
    expect(verdictOf([seen('a', 'held')], {force: true}).kind).to.equal('take-over')
    expect(verdictOf([seen('a', 'held'), seen('b', 'claiming')], {force: true}).kind).to.equal('give-way')
    expect(verdictOf([seen('a', 'held'), seen('z', 'claiming')], {force: true}).kind).to.equal('take-over')
  })
})
