/** tscluster against redis-cli and valkey-cli, job by job, in one run on one machine. */
import {mkdirSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {stopAllNodes} from '../../test/support/server-nodes.js'
import {hold, type Contest, type Row} from './contest.js'
import {createContest} from './contests/create.js'
import {farCheckContest, farReshardContest} from './contests/far-away.js'
import {rebalanceContest} from './contests/rebalance.js'
import {reshardContest} from './contests/reshard.js'
import {checkContest, startUpContest} from './contests/start-up.js'
import {latencies, type LatencyRow} from './latency.js'
import {programsFor, type Programs} from './programs.js'

export interface CompareOptions {
  /** The project's folder, where the program was built. */
  readonly root: string
  readonly rounds: number
  /** Only the jobs whose description has this in it. */
  readonly only: string | undefined
  /** Where the figures go as JSON. */
  readonly json: string | undefined
}

type Prepare = () => Contest | Promise<Contest>

const MILLION = 1_000_000
/** Of jobs that take the peer a quarter of a minute and more. */
const LONG = {mostRounds: 3}

/** Prints two tables: medians and their ratios, and what clients wait meanwhile. @throws Error when a program fails */
export async function compare({root, rounds, only = '', json}: CompareOptions): Promise<void> {
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds wants a whole number of at least 1')
  process.once('SIGINT', () => void stopAllNodes().finally(() => process.exit(130)))
  const redis = programsFor(root, 'redis-7.0')
  const valkey = programsFor(root, 'valkey-9.1')
  const rows: Row[] = []
  const waits: LatencyRow[] = []
  const failures: unknown[] = []
  try {
    for (const [name, prepare] of jobs(redis, valkey)) {
      if (!name.includes(only)) continue
      // What was measured is worth its time, whatever becomes of the next job.
      await one(prepare, rounds).then(
        (row) => rows.push(row),
        (error: unknown) => failures.push(error),
      )
    }
    if ('latency'.includes(only)) waits.push(...(await allLatencies(redis, valkey, Math.min(rounds, LONG.mostRounds))))
  } finally {
    await stopAllNodes()
  }
  print(rows, waits)
  if (json !== undefined) save(json, rows, waits)
  if (failures.length > 0) throw new AggregateError(failures, failures.map(String).join('; '))
}

/** Each with the name that `--only` looks at. */
function jobs(redis: Programs, valkey: Programs): readonly (readonly [string, Prepare])[] {
  const small = {keys: MILLION, valueBytes: 100}
  const far = {keys: 200_000, valueBytes: 100}
  const atomic = {ours: [], theirs: ['--cluster-use-atomic-slot-migration']}
  return [
    ['start-up version', () => startUpContest(redis, ['--version'], {mostTimesSlower: 1.2})],
    ['start-up help', () => startUpContest(redis, ['--help'], {mostTimesSlower: 1.6})],
    ['start-up check', () => checkContest(redis, 6, {mostTimesSlower: 2.2})],
    ['check 30', () => checkContest(redis, 30, {mostMsMore: 60})],
    ['check far', () => farCheckContest(redis, 30, {timesFaster: 5})],
    ['create 6', () => createContest(redis, 6, {timesFaster: 6})],
    ['create 30', () => ({...createContest(redis, 30, {timesFaster: 12}), ...LONG})],
    ['reshard empty', () => reshardContest(redis, {keys: 0, valueBytes: 0, goal: {timesFaster: 6}})],
    ['reshard small', () => reshardContest(redis, {...small, goal: {timesFaster: 2.8}, ...LONG})],
    ['reshard 1 KiB', () => reshardContest(redis, {keys: 100_000, valueBytes: 1024, goal: {timesFaster: 2.2}})],
    ['rebalance 4', () => rebalanceContest(redis, {...small, empty: 1, goal: {timesFaster: 4}, ...LONG})],
    ['rebalance 6', () => rebalanceContest(redis, {...small, empty: 3, goal: {timesFaster: 5}, ...LONG})],
    ['far empty', () => farReshardContest(redis, {keys: 0, valueBytes: 0, goal: {timesFaster: 30}, mostRounds: 1})],
    ['far keys', () => farReshardContest(redis, {...far, goal: {timesFaster: 6}, mostRounds: 1})],
    ['valkey default', () => reshardContest(valkey, {...small, goal: {timesFaster: 20}, ...LONG})],
    [
      'valkey atomic',
      () =>
        reshardContest(valkey, {
          ...small,
          more: atomic,
          peerNote: 'with its atomic flag',
          goal: {timesFaster: 1},
        }),
    ],
  ]
}

async function one(prepare: Prepare, rounds: number): Promise<Row> {
  const contest = await prepare()
  try {
    return await hold(contest, rounds, (line) => console.error(line))
  } finally {
    await contest.stop?.()
  }
}

async function allLatencies(redis: Programs, valkey: Programs, rounds: number): Promise<LatencyRow[]> {
  const load = {keys: MILLION, valueBytes: 100}
  const more = {ours: [], theirs: ['--cluster-use-atomic-slot-migration']}
  return [
    ...(await latencies(redis, load, rounds)),
    ...(await latencies(valkey, {...load, more, theirNote: 'with its atomic flag'}, rounds)),
  ]
}

function print(rows: readonly Row[], waits: readonly LatencyRow[]): void {
  console.log(`\nNode ${process.versions.node}, medians; ratio: the median of each round's own\n`)
  console.log('| work | peer | tscluster | peer | peer / tscluster | wanted | |')
  console.log('|---|---|---:|---:|---:|---|---|')
  for (const {work, peer, oursMs, theirsMs, ratio, goal, isMet} of rows) {
    const cells = [work, peer, time(oursMs), time(theirsMs), ratio.toFixed(2), goal, isMet ? 'met' : '**missed**']
    console.log(`| ${cells.join(' | ')} |`)
  }
  if (waits.length === 0) return
  console.log('\n| what clients wait during | moved by | took | p50 | p99 | p99.9 | worst |')
  console.log('|---|---|---:|---:|---:|---:|---:|')
  for (const {work, by, wallMs, p50, p99, p999, worst} of waits) {
    const figures = [p50, p99, p999, worst].map((ms) => `${ms.toFixed(1)} ms`)
    console.log(`| ${[work, by, time(wallMs), ...figures].join(' | ')} |`)
  }
}

function time(ms: number): string {
  return ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(2)} s`
}

function save(file: string, rows: readonly Row[], waits: readonly LatencyRow[]): void {
  mkdirSync(path.dirname(path.resolve(file)), {recursive: true})
  const result = {schema: 'tscluster.bench/1', node: process.versions.node, rows, waits}
  writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`)
}
