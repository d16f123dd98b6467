/** Programs that do the same job in turns; what counts is the ratio within one run, for machines differ and so do hours. */
import {spawn} from 'node:child_process'
import {median} from '../median.js'

/** Who does the job: the program under test, or the one that it is measured against. */
export type Side = 'ours' | 'theirs'

/** What was promised: so many times faster than the peer; or at most so many times, or ms, slower than a bare program. */
export type Goal = {readonly timesFaster: number} | {readonly mostTimesSlower: number} | {readonly mostMsMore: number}

export interface Contest {
  /** What is done: `reshard 4,096 empty slots`. */
  readonly work: string
  /** Whom it is measured against: `redis-cli 7.0`. */
  readonly peer: string
  readonly goal: Goal
  /** At most so many rounds, where one takes a minute. */
  readonly mostRounds?: number
  /** Does the job once. @returns ms @throws Error when the program fails */
  run(side: Side): Promise<number>
  /** Takes down what the contest has built. */
  stop?(): Promise<void>
}

export interface Row {
  readonly work: string
  readonly peer: string
  /** Medians, ms. */
  readonly oursMs: number
  readonly theirsMs: number
  /** The median of the rounds' own ratios, theirs / ours. */
  readonly ratio: number
  readonly goal: string
  readonly isMet: boolean
  readonly rounds: number
}

const SIDES: readonly Side[] = ['ours', 'theirs']

/** The sides take turns at being first. @param told hears of every single run */
export async function hold(contest: Contest, rounds: number, told: (line: string) => void): Promise<Row> {
  const {work, peer, goal, mostRounds = rounds} = contest
  const taken: Readonly<Record<Side, number>>[] = []
  for (let round = 0; round < Math.min(rounds, mostRounds); round++) {
    const order = round % 2 === 0 ? SIDES : [...SIDES].reverse()
    const times = {ours: 0, theirs: 0}
    for (const side of order) {
      times[side] = await contest.run(side)
      told(`${work}, round ${round + 1}: ${side === 'ours' ? 'tscluster' : peer} ${times[side].toFixed(0)} ms`)
    }
    taken.push(times)
  }
  const oursMs = median(taken.map(({ours}) => ours))
  const theirsMs = median(taken.map(({theirs}) => theirs))
  const ratio = median(taken.map(({ours, theirs}) => theirs / ours))
  return {work, peer, oursMs, theirsMs, ratio, ...judge(goal, {oursMs, theirsMs, ratio}), rounds: taken.length}
}

function judge(
  goal: Goal,
  {oursMs, theirsMs, ratio}: Pick<Row, 'oursMs' | 'theirsMs' | 'ratio'>,
): Pick<Row, 'goal' | 'isMet'> {
  if ('timesFaster' in goal) return {goal: `${goal.timesFaster} × faster`, isMet: ratio >= goal.timesFaster}
  if ('mostTimesSlower' in goal) {
    return {goal: `at most ${goal.mostTimesSlower} ×`, isMet: 1 / ratio <= goal.mostTimesSlower}
  }
  return {goal: `at most ${goal.mostMsMore} ms more`, isMet: oursMs - theirsMs <= goal.mostMsMore}
}

/** Runs a program with nobody watching. @returns its wall time in ms @throws Error with what it said when it fails */
export function timed(program: string, args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const startedMs = performance.now()
    const child = spawn(program, args, {stdio: ['ignore', 'ignore', 'pipe']})
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
    child.once('error', reject)
    child.once('exit', (code) => {
      if (code === 0) resolve(performance.now() - startedMs)
      else reject(new Error(`${program} ${args.join(' ')} ended with exit code ${code}: ${said}`))
    })
  })
}
