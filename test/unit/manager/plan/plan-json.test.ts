import {expect} from 'chai'
import {planFromJson, planToJson} from '../../../../src/manager/plan/plan-json.js'
import {MIGRATE_REASONS} from '../../../../src/manager/plan/migrate-reason.js'
import {DEFAULT_SETTINGS, type Plan} from '../../../../src/manager/plan/plan.js'
import type {Step} from '../../../../src/manager/plan/step.js'
import {nodesOfStep} from '../../../../src/manager/plan/step-nodes.js'
import {A, B, EVERY_STEP} from '../../../support/steps.js'

const PLAN: Plan = {
  version: 1,
  operation: 'everything',
  entries: ['10.0.0.1:7001', '[::1]:7002'],
  newcomers: [B],
  nodes: [
    {id: A, address: '10.0.0.1:7001'},
    {id: B, address: '[::1]:7002'},
  ],
  basedOn: '0123456789abcdef',
  settings: {...DEFAULT_SETTINGS, pipeline: 100},
  risk: {keysAtStake: 2, losses: ['two keys']},
  phases: [{title: 'all kinds', steps: Object.values(EVERY_STEP)}],
  undo: [{title: 'undo', steps: [EVERY_STEP.reset]}],
  lastly: [],
}

/** The problems of the plan with a change made to its JSON. */
function problemsOf(change: (plan: Record<string, unknown>) => void): readonly string[] {
  const raw = JSON.parse(planToJson(PLAN)) as Record<string, unknown>
  change(raw)
  const parsed = planFromJson(JSON.stringify(raw))
  return parsed.ok ? [] : parsed.problems
}

/** The problems of the plan with one step alone, of which a field is another. */
function problemsOfStep(step: object, changed: Record<string, unknown>): readonly string[] {
  return problemsOf((plan) => (plan['phases'] = [{title: 'one', steps: [{...step, ...changed}]}]))
}

describe('a plan as JSON', () => {
  it('comes back as it was, with a step of every kind', () => {
    expect(planFromJson(planToJson(PLAN))).to.deep.equal({ok: true, plan: PLAN})
  })

  it('comes back without undo and lastly when it had none', () => {
    const bare: Plan = {...PLAN}
    delete (bare as {undo?: unknown}).undo
    delete (bare as {lastly?: unknown}).lastly
    expect(planFromJson(planToJson(bare))).to.deep.equal({ok: true, plan: bare})
  })

  it('comes back with the way that its lanes take, whether it says why or was saved before it did', () => {
    const [move, migrate] = [EVERY_STEP['move-slots'], EVERY_STEP['migrate-slots']]
    const ways: Step[] = [
      move,
      ...MIGRATE_REASONS.map((because): Step => ({...move, because})),
      migrate,
      {...migrate, asks: 'target', fallback: true},
    ]
    const plan: Plan = {...PLAN, phases: [{title: 'lanes', steps: ways}]}
    expect(planFromJson(planToJson(plan))).to.deep.equal({ok: true, plan})
    expect(problemsOfStep(move, {because: 'I like it'})).to.have.length(1)
    expect(problemsOfStep(migrate, {asks: 'anybody', fallback: false})).to.have.length(2)
  })

  it('comes back with what it says of big keys, and without it as plans of older versions are', () => {
    const bigKey = {key: 'user:1', slot: 5, node: A, type: 'hash', bytes: 2e7, elements: 100, stallMs: 120}
    const plan: Plan = {
      ...PLAN,
      settings: {...DEFAULT_SETTINGS, bigKeys: {bytes: 1e6, handling: 'skip'}},
      phases: [{title: 'move', steps: [{...EVERY_STEP['move-slots'], bigKeySlots: '5'}]}],
      bigKeys: [bigKey],
    }
    expect(planFromJson(planToJson(plan))).to.deep.equal({ok: true, plan})
    expect(DEFAULT_SETTINGS.bigKeys).to.equal(undefined)
  })

  it('ends with a line feed, as a text file does', () => {
    expect(planToJson(PLAN).endsWith('}\n')).to.be.true
  })
})

