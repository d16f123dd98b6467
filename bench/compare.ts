/** tscluster against redis-cli (or valkey-cli), job by job, in one run on one machine. */
import path from 'node:path'
import {findProgram, FLAVOURS, type Flavour} from '../test/support/installed-servers.js'
import {stopAllNodes} from '../test/support/server-nodes.js'
import {hold, type Contest, type Row} from './contest.js'
import {createContest, reshardContest, type Programs} from './contests.js'

export interface CompareOptions {
  /** The project's folder, where the program was built. */
  readonly root: string
  /** Default: the oldest that is installed, for every redis-cli knows it. */
  readonly server: string | undefined
  readonly rounds: number
}

/**
 * Prints a table of medians and ratios.
 * @throws Error when the server or its redis-cli is not installed, or a program fails
 */
export async function compare({root, server, rounds}: CompareOptions): Promise<void> {
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds wants a whole number of at least 1')
  const {flavour, redisCli} = chooseServer(server)
  const programs: Programs = {node: process.execPath, tscluster: path.join(root, 'bin', 'run.js'), redisCli}
  const contests: readonly (() => Promise<Contest> | Contest)[] = [
    () => createContest(flavour, programs),
    () => reshardContest(flavour, programs, {keys: 0, valueBytes: 0, replicasEach: 0}),
    () => reshardContest(flavour, programs, {keys: 0, valueBytes: 0, replicasEach: 1}),
    () => reshardContest(flavour, programs, {keys: 100_000, valueBytes: 1024, replicasEach: 0}),
  ]
  process.once('SIGINT', () => void stopAllNodes().finally(() => process.exit(130)))
  const rows: Row[] = []
  try {
    for (const prepare of contests) {
      const contest = await prepare()
      rows.push(...(await hold(contest, rounds, (line) => console.error(line))))
      await stopAllNodes()
    }
  } finally {
    await stopAllNodes()
  }
  print(flavour, rounds, rows)
}

function chooseServer(wanted: string | undefined): {flavour: Flavour; redisCli: string} {
  const known = FLAVOURS.filter((each) => wanted === undefined || each === wanted)
  if (known.length === 0) throw new Error(`--server wants one of ${FLAVOURS.join(', ')}, not "${wanted}"`)
  for (const flavour of known) {
    const redisCli = findProgram(flavour, 'cli')
    if (findProgram(flavour) !== undefined && redisCli !== undefined) return {flavour, redisCli}
  }
  throw new Error(`not installed: ${known.join(', ')} with its redis-cli; run scripts/install-servers as root`)
}

function print(flavour: Flavour, rounds: number, rows: readonly Row[]): void {
  const median = rounds === 1 ? 'one round' : `medians of ${rounds} rounds`
  console.log(`\n${flavour}, Node ${process.versions.node}, ${median}, ms\n`)
  console.log('| job | until | tscluster | redis-cli | redis-cli / tscluster |')
  console.log('|---|---|---:|---:|---:|')
  for (const {contest, measured, ours, theirs, ratio} of rows) {
    console.log(`| ${contest} | ${measured} | ${Math.round(ours)} | ${Math.round(theirs)} | ${ratio.toFixed(1)} |`)
  }
}
