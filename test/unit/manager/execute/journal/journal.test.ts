import {expect} from 'chai'
import {
  encodeLine,
  JOURNAL_SCHEMA,
  parseJournal,
  type JournalLine,
  type ProgressLine,
} from '../../../../../src/manager/execute/journal/lines.js'
import {finishedSteps, standingOf} from '../../../../../src/manager/execute/journal/standing.js'
import {planReshard} from '../../../../../src/manager/plan/reshard.js'
import {accepted, stepsIn} from '../../../../support/plans.js'
import {primaryId, topologyOf} from '../../../../support/topologies.js'

const PLAN = accepted(planReshard(topologyOf({primaries: 3}), {slots: 10, to: primaryId(0), from: 'all'}))
const HEAD: JournalLine = {
  line: 'operation',
  schema: JOURNAL_SCHEMA,
  id: '0123456789abcdef',
  operation: 'reshard',
  command: 'tscluster reshard h:1',
  entry: 'h:1',
  startedMs: 1,
  steps: 3,
  slots: 10,
}
const RUN: ProgressLine = {line: 'run', atMs: 2, purpose: 'apply', pid: 7, mark: null, host: 'here'}

function textOf(...progress: readonly ProgressLine[]): string {
  return [HEAD, {line: 'plan', plan: PLAN, shards: []} as const, ...progress].map(encodeLine).join('')
}

function read(text: string): Extract<ReturnType<typeof parseJournal>, {ok: true}>['journal'] {
  const parsed = parseJournal(text)
  if (!parsed.ok) throw new Error(parsed.problem)
  return parsed.journal
}

describe('a journal', () => {
  it('is read as it was written', () => {
    expect(read(textOf(RUN))).to.deep.equal({head: HEAD, plan: PLAN, shards: [], progress: [RUN]})
  })

  it('is read when its last line was cut off, at any byte', () => {
    const whole = textOf(RUN)
    const lastLine = encodeLine({line: 'slots', step: '0.0', slots: '1-3'})
    for (let length = 0; length < lastLine.length; length++) {
      expect(read(whole + lastLine.slice(0, length)).progress).to.deep.equal([RUN])
    }
  })

  it('is refused when it is none, or its plan is not to be trusted', () => {
    expect(parseJournal('{"line":"x"}\n')).to.deep.include({ok: false})
    expect(parseJournal(textOf(RUN).replace('"version":1', '"version":2'))).to.deep.include({ok: false})
  })

  it('tells how an operation stands', () => {
    const standing = (alive: boolean, ...lines: readonly ProgressLine[]): ReturnType<typeof standingOf> =>
      standingOf(read(textOf(RUN, ...lines)), () => alive)
    const moved: ProgressLine = {line: 'slots', step: '0.0', slots: '1-3'}
    expect(standing(true, moved)).to.deep.include({state: 'running', isUnfinished: false, slotsMoved: 3})
    expect(standing(false, moved)).to.deep.include({state: 'abandoned', isUnfinished: true})
    const stopped: ProgressLine = {line: 'end', atMs: 9, state: 'stopped', final: false, message: 'enough'}
    expect(standing(false, stopped)).to.deep.include({
      state: 'interrupted',
      isUnfinished: true,
      message: 'enough',
      atMs: 9,
    })
    const done: ProgressLine = {line: 'end', atMs: 9, state: 'applied', final: true}
    expect(standing(false, stopped, RUN, done)).to.deep.include({state: 'applied', isUnfinished: false, stepsDone: 3})
  })

  it('remembers which steps came to their end, in whatever run', () => {
    const journal = read(textOf(RUN, {line: 'step', atMs: 3, step: '0.1', is: 'finished'}))
    expect([...finishedSteps(journal)]).to.deep.equal([JSON.stringify(stepsIn(PLAN.phases)[1])])
  })
})
