/**
 * Kills an engine node with SIGKILL while clients write to it, again and again, and looks each time what is left of what it had
 * acknowledged: `node --import tsx bench/engine/kill.ts --appendfsync always --rounds 200 --seed 1`.
 */
import {spawn, type ChildProcess} from 'node:child_process'
import {mkdtempSync, rmSync} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {pathToFileURL} from 'node:url'
import {parseArgs} from 'node:util'
import {below} from '../../src/engine/chance.js'
import {type Rng} from '../../src/engine/ports.js'
import {countingRng} from '../../test/support/engine/seeded-rng.js'
import {freePort} from '../../test/support/free-ports.js'
import {PROJECT_ROOT} from '../../test/support/project-root.js'
import {RespConnection} from '../../test/support/resp.js'
import {until} from '../../test/support/until.js'
import {Writer} from './kill-writer.js'

export interface KillOptions {
  readonly appendfsync: 'always' | 'everysec'
  readonly rounds: number
  readonly seed: number
  /** Told after each round. */
  readonly log?: (line: string) => void
}

export interface KillReport {
  readonly rounds: number
  readonly acknowledged: number
  /** Acknowledged writes that were gone, and how long before the kill the oldest of them had been acknowledged. */
  readonly lost: number
  readonly oldestLostMs: number
  /** Rounds in which a rewrite of the AOF, or a BGSAVE, was under way when the node was killed. */
  readonly duringRewrite: number
  readonly duringSave: number
  /** Times that it was killed once more before it had started again. */
  readonly duringStart: number
}

const WRITERS = 4
/** Data that nobody changes, so that a snapshot takes a while. */
const BALLAST_KEYS = 20_000
const BALLAST_BATCH = 2000
const SHORTEST_MS = 30
const LONGEST_MS = 700
/** From the command that begins a snapshot to the kill, at most. */
const SNAPSHOT_MS = 60
const START_KILL_MS = 500
const START_MS = 60_000
const START_TRIES = 3

/** @throws Error when a node does not start again, or what it has is no prefix of what was written */
export async function killRounds({appendfsync, rounds, seed, log = () => undefined}: KillOptions): Promise<KillReport> {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'tscluster-kill-'))
  const rng = countingRng(seed)
  const writers = Array.from({length: WRITERS}, (_, index) => new Writer(String(index)))
  const report = {rounds: 0, acknowledged: 0, lost: 0, oldestLostMs: 0, duringRewrite: 0, duringSave: 0, duringStart: 0}
  let child: ChildProcess | undefined
  try {
    let killedAt = 0
    let lastPort: number | undefined
    for (let round = 0; round <= rounds; round++) {
      if (round > 0 && below(rng, 6) === 0) {
        await killWhileStarting(lastPort!, directory, appendfsync, below(rng, START_KILL_MS))
        report.duringStart++
      }
      const node = await start(directory, appendfsync, lastPort)
      child = node.child
      const {port, connection} = node
      lastPort = port
      if (round === 0) await fillBallast(connection)
      let keys = BALLAST_KEYS
      for (const writer of writers) {
        const {found, lost, oldestMs} = await writer.check(connection, killedAt)
        report.lost += lost
        report.oldestLostMs = Math.max(report.oldestLostMs, oldestMs)
        writer.begin(found)
        keys += Writer.keysAt(found)
      }
      const size = await connection.call('DBSIZE')
      if (size !== keys) throw new Error(`there are ${String(size)} keys instead of ${keys}`)
      if (round === rounds) break
      killedAt = await writeAndKill({child, connection, port, writers, rng, report})
      report.rounds++
      log(`seed ${seed} round ${round + 1}: ${report.acknowledged} acknowledged, ${report.lost} lost`)
    }
    return report
  } finally {
    child?.kill('SIGKILL')
    rmSync(directory, {recursive: true, force: true})
  }
}

interface Round {
  readonly child: ChildProcess
  readonly connection: RespConnection
  readonly port: number
  readonly writers: readonly Writer[]
  readonly rng: Rng
  readonly report: {acknowledged: number; duringRewrite: number; duringSave: number}
}

