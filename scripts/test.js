// `npm test`: sets up what is missing, builds, checks style, runs every suite, and ends with one line that counts them all.
//
//   node scripts/test.js [--only unit,e2e] [--no-checks] [--coverage] [--nodes 22,24] [anything else goes to mocha: --grep word]
//
// In CI (CI=true) a missing server is a failure, and the suites run on the other supported versions of Node as well.
import {existsSync, readdirSync, readFileSync, rmSync} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {parseArgs} from 'node:util'
import {build} from './build.js'
import {nodeOfMajor} from './other-node.js'
import {dependency, ensureDependencies, ensureServers, ROOT, run, say, SERVERS_REQUIRED} from './project.js'

const IN_CI = process.env.CI === 'true'
const TEST_BUILD = path.join(ROOT, '.test-build')
const COVERAGE = path.join(ROOT, 'coverage')

/** Folders of test/ in the order in which a mistake shows soonest. Files of `parallel` ones start servers of their own. */
const SUITES = [
  {name: 'unit', mocha: ['--reporter', 'dot']},
  {name: 'property', mocha: ['--timeout', '60000'], parallel: true},
  {name: 'architecture', mocha: ['--timeout', '60000']},
  {name: 'simulation', mocha: ['--timeout', '60000'], parallel: true},
  {name: 'differential', mocha: ['--timeout', '60000'], servers: true},
  {
    name: 'e2e',
    mocha: ['--timeout', '60000'],
    servers: true,
    parallel: true,
    longest: [
      'topologies/nodes-gone.test.js',
      'topologies/healthy-lives.test.js',
      'journal',
      'mixed-clusters',
      'topologies',
      'walkthrough',
      'fix.test.js',
      'faults.test.js',
    ],
    elsewhere: ['package', 'engine', ...['create', 'reshard', 'security', 'call'].map((name) => `${name}.test.js`)],
  },
  {name: 'terminal', mocha: ['--timeout', '60000'], servers: true, parallel: true},
]

/** What differs between versions of Node is sockets, streams, terminals and the start of a program: one kind of server will do. */
const OTHER_NODES = ['22', '24']
const OTHER_NODE_FLAVOURS = 'redis-7.0,engine'

/** End to end most of the time is spent waiting: for a new primary to accept writes, for a timeout to pass. */
const JOBS = Math.max(4, os.availableParallelism() * 2)

/** A run of mocha that takes longer hangs: it is ended, and counts as failed. */
const LONGEST_RUN_MS = 30 * 60_000

/** More than that at once is no accident of timing. */
const MOST_FILES_TO_RUN_AGAIN = 4

const totals = {passed: 0, failed: 0, skipped: 0}
const failures = []
/** Suites in which something failed beside others and passed alone. */
const unsteady = []

function record(name, ok) {
  totals[ok ? 'passed' : 'failed'] += 1
  if (!ok) failures.push(name)
}

/** One check that is not a mocha test: it counts as one. */
async function check(name, program, args) {
  say(name)
  record(name, (await run(process.execPath, [dependency(...program), ...args])) === 0)
}

async function checkStyle() {
  await check('checking format', ['prettier', 'bin', 'prettier.cjs'], ['--check', '--log-level', 'warn', '.'])
  await check('linting', ['eslint', 'bin', 'eslint.js'], ['--max-warnings', '0', '.'])
}

async function compileTests() {
  rmSync(TEST_BUILD, {recursive: true, force: true})
  await check('compiling tests', ['typescript', 'bin', 'tsc'], ['-p', 'test'])
}

/**
 * All of a suite, what takes longest first: were it last, everybody would wait for it. On another Node those files that touch what
 * a Node can break.
 */
function filesFor(suite, folder, primary) {
  if (!primary && suite.elsewhere !== undefined) return filesIn(folder, suite.elsewhere)
  return suite.longest === undefined ? [folder] : [...new Set(filesIn(folder, [...suite.longest, '.']))]
}

/** Test files among and below these names; a name that is not there gives none. */
function filesIn(folder, names) {
  return names.flatMap((name) => {
    const place = path.join(folder, name)
    if (!existsSync(place)) return []
    if (place.endsWith('.test.js')) return [place]
    const below = readdirSync(place, {recursive: true}).filter((file) => file.endsWith('.test.js'))
    return below.sort().map((file) => path.join(place, file))
  })
}

async function runMocha({suite, node, mochaArgs, env, primary = false}) {
  const folder = path.join(TEST_BUILD, 'test', suite.name)
  if (!existsSync(folder)) return
  say(`${suite.name} tests on Node ${node.version}`)
  const files = filesFor(suite, folder, primary)
  const jobs = suite.parallel ? ['--parallel', '--jobs', String(JOBS)] : []
  const first = await mochaOnce({suite, node, args: [...jobs, ...mochaArgs, ...files], env})
  const again = await runAgainAlone(suite, node, mochaArgs, env, first)
  totals.passed += first.passing + first.failing - again.failing
  totals.failed += again.failing
  totals.skipped += first.pending
  if (again.failing > 0) failures.push(`${suite.name} on Node ${node.version}`)
  else if (first.failing > 0)
    unsteady.push(`${suite.name} on Node ${node.version}: ${first.files.map(baseName).join(', ')}`)
}

/**
 * Servers, tools and tests share few cores while files run side by side. What failed then is run once more with the machine to
 * itself: a fault fails again; what does not is named at the end as unsteady.
 */
