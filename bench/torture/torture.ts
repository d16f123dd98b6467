/** Rounds of torture, and the row that they make: `npm run torture -- --operation reshard --rounds 200 --server redis-7.0`. */
import {mkdirSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {FLAVOURS, type Flavour} from '../../test/support/installed-servers.js'
import {stopAllNodes} from '../../test/support/server-nodes.js'
import {median} from '../median.js'
import {OPERATIONS, type Operation, type Tool} from './operations.js'
import {playRound, undisturbedMs, type RoundReport} from './round.js'

export interface TortureOptions {
  /** The name of an operation, or `all`. */
  readonly operation: string
  readonly rounds: number
  readonly server: string
  readonly tool: string
  /** The first round's; each further one has the next. */
  readonly seed: number
  /** Faults after which a replica takes over, instead of those after which none does. */
  readonly takeovers: boolean
  /** Where the figures go as JSON. */
  readonly json: string | undefined
  readonly logs: string
}

/** What became of the rounds of one operation. */
export interface Row {
  readonly operation: string
  readonly server: Flavour
  readonly tool: Tool
  readonly takeovers: boolean
  readonly rounds: number
  /** Rounds in which the tool was at work when the fault came. */
  readonly hit: number
  readonly acknowledged: number
  readonly lost: number
  readonly doubled: number
  readonly split: number
  readonly leftOpen: number
  readonly neededAHand: number
  /** Rounds in which one command was needed, and helped. */
  readonly recovered: number
  readonly medianRecoveryMs: number | null
  readonly longestRecoveryMs: number | null
  /** Seeds of the rounds that were not as they must be. */
  readonly failed: readonly number[]
}

const CALIBRATIONS = 3

/** Plays the rounds and prints a row for each operation. @returns whether every round was as it must be @throws Error on a wrong option */
export async function torture(options: TortureOptions): Promise<boolean> {
  const server = FLAVOURS.find((flavour) => flavour === options.server)
  if (server === undefined) throw new Error(`--server wants one of ${FLAVOURS.join(', ')}`)
  const tool = (['tscluster', 'redis-cli'] as const).find((each) => each === options.tool)
  if (tool === undefined) throw new Error('--tool wants tscluster or redis-cli')
  const chosen = OPERATIONS.filter(({name}) => options.operation === 'all' || options.operation === name)
  if (chosen.length === 0) throw new Error(`--operation wants ${OPERATIONS.map(({name}) => name).join(', ')}, or all`)
  if (!(options.rounds >= 1) || !Number.isInteger(options.seed)) {
    throw new Error('--rounds and --seed want whole numbers')
  }
  const rows: Row[] = []
  try {
    for (const operation of chosen) rows.push(await one(operation, {...options, server, tool}))
  } finally {
    await stopAllNodes()
  }
  print(rows)
  if (options.json !== undefined) save(options.json, rows)
  return rows.every(({failed}) => failed.length === 0)
}

type Chosen = Omit<TortureOptions, 'server' | 'tool'> & {readonly server: Flavour; readonly tool: Tool}

async function one(operation: Operation, {server, tool, seed, rounds, takeovers, logs}: Chosen): Promise<Row> {
  const by = {server, tool, takeovers}
  const place = path.join(logs, [operation.name, server, tool, ...(takeovers ? ['takeovers'] : [])].join('-'))
  const common = {operation, flavour: server, tool, takeovers, logs: place}
  if (operation.name === 'failover' && tool === 'redis-cli') return rowOf(operation, by, [])
  const usual: number[] = []
  for (let time = 0; time < CALIBRATIONS; time++) usual.push(await undisturbedMs({...common, seed: seed + time}))
  const usualMs = median(usual)
  const reports: RoundReport[] = []
  for (let each = seed; reports.length < rounds; each++) {
    const report = await playRound({...common, seed: each, usualMs})
    if (report === undefined) continue
    reports.push(report)
    tell(operation, by, report, `round ${reports.length} of ${rounds}`)
  }
  return rowOf(operation, by, reports)
}

type By = Pick<Row, 'server' | 'tool' | 'takeovers'>

/** A round that is not as it must be says how to repeat it. */
function tell({name}: Operation, {server, tool, takeovers}: By, report: RoundReport, which: string): void {
  const {seed, fault, recovery, recoveryMs, isHit, acknowledged, details} = report
  const took = recoveryMs === undefined ? '' : ` in ${(recoveryMs / 1000).toFixed(1)} s`
  const when = isHit ? '' : ' (after the end)'
  const verdict = details.length === 0 ? 'ok' : 'NOT OK'
  console.error(`${which}, seed ${seed}: ${fault}${when}, ${recovery}${took}, ${acknowledged} acknowledged: ${verdict}`)
  if (details.length === 0) return
  for (const detail of details) console.error(`    ${detail}`)
  console.error(
    `    again: npm run torture -- --operation ${name} --server ${server} --tool ${tool} --rounds 1 --seed ${seed}${takeovers ? ' --takeovers' : ''}`,
  )
}

function rowOf({name}: Operation, by: By, reports: readonly RoundReport[]): Row {
  const sum = (of: (report: RoundReport) => number): number => reports.reduce((total, each) => total + of(each), 0)
  const times = reports.flatMap(({recoveryMs}) => recoveryMs ?? [])
  return {
    operation: name,
    ...by,
    rounds: reports.length,
    hit: reports.filter(({isHit}) => isHit).length,
    acknowledged: sum(({acknowledged}) => acknowledged),
    lost: sum(({lost}) => lost),
    doubled: sum(({doubled}) => doubled),
    split: sum(({split}) => split),
    leftOpen: reports.filter(({leftOpen}) => leftOpen).length,
    neededAHand: reports.filter(({neededAHand}) => neededAHand).length,
    recovered: times.length,
    medianRecoveryMs: times.length === 0 ? null : Math.round(median(times)),
    longestRecoveryMs: times.length === 0 ? null : Math.round(Math.max(...times)),
    failed: reports.filter(({details}) => details.length > 0).map(({seed}) => seed),
  }
}

function print(rows: readonly Row[]): void {
  console.log(
    '| operation | server | tool | rounds | hit | acknowledged | lost | doubled | split | left open | needed a hand | recovered | recovery, median | longest |',
  )
  console.log('|---|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|')
  for (const row of rows) {
    const counts = [
      row.rounds,
      row.hit,
      row.acknowledged,
      row.lost,
      row.doubled,
      row.split,
      row.leftOpen,
      row.neededAHand,
      row.recovered,
    ]
    const times = [row.medianRecoveryMs, row.longestRecoveryMs].map((ms) =>
      ms === null ? '–' : `${(ms / 1000).toFixed(1)} s`,
    )
    const name = row.takeovers ? `${row.operation}, a replica takes over` : row.operation
    const cells = [name, row.server, row.tool, ...counts.map((n) => n.toLocaleString('en')), ...times]
    console.log(`| ${cells.join(' | ')} |`)
  }
}

function save(file: string, rows: readonly Row[]): void {
  mkdirSync(path.dirname(path.resolve(file)), {recursive: true})
  const result = {schema: 'tscluster.torture/1', node: process.versions.node, rows}
  writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`)
}