async function fillBallast(connection: RespConnection): Promise<void> {
  const value = 'b'.repeat(100)
  for (let from = 0; from < BALLAST_KEYS; from += BALLAST_BATCH) {
    await connection.pipeline(
      Array.from({length: BALLAST_BATCH}, (_, at) => ['SET', `ballast:${from + at}`, `${from + at} ${value}`]),
    )
  }
}

async function killWhileStarting(port: number, directory: string, appendfsync: string, afterMs: number): Promise<void> {
  const child = launch(port, directory, appendfsync)
  const exited = new Promise((resolve) => child.once('exit', resolve))
  await sleep(afterMs)
  child.kill('SIGKILL')
  await exited
}

/** @returns when it was killed, performance.now() */
async function writeAndKill({child, connection, port, writers, rng, report}: Round): Promise<number> {
  const before = writers.reduce((sum, {acknowledged}) => sum + acknowledged, 0)
  const running = writers.map((writer) => writer.run(port))
  await sleep(SHORTEST_MS + below(rng, LONGEST_MS))
  const command = ['BGREWRITEAOF', 'BGSAVE', undefined, undefined][below(rng, 4)]
  if (command !== undefined) {
    await connection.call(command).catch(() => undefined)
    await sleep(below(rng, SNAPSHOT_MS))
  }
  const info = String(await connection.call('INFO', 'persistence'))
  if (info.includes('aof_rewrite_in_progress:1')) report.duringRewrite++
  if (info.includes('rdb_bgsave_in_progress:1')) report.duringSave++
  const exited = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  const killedAt = performance.now()
  await exited
  await Promise.all(running)
  connection.close()
  report.acknowledged += writers.reduce((sum, {acknowledged}) => sum + acknowledged, 0) - before
  return killedAt
}

interface RunningNode {
  readonly child: ChildProcess
  readonly port: number
  readonly connection: RespConnection
}

/** Somebody else may take the port first, who would answer in its place: then once more, elsewhere. */
async function start(directory: string, appendfsync: string, lastPort: number | undefined): Promise<RunningNode> {
  for (let tries = 1; ; tries++) {
    const port = tries === 1 && lastPort !== undefined ? lastPort : await freePort()
    const child = launch(port, directory, appendfsync)
    try {
      const open = (): Promise<RespConnection | false> => connect(port, child)
      const connection = await until(open, {
        timeoutMs: START_MS,
        what: `the node to start again on port ${port}`,
        giveUpOn: Ended,
      })
      return {child, port, connection}
    } catch (error) {
      child.kill('SIGKILL')
      if (tries >= START_TRIES) throw error
    }
  }
}

class Ended extends Error {}

function launch(port: number, directory: string, appendfsync: string): ChildProcess {
  const rewrites = ['--auto-aof-rewrite-percentage', '50', '--auto-aof-rewrite-min-size', '200kb']
  const log = ['--logfile', path.join(directory, 'server.log')]
  const options = ['--port', String(port), '--dir', directory, '--save', '', '--appendonly', 'yes', ...rewrites, ...log]
  const program = path.join(PROJECT_ROOT, 'bin', 'tscluster-server.js')
  return spawn(process.execPath, [program, ...options, '--appendfsync', appendfsync], {stdio: 'ignore'})
}

async function connect(port: number, child: ChildProcess): Promise<RespConnection | false> {
  if (child.exitCode !== null) throw new Ended(`the node on port ${port} ended at once`)
  const connection = await RespConnection.open({host: '127.0.0.1', port}, START_MS)
  const isOurs = String(await connection.call('INFO', 'server')).includes(`process_id:${child.pid}\r\n`)
  if (isOurs) return connection
  connection.close()
  return false
}

async function main(): Promise<void> {
  const {values} = parseArgs({
    options: {
      appendfsync: {type: 'string', default: 'always'},
      rounds: {type: 'string', default: '200'},
      seed: {type: 'string', default: '1'},
    },
  })
  const appendfsync = values.appendfsync === 'everysec' ? 'everysec' : 'always'
  const report = await killRounds({
    appendfsync,
    rounds: Number(values.rounds),
    seed: Number(values.seed),
    log: (line) => console.log(line),
  })
  console.log(JSON.stringify({appendfsync, ...report}))
  const allowedMs = appendfsync === 'always' ? 0 : 1000
  if (report.lost > 0 && report.oldestLostMs >= allowedMs) process.exitCode = 1
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) await main()