async function runAgainAlone(suite, node, mochaArgs, env, first) {
  const {files} = first
  if (!suite.parallel || first.failing === 0 || files.length === 0 || files.length > MOST_FILES_TO_RUN_AGAIN)
    return first
  say(`${first.failing} failed; running ${files.map(baseName).join(', ')} once more, alone`)
  return mochaOnce({suite, node, args: [...mochaArgs, ...files], env})
}

/** mocha's own summary is the count: it is printed at the end of each of its reports. */
async function mochaOnce({suite, node, args, env}) {
  const report = path.join(TEST_BUILD, 'failed-files.json')
  rmSync(report, {force: true})
  const counted = {passing: 0, failing: 0, pending: 0}
  const reporter = suite.parallel ? ['--reporter', path.join(ROOT, 'scripts', 'failed-files.cjs')] : []
  // A test that failed may have left something running: the count is known all the same.
  const program = [dependency('mocha', 'bin', 'mocha.js'), '--exit', ...suite.mocha, ...reporter]
  const code = await run(node.path, [...program, ...args], {
    env: {...env, TSCLUSTER_FAILED_FILES: report},
    limitMs: LONGEST_RUN_MS,
    onLine(line) {
      const count = /^ {2}(\d+) (passing|failing|pending)\b/.exec(line)
      if (count !== null) counted[count[2]] = Number(count[1])
    },
  })
  // A run that broke down before it could count is a failure too.
  if (code !== 0 && counted.failing === 0) counted.failing = 1
  const files = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')).filter(Boolean) : []
  return {...counted, files}
}

const baseName = (file) => path.basename(file, '.test.js')

async function reportCoverage(raw) {
  if (!existsSync(raw) || readdirSync(raw).length === 0) return
  const args = [
    'report',
    '--temp-directory',
    raw,
    '--reports-dir',
    COVERAGE,
    '--reporter',
    'json-summary',
    '--reporter',
    'html',
  ]
  const scope = [
    '--all',
    '--src',
    'src',
    '--exclude-after-remap',
    '--include',
    'src/**',
    '--exclude',
    'test/**',
    '--merge-async',
  ]
  const code = await run(process.execPath, [dependency('c8', 'bin', 'c8.js'), ...args, ...scope])
  if (code !== 0) return
  const {total} = JSON.parse(readFileSync(path.join(COVERAGE, 'coverage-summary.json'), 'utf8'))
  process.stdout.write(`\ncoverage: ${total.lines.pct.toFixed(1)} % of lines\n`)
}

function parseCommandLine() {
  const options = {
    only: {type: 'string'},
    'no-checks': {type: 'boolean', default: false},
    // Of every program that is spawned, too; it takes each of them twice the time.
    coverage: {type: 'boolean', default: false},
    nodes: {type: 'string', default: IN_CI ? OTHER_NODES.join(',') : ''},
  }
  const {values, tokens} = parseArgs({options, strict: false, allowPositionals: true, tokens: true})
  const ours = new Set(tokens.filter(({kind, name}) => kind === 'option' && name in options).flatMap(argumentIndexes))
  return {
    suites: values.only === undefined ? SUITES : SUITES.filter(({name}) => values.only.split(',').includes(name)),
    checks: !values['no-checks'],
    coverage: values.coverage,
    nodes: values.nodes.split(',').filter(Boolean),
    mochaArgs: process.argv.slice(2).filter((_, index) => !ours.has(index)),
  }
}

/** Where an option and, unless it is `--name=value`, its value stand. */
function argumentIndexes({index, value, inlineValue}) {
  return value === undefined || inlineValue ? [index] : [index, index + 1]
}

async function runSuitesOnOtherNode(major, suites, mochaArgs) {
  const node = {path: await nodeOfMajor(major), version: major}
  const env = {TSCLUSTER_FLAVOURS: OTHER_NODE_FLAVOURS, TSCLUSTER_DIFFERENTIAL: '0.25'}
  for (const suite of suites) await runMocha({suite, node, mochaArgs, env})
}

async function main() {
  const {suites, checks, coverage, nodes, mochaArgs} = parseCommandLine()
  await ensureDependencies()
  if (suites.some(({servers}) => servers)) {
    const complete = await ensureServers()
    if (SERVERS_REQUIRED) record('all real servers are installed', complete)
  }
  const manifestChanged = await build()
  if (IN_CI) record('the committed oclif.manifest.json is what the build makes', !manifestChanged)
  await compileTests()
  if (checks) await checkStyle()
  const raw = path.join(COVERAGE, 'raw')
  rmSync(COVERAGE, {recursive: true, force: true})
  const node = {path: process.execPath, version: process.versions.node}
  const env = coverage ? {NODE_V8_COVERAGE: raw} : {}
  for (const suite of suites) await runMocha({suite, node, mochaArgs, env, primary: true})
  // The house is in order or not whatever the Node, and what is pure has shown by its unit tests that it runs there.
  const portable = suites.filter(({name}) => !['architecture', 'property', 'simulation'].includes(name))
  for (const major of nodes) await runSuitesOnOtherNode(major, portable, mochaArgs)
  await reportCoverage(raw)
}

try {
  await main()
} catch (error) {
  process.stderr.write(`\n${error.message}\n`)
  record(error.message, false)
}
if (unsteady.length > 0) process.stdout.write(`\nunsteady, passed when run alone: ${unsteady.join('; ')}\n`)
if (failures.length > 0) process.stdout.write(`\nfailed: ${failures.join('; ')}\n`)
const skipped = totals.skipped > 0 ? `, ${totals.skipped} skipped` : ''
process.stdout.write(`\n${totals.passed} passed, ${totals.failed} failed${skipped}\n`)
process.exitCode = totals.failed > 0 ? 1 : 0
