/** Requests a second and processor time per request: an engine node against redis-server, measured by redis-benchmark in turns. */
import {execFile} from 'node:child_process'
import {promisify} from 'node:util'
import {programPath} from '../../test/support/installed-servers.js'
import {median} from '../median.js'
import {startBenchServer, type BenchServer, type Competitor} from './bench-servers.js'

export interface ThroughputOptions {
  /** The project's folder, where the program was built. */
  readonly root: string
  readonly rounds: number
}

interface Job {
  readonly test: 'GET' | 'SET'
  readonly pipeline: number
  readonly requests: number
}

interface Measured {
  readonly perSecond: number
  readonly cpuMicroseconds: number
}

const CLIENTS = 50
const VALUE_BYTES = 100
const KEYS = 100_000
const JOBS: readonly Job[] = [
  {test: 'SET', pipeline: 1, requests: 100_000},
  {test: 'GET', pipeline: 1, requests: 100_000},
  {test: 'SET', pipeline: 16, requests: 600_000},
  {test: 'GET', pipeline: 16, requests: 600_000},
]

const run = promisify(execFile)

/** Prints a table: medians over the rounds, and the medians of the rounds' ratios. @throws Error when a program fails */
export async function throughput({root, rounds}: ThroughputOptions): Promise<void> {
  const servers = [await startBenchServer('engine', root), await startBenchServer('redis', root)]
  try {
    for (const server of servers) for (const job of JOBS) await measure(server, job) // until the code is hot and the keys are there
    console.log(
      `Node ${process.versions.node}, redis-benchmark -c ${CLIENTS} -d ${VALUE_BYTES} -r ${KEYS}, ${rounds} rounds\n`,
    )
    console.log('| test | -P | engine req/s | redis req/s | ratio | engine CPU µs | redis CPU µs | ratio |')
    console.log('|---|---:|---:|---:|---:|---:|---:|---:|')
    for (const job of JOBS) print(job, await contest(servers, job, rounds))
  } finally {
    for (const server of servers) server.stop()
  }
}

async function contest(
  servers: readonly BenchServer[],
  job: Job,
  rounds: number,
): Promise<readonly Readonly<Record<Competitor, Measured>>[]> {
  const taken: Readonly<Record<Competitor, Measured>>[] = []
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? servers : servers.toReversed()
    const results: Partial<Record<Competitor, Measured>> = {}
    for (const server of order) results[server.competitor] = await measure(server, job)
    taken.push(results as Record<Competitor, Measured>)
  }
  return taken
}

async function measure(server: BenchServer, {test, pipeline, requests}: Job): Promise<Measured> {
  const cpuBefore = server.cpuSeconds()
  const {stdout} = await run(programPath('redis-7.0', 'benchmark'), [
    ...['-p', String(server.port), '-t', test.toLowerCase(), '-n', String(requests), '-c', String(CLIENTS)],
    ...['-P', String(pipeline), '-d', String(VALUE_BYTES), '-r', String(KEYS), '--csv'],
  ])
  const cpuSeconds = server.cpuSeconds() - cpuBefore
  const perSecond = Number(new RegExp(`^"${test}","([\\d.]+)"`, 'm').exec(stdout)?.[1])
  if (!(perSecond > 0)) throw new Error(`redis-benchmark said no figure for ${test}: ${stdout}`)
  return {perSecond, cpuMicroseconds: (cpuSeconds * 1e6) / requests}
}

function print({test, pipeline}: Job, rounds: readonly Readonly<Record<Competitor, Measured>>[]): void {
  const of = (pick: (round: Readonly<Record<Competitor, Measured>>) => number): number => median(rounds.map(pick))
  const cells = [
    test,
    String(pipeline),
    of(({engine}) => engine.perSecond).toFixed(0),
    of(({redis}) => redis.perSecond).toFixed(0),
    of(({engine, redis}) => engine.perSecond / redis.perSecond).toFixed(2),
    of(({engine}) => engine.cpuMicroseconds).toFixed(2),
    of(({redis}) => redis.cpuMicroseconds).toFixed(2),
    of(({engine, redis}) => engine.cpuMicroseconds / redis.cpuMicroseconds).toFixed(2),
  ]
  console.log(`| ${cells.join(' | ')} |`)
}
