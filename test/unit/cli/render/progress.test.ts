import {expect} from 'chai'
import {Progress} from '../../../../src/cli/render/progress.js'
import {themeFor} from '../../../../src/cli/render/theme.js'
import type {Output} from '../../../../src/cli/world.js'
import type {ExecutionEvent} from '../../../../src/manager/execute/event.js'
import {NO_LIMITS} from '../../../../src/manager/plan/pace-limits.js'
import {DEFAULT_SETTINGS, NO_RISK, type Plan} from '../../../../src/manager/plan/plan.js'
import type {Step} from '../../../../src/manager/plan/step.js'

const NODES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'].map((digit, index) => ({
  id: digit.repeat(40),
  address: `10.0.0.${index + 1}:7000`,
}))

function lane(source: number, slots: string): Step {
  return {kind: 'move-slots', slots, source: NODES[source]!.id, target: NODES[0]!.id}
}

function planOf(...steps: readonly Step[]): Plan {
  return {
    version: 1,
    operation: 'reshard',
    entries: ['10.0.0.1:7000'],
    newcomers: [],
    nodes: NODES,
    basedOn: '0123456789abcdef',
    settings: DEFAULT_SETTINGS,
    risk: NO_RISK,
    phases: [{title: 'move slots', steps}],
  }
}

interface Stage {
  readonly progress: Progress
  readonly written: string[]
  /** All that happened, then what was drawn last. */
  readonly after: (ms: number, ...events: readonly ExecutionEvent[]) => string
}

function stage(plan: Plan, {isTerminal = false, columns = 200} = {}): Stage {
  let nowMs = 0
  const written: string[] = []
  const output: Output = {write: (text) => written.push(text), isTerminal, columns}
  const clock = {nowMs: () => nowMs, sleep: () => Promise.resolve()}
  const progress = new Progress(plan, output, clock, themeFor(output, {NO_COLOR: '1'}, true))
  return {
    progress,
    written,
    after: (ms, ...events) => {
      nowMs += ms
      for (const event of events) progress.event(event)
      return written.at(-1) ?? ''
    },
  }
}

const phase: ExecutionEvent = {kind: 'phase-started', phase: 0, title: 'move slots', steps: 1}
const begin = (step: string, does: Step): ExecutionEvent => ({kind: 'step-started', step, does})
const counted = (step: string, keys: number): ExecutionEvent => ({kind: 'keys-counted', step, keys})
const keys = (step: string, amount: number): ExecutionEvent => ({
  kind: 'keys-moved',
  step,
  keys: amount,
  bytes: amount * 100,
})
const slot = (step: string): ExecutionEvent => ({
  kind: 'slot-moved',
  step,
  slot: 0,
  source: NODES[1]!.id,
  target: NODES[0]!.id,
  keys: 0,
})

describe('progress outside a terminal', () => {
  it('is a line every three seconds: slots, keys, bytes, rate and time left', () => {
    const {after, written} = stage(planOf(lane(1, '0-99')))
    after(10, phase, begin('0.0', lane(1, '0-99')), counted('0.0', 10_000))
    after(1_000, keys('0.0', 1_000), slot('0.0'))
    expect(written).to.deep.equal([])
    expect(after(2_000, keys('0.0', 2_000))).to.equal(
      'move slots: 1 of 100 slots, 3,000 of 10,000 keys, 293.0 KiB, 997 keys/s, 7.0 s left\n',
    )
    after(2_900, keys('0.0', 1))
    expect(written).to.have.lengthOf(1)
  })

  it('reckons the time left from the slots until every lane has counted its keys', () => {
    const {after} = stage(planOf(lane(1, '0-9'), lane(2, '10-19')))
    after(0, phase, begin('0.0', lane(1, '0-9')), counted('0.0', 100), begin('0.1', lane(2, '10-19')))
    after(100, slot('0.0'))
    const line = after(3_900, keys('0.0', 10))
    expect(line).to.include('1 of 20 slots, 10 keys').and.to.include('76 s left')
  })

  it('says at once that it is paused, and no rate as long as it is', () => {
    const {after} = stage(planOf(lane(1, '0-99')))
    after(500, phase, begin('0.0', lane(1, '0-99')), counted('0.0', 100), keys('0.0', 10))
    const limits = {...NO_LIMITS, maxLatencyMs: 5, keysPerSecond: 20_000}
    expect(after(10, {kind: 'pace-changed', paused: true, speed: 0.25, limits})).to.equal(
      'move slots: 0 of 100 slots, 10 of 100 keys, 1,000 bytes, paused, 1/4 speed, limit 5 ms, limit 20,000 keys/s\n',
    )
  })

  it('counts the keys of an import, and the steps of what moves none', () => {
    const copy: Step = {kind: 'copy-keys', from: '10.0.0.9:6379', database: 0, keep: false}
    const importing = stage(planOf(copy))
    importing.after(0, phase, begin('0.0', copy), counted('0.0', 50))
    expect(importing.after(4_000, keys('0.0', 25))).to.include('move slots: 25 of 50 keys')
    const meeting = stage(planOf({kind: 'meet', node: NODES[0]!.id, peers: []}))
    meeting.after(0, phase)
    expect(meeting.after(4_000, {kind: 'step-finished', step: '0.0', elapsedMs: 1})).to.equal(
      'move slots: 1 of 1 steps\n',
    )
  })

  it('tells what is waited for where nothing moves', () => {
    const {after} = stage(planOf({kind: 'wait-agreement', nodes: [], push: false}))
    after(0, phase)
    expect(after(4_000, {kind: 'waiting', step: '0.0', reason: 'h:1 does not know h:2'})).to.equal(
      'move slots: h:1 does not know h:2\n',
    )
  })
})