describe('a plan that cannot be read', () => {
  it('is no JSON, or no plan', () => {
    expect(planFromJson('{').ok).to.be.false
    for (const text of ['null', '[]', '"plan"', '{}']) {
      expect(planFromJson(text)).to.deep.equal({
        ok: false,
        problems: ['not a plan: it has no version; this program reads version 1'],
      })
    }
  })

  it('has another version: the rest is not even looked at', () => {
    expect(planFromJson('{"version": 2, "anything": 1}')).to.deep.equal({
      ok: false,
      problems: ['version 2 of the plan format; this program reads version 1'],
    })
  })

  it('has a step of a kind that is not known', () => {
    expect(problemsOfStep({}, {kind: 'explode'})).to.deep.equal([
      'phases[0].steps[0].kind: "explode" is not known to this version',
    ])
    expect(problemsOfStep({}, {kind: 'toString'})).to.have.length(1)
    expect(problemsOfStep({}, {kind: 7})).to.have.length(1)
  })

  it('lacks a field, or has one too many', () => {
    expect(problemsOf((plan) => delete plan['basedOn'])).to.deep.equal(['basedOn: missing'])
    expect(problemsOf((plan) => (plan['password'] = 'x'))).to.deep.equal(['password: unknown field'])
    expect(problemsOfStep(EVERY_STEP.reset, {force: true})).to.deep.equal(['phases[0].steps[0].force: unknown field'])
  })

  it('names nodes that are no ids, or that it does not list', () => {
    expect(problemsOfStep(EVERY_STEP.reset, {node: 'abc'})).to.deep.equal([
      'phases[0].steps[0].node: "abc" is not a node id (40 lower-case hex digits)',
    ])
    const stranger = 'f'.repeat(40)
    expect(problemsOfStep(EVERY_STEP.reset, {node: stranger})).to.deep.equal([
      `nodes: does not list ${stranger}, which the plan speaks of`,
    ])
  })

  it('has slots that are none', () => {
    for (const slots of ['', '16384', '5-3', 'all', '1,2;3']) {
      expect(problemsOfStep(EVERY_STEP['add-slots'], {slots}), slots).to.have.length(1)
    }
    expect(problemsOfStep(EVERY_STEP['collect-keys'], {slot: 16_384})).to.have.length(1)
  })

  it('has addresses that are none, or that carry a login', () => {
    for (const entry of [
      '10.0.0.1',
      ':7001',
      '10.0.0.1:70000',
      'user:secret@10.0.0.1:7001',
      '10.0.0.1:7001@17001',
      7,
    ]) {
      expect(
        problemsOf((plan) => (plan['entries'] = [entry])),
        String(entry),
      ).to.have.length(1)
    }
  })

  it('has numbers out of range', () => {
    const settings = (changed: object) => problemsOf((plan) => (plan['settings'] = {...DEFAULT_SETTINGS, ...changed}))
    expect(settings({migrateTimeoutMs: 0})).to.have.length(1)
    expect(settings({pipeline: 1.5})).to.have.length(1)
    expect(settings({timeoutMs: '60000'})).to.have.length(1)
    const limits = {maxLatencyMs: 5, bytesPerSecond: null, keysPerSecond: 20_000}
    expect(settings({pace: limits})).to.deep.equal([])
    expect(settings({pace: {...limits, keysPerSecond: 0}})).to.have.length(1)
    expect(settings({pace: {maxLatencyMs: 5}})).to.have.length(2)
    expect(settings({replace: 1})).to.deep.equal(['settings.replace: 1 is not true or false'])
    expect(settings({bigKeys: {bytes: 0, handling: 'last'}})).to.have.length(1)
    expect(settings({bigKeys: {bytes: 5, handling: 'shrink'}})).to.have.length(1)
    expect(problemsOf((plan) => (plan['risk'] = {keysAtStake: -1, losses: []}))).to.have.length(1)
  })

  it('says everything that is wrong at once', () => {
    const problems = problemsOf((plan) => {
      plan['basedOn'] = 'yesterday'
      plan['entries'] = 'here'
      plan['phases'] = [{title: 'x', steps: [{kind: 'failover', replica: A, mode: 'gently'}]}]
    })
    expect(problems).to.deep.equal([
      'entries: "here" is not a list',
      'basedOn: "yesterday" is not a fingerprint',
      'phases[0].steps[0].mode: "gently" is not "normal" or "force" or "takeover"',
    ])
  })
})

describe('the nodes of a step', () => {
  it('are known for every kind: the plan lists them all', () => {
    const named = new Set(Object.values(EVERY_STEP).flatMap(nodesOfStep))
    expect(named).to.deep.equal(new Set([A, B]))
    expect(nodesOfStep(EVERY_STEP['move-slots'])).to.deep.equal([A, B])
    expect(nodesOfStep(EVERY_STEP['copy-keys'])).to.deep.equal([])
  })
})
