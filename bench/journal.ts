/** What the journal costs an operation, on the disk of the folder for temporary files: ADR 14. */
import {mkdtempSync, rmSync} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {JournalFile} from '../src/cli/journal/journal-file.js'
import {JournalFolder} from '../src/cli/journal/journal-folder.js'
import {thisProcess} from '../src/cli/journal/process-mark.js'
import {JOURNAL_SCHEMA, type JournalLine} from '../src/manager/execute/journal/lines.js'
import {DEFAULT_SETTINGS, NO_RISK, type Plan} from '../src/manager/plan/plan.js'
import type {Step} from '../src/manager/plan/step.js'
import {median} from './median.js'

const STEPS = 1_000
const ROUNDS = 25

/** Prints the median of each part over all rounds, and the longest. */
export function journal(): void {
  const home = mkdtempSync(path.join(os.tmpdir(), 'tscluster-bench-'))
  const parts = {begin: [] as number[], step: [] as number[], end: [] as number[]}
  try {
    for (let round = 0; round < ROUNDS; round++) playRound(home, round, parts)
  } finally {
    rmSync(home, {recursive: true, force: true})
  }
  console.log('the journal             median    longest')
  for (const [name, times] of Object.entries(parts)) {
    const unit = name === 'step' ? 'us' : 'ms'
    const [half, most] = [median(times), Math.max(...times)].map((each) => `${each.toFixed(1)} ${unit}`)
    console.log(`${`${WORDS[name as keyof typeof WORDS]}`.padEnd(20)}${half!.padStart(10)}${most!.padStart(11)}`)
  }
}

const WORDS = {begin: 'plan, two syncs', step: 'a line', end: 'the end, a sync'}

function playRound(home: string, round: number, parts: Record<'begin' | 'step' | 'end', number[]>): void {
  const folder = new JournalFolder({XDG_STATE_HOME: home})
  const file = folder.fileOf(round.toString(16).padStart(16, '0'))
  const lines = firstLines(path.basename(file, '.jsonl'))
  const startedMs = performance.now()
  const opened = JournalFile.begin(file, lines, folder, (why) => {
    throw new Error(why)
  })
  const begunMs = performance.now()
  for (let step = 0; step < STEPS; step++) {
    opened.write({line: 'step', atMs: Date.now(), step: `0.${step}`, is: 'finished'})
  }
  const writtenMs = performance.now()
  opened.end({line: 'end', atMs: Date.now(), state: 'applied', final: true})
  parts.begin.push(begunMs - startedMs)
  parts.step.push(((writtenMs - begunMs) * 1000) / STEPS)
  parts.end.push(performance.now() - writtenMs)
}

/** A reshard of 1,000 slots from 100 nodes. */
function firstLines(id: string): JournalLine[] {
  const idOf = (index: number): string => index.toString(16).padStart(40, '0')
  const steps = Array.from({length: 100}, (_, index): Step => {
    return {kind: 'move-slots', slots: `${index * 10}-${index * 10 + 9}`, source: idOf(index), target: idOf(200)}
  })
  const plan: Plan = {
    ...{version: 1, operation: 'reshard', basedOn: idOf(0), entries: ['10.0.0.1:7000'], newcomers: []},
    nodes: steps.map((_, index) => ({id: idOf(index), address: `10.0.0.${index}:7000`})),
    phases: [{title: 'move slots', steps}],
    settings: DEFAULT_SETTINGS,
    risk: NO_RISK,
  }
  const head = {operation: 'reshard', command: 'tscluster reshard', entry: '10.0.0.1:7000', startedMs: Date.now()}
  return [
    {line: 'operation', schema: JOURNAL_SCHEMA, id, ...head, steps: 100, slots: 1000},
    {line: 'plan', plan, shards: []},
    {line: 'run', atMs: Date.now(), purpose: 'apply', ...thisProcess()},
  ]
}
