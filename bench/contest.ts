/** Two programs do the same job in turns; what counts is the ratio within one run, for machines differ and so do hours. */
import {spawn} from 'node:child_process'

export type Side = 'tscluster' | 'redis-cli'

/** Milliseconds by what was measured: `exit`, `usable`. */
export type Times = Readonly<Record<string, number>>

export interface Contest {
  readonly name: string
  /** Does the job once. @throws Error when the program fails */
  run(side: Side): Promise<Times>
}

export interface Row {
  readonly contest: string
  readonly measured: string
  readonly ours: number
  readonly theirs: number
  readonly ratio: number
}

const SIDES: readonly Side[] = ['tscluster', 'redis-cli']

/** Medians of `rounds` rounds, in which the sides take turns at being first; the ratio is the median of the rounds' ratios. */
export async function hold(contest: Contest, rounds: number, told: (line: string) => void): Promise<Row[]> {
  const {name} = contest
  const taken: Readonly<Record<Side, Times>>[] = []
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? SIDES : [...SIDES].reverse()
    const times: Partial<Record<Side, Times>> = {}
    for (const side of order) {
      times[side] = await contest.run(side)
      told(`${name}, round ${round + 1} of ${rounds}: ${side} ${JSON.stringify(times[side])}`)
    }
    taken.push(times as Record<Side, Times>)
  }
  return Object.keys(taken[0]!.tscluster).map((measured) => ({
    contest: name,
    measured,
    ours: median(taken.map((times) => times.tscluster[measured]!)),
    theirs: median(taken.map((times) => times['redis-cli'][measured]!)),
    ratio: median(taken.map((times) => times['redis-cli'][measured]! / times.tscluster[measured]!)),
  }))
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
      if (code === 0) resolve(Math.round(performance.now() - startedMs))
      else reject(new Error(`${program} ${args.join(' ')} ended with exit code ${code}: ${said}`))
    })
  })
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
