// `npm run simulate -- --seeds 10000 [--from 1] [--scenario reshard] [--faults crash,pause] [--jobs 4] [--no-build]`: plays many seeds
// and prints those that break something, each with the command that repeats it. Without --scenario the commands take turns.
import os from 'node:os'
import path from 'node:path'
import {performance} from 'node:perf_hooks'
import {parseArgs} from 'node:util'
import {pathToFileURL} from 'node:url'
import {Worker} from 'node:worker_threads'
import {build} from './build.js'
import {ROOT} from './project.js'

const FRONT_DOOR = pathToFileURL(path.join(ROOT, 'dist', 'rehearsal', 'index.js')).href
const WORKER = new URL('simulate-worker.js', import.meta.url)
const TELL_EVERY = 500

try {
  const options = parseCommandLine()
  if (!options.noBuild) await build()
  const {FAULT_KINDS, SCENARIO_NAMES} = await import(FRONT_DOOR)
  mustBeAmong('scenario', SCENARIO_NAMES, options.scenario === undefined ? [] : [options.scenario])
  mustBeAmong('fault', FAULT_KINDS, options.faults ?? [])
  const failed = await playAll(options, options.scenario === undefined ? SCENARIO_NAMES : [options.scenario])
  process.exitCode = failed === 0 ? 0 : 1
} catch (error) {
  process.stderr.write(`\nThe simulation failed: ${error.message}\n`)
  process.exitCode = 1
}

function parseCommandLine() {
  const {values} = parseArgs({
    options: {
      seeds: {type: 'string', default: '100'},
      from: {type: 'string', default: '1'},
      scenario: {type: 'string'},
      faults: {type: 'string'},
      jobs: {type: 'string', default: String(os.availableParallelism())},
      'no-build': {type: 'boolean', default: false},
    },
  })
  return {
    seeds: numberOf(values, 'seeds'),
    from: numberOf(values, 'from'),
    jobs: numberOf(values, 'jobs'),
    scenario: values.scenario,
    faults: values.faults?.split(','),
    noBuild: values['no-build'],
  }
}

function mustBeAmong(what, known, words) {
  const strange = words.find((word) => !known.includes(word))
  if (strange !== undefined) throw new Error(`"${strange}" is no ${what}: there are ${known.join(', ')}`)
}

function numberOf(values, name) {
  const number = Number(values[name])
  if (!Number.isSafeInteger(number) || number < 1)
    throw new Error(`--${name} takes a whole number from 1 on, not "${values[name]}"`)
  return number
}

/** @returns how many seeds broke something */
async function playAll({seeds, from, faults, jobs}, scenarios) {
  const totals = {played: 0, failed: 0, virtualMs: 0, writes: 0, taken: 0, failovers: 0, ends: {}}
  const startedMs = performance.now()
  let next = from
  const nextTask = () => {
    if (next >= from + seeds) return undefined
    const seed = next++
    return {seed, scenario: scenarios[seed % scenarios.length], ...(faults !== undefined && {faults})}
  }
  const told = (verdict) => {
    count(totals, verdict)
    if (verdict.violations.length > 0) tellFailure(verdict, faults)
    if (totals.played % TELL_EVERY === 0) process.stderr.write(`${summary(totals, startedMs)}\n`)
  }
  await Promise.all(Array.from({length: Math.min(jobs, seeds)}, () => runWorker(nextTask, told)))
  process.stdout.write(`${summary(totals, startedMs)}\n`)
  return totals.failed
}

/** One thread, which asks for a seed when it is through with the last one. */
function runWorker(nextTask, told) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(WORKER, {workerData: FRONT_DOOR})
    const feed = () => {
      const task = nextTask()
      if (task === undefined) void worker.terminate().then(resolve)
      else worker.postMessage(task)
    }
    worker.on('message', (verdict) => {
      told(verdict)
      feed()
    })
    // A bug of the simulation itself: without its worker the seeds would not be played to the end.
    worker.once('error', reject)
    feed()
  })
}

function count(totals, {ended, violations, virtualMs, acknowledgedWrites, takenWrites, failovers}) {
  totals.played++
  if (violations.length > 0) totals.failed++
  totals.virtualMs += virtualMs
  totals.writes += acknowledgedWrites
  totals.taken += takenWrites
  totals.failovers += failovers
  totals.ends[ended] = (totals.ends[ended] ?? 0) + 1
}

function tellFailure({seed, scenario, faults: drawn, violations}, faults) {
  const kinds = faults === undefined ? '' : ` --faults ${faults.join(',')}`
  const [first, ...more] = violations
  process.stdout.write(
    `FAILED tscluster engine simulate --scenario ${scenario} --seed ${seed}${kinds}\n` +
      `  ${drawn.join('; ') || 'no faults'}\n  ${first.split('\n')[0]}${more.length > 0 ? ` (and ${more.length} more)` : ''}\n`,
  )
}

function summary({played, failed, virtualMs, writes, taken, failovers, ends}, startedMs) {
  const seconds = (performance.now() - startedMs) / 1000
  const how = Object.entries(ends)
    .map(([name, times]) => `${times} ${name}`)
    .join(', ')
  return (
    `${played} seeds, ${failed} failed; the commands ended: ${how}; ${Math.round(virtualMs / 1000)} virtual seconds, ` +
    `${writes} acknowledged writes, ${failovers} failovers, which took ${taken} of them, in ${seconds.toFixed(0)} s`
  )
}
