/** What a command said, read as an operator reads it: how it ended, and what to type next. */
import type {Ended} from './virtual-program.js'

export type Ending =
  /** All of it. */
  | 'done'
  /** A journal knows the rest. */
  | 'resumable'
  /** What was done is undone. */
  | 'undone'
  /** No node has changed. */
  | 'refused'
  /** `kill -9`. */
  | 'killed'
  | 'failed'

/** @param isOpen an unfinished journal is there */
export function nextOf({exitCode, result, text}: Ended, isOpen: boolean): Ending {
  if (exitCode === null) return 'killed'
  if (exitCode === 0 || result.status === 'applied') return 'done'
  const {outcome} = result
  if (outcome?.undone === true) return 'undone'
  if (isOpen) return 'resumable'
  if (outcome === undefined || !outcome.touched || text.includes('nothing was changed')) return 'refused'
  return 'failed'
}

const NODE = /10\.0\.\d+\.\d+:7\d{3}/

/** In what was said of the failure, not in the plan. */
export function namesNode({text}: Ended): boolean {
  return text.split('\n').some((line) => /^(error|failed|stopped|warning|refused)/.test(line) && NODE.test(line))
}

const ADVICE = /tscluster ((resume|abort|fix)(?: [\w.:/-]+)*)/g

/** The command that was named; where none was, the same again, or what the manual says. */
export function advisedCommand(
  {exitCode, text}: Ended,
  isOpen: boolean,
  same: readonly string[],
  entry: string,
): readonly string[] {
  // Which of two values counts is for the operator to say: here, the owner's.
  if (text.includes('[key-exists]')) return ['fix', entry, '--replace', '--yes']
  const named = [...text.matchAll(ADVICE)].map(([, words]) => words!.split(' '))
  const advised = named.find(([verb]) => verb === 'resume') ?? named.find(([verb]) => verb === 'fix')
  if (advised?.[0] === 'resume' && isOpen) return [...advised, '--yes']
  if (advised?.[0] === 'fix') return ['fix', advised[1] ?? entry, '--yes']
  if (exitCode === null) return isOpen ? ['resume', '--yes'] : ['fix', entry, '--yes']
  return isOpen ? ['resume', '--yes'] : same
}