describe('progress on a terminal', () => {
  const movements = new RegExp(`${String.fromCharCode(0x1b)}\\[[0-9]*[AKJ]|\\r`, 'g')
  const lines = (drawn: string): string[] => drawn.replaceAll(movements, '').split('\n')

  it('is redrawn at most ten times a second', () => {
    const {after, written} = stage(planOf(lane(1, '0-99')), {isTerminal: true})
    after(0, phase, begin('0.0', lane(1, '0-99')))
    for (let time = 0; time < 1_000; time++) after(1, keys('0.0', 1))
    expect(written.length).to.be.within(10, 11)
  })

  it('has a line for the whole and one for each lane, and goes up to draw over them', () => {
    const steps = [lane(1, '0-99'), lane(2, '100-199')]
    const {after, progress, written} = stage(planOf(...steps), {isTerminal: true})
    progress.hint('p pause')
    after(0, phase, ...steps.map((step, index) => begin(`0.${index}`, step)), counted('0.0', 100), counted('0.1', 300))
    after(200, keys('0.0', 50), keys('0.1', 150), slot('0.1'))
    const drawn = after(200, keys('0.1', 10))
    expect(drawn.startsWith('\u001b[3A\r\u001b[K')).to.equal(true)
    const [whole, first, second, hint] = lines(drawn)
    expect(whole).to.match(/^move slots: █{13}░{11} 1 of 200 slots, 210 of 400 keys, 20\.5 KiB, \d+ keys\/s, /)
    expect(first).to.match(/^ {2}10\.0\.0\.2:7000 → 10\.0\.0\.1:7000 ░{10} 0 of 100 slots, 50 of 100 keys, /)
    expect(second).to.match(/^ {2}10\.0\.0\.3:7000 → 10\.0\.0\.1:7000 ░{10} 1 of 100 slots, 160 of 300 keys, /)
    expect(hint).to.equal('p pause')
    progress.clear()
    expect(written.at(-1)).to.equal('\u001b[3A\r\u001b[J')
  })

  it('has lines for six lanes, and counts the others', () => {
    const steps = NODES.slice(1).map((_, index) => lane(index + 1, `${index * 10}-${index * 10 + 9}`))
    const {after} = stage(planOf(...steps), {isTerminal: true})
    after(0, phase, ...steps.map((step, index) => begin(`0.${index}`, step)))
    const drawn = lines(after(200, slot('0.0')))
    expect(drawn).to.have.lengthOf(8)
    expect(drawn.at(-1)).to.equal('  … and 2 more lanes')
  })

  it('leaves out a lane that has ended, and one that is alone', () => {
    const steps = [lane(1, '0-99'), lane(2, '100-199')]
    const {after} = stage(planOf(...steps), {isTerminal: true})
    after(0, phase, ...steps.map((step, index) => begin(`0.${index}`, step)))
    const drawn = after(200, {kind: 'step-finished', step: '0.0', elapsedMs: 1})
    expect(lines(drawn)).to.have.lengthOf(1)
  })

  it('never wraps: a line is cut before the last column', () => {
    const steps = [lane(1, '0-99'), lane(2, '100-199')]
    const {after} = stage(planOf(...steps), {isTerminal: true, columns: 50})
    after(0, phase, ...steps.map((step, index) => begin(`0.${index}`, step)), counted('0.0', 1e6), counted('0.1', 1e6))
    const drawn = lines(after(200, keys('0.0', 500_000)))
    expect(drawn).to.have.lengthOf(3)
    for (const line of drawn) expect(line.length).to.be.at.most(49)
    expect(drawn[0]!.endsWith('…')).to.equal(true)
  })

  it('of an atomic migration tells what the server has left to send', () => {
    const step: Step = {kind: 'migrate-slots', slots: '0-99', source: NODES[1]!.id, target: NODES[0]!.id}
    const steps = [step, lane(2, '100-199')]
    const {after} = stage(planOf(...steps), {isTerminal: true})
    after(0, phase, ...steps.map((each, index) => begin(`0.${index}`, each)))
    const drawn = after(200, {kind: 'waiting', step: '0.0', reason: 'is moving slots', bytesLeft: 3 * 1024 * 1024})
    expect(lines(drawn)[1]).to.match(/0 of 100 slots, 3\.0 MiB left to send$/)
  })
})
