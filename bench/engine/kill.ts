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
import {RespConnection, RespError} from '../../test/support/resp.js'
import {until} from '../../test/support/until.js'

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
  /** Rounds in which a rewrite of the AOF was under way when the node was killed. */
  readonly duringRewrite: number
}

const WRITERS = 4
const IN_FLIGHT = 8
/** Each writer goes round this many keys. */
const KEYS = 300
const VALUE = 'x'.repeat(100)
const SHORTEST_MS = 30
const LONGEST_MS = 700
const START_MS = 60_000
const START_TRIES = 3

/**
 * The numbers that one writer has written, each in a transaction of two commands: a counter, and a key that bears the number.
 * What is found afterwards must be one prefix of them, whole transactions, at least as long as what was acknowledged.
 */
class Writer {
  readonly #name: string
  /** The last number that was sent, and that was acknowledged. */
  sent = 0
  acknowledged = 0
  /** When each was, performance.now(). */
  readonly #times: number[] = []
  #first = 1

  constructor(name: string) {
    this.#name = name
  }

  get counter(): string {
    return `count:${this.#name}`
  }

  /** Goes on behind what was found. */
  begin(found: number): void {
    this.sent = found
    this.acknowledged = found
    this.#first = found + 1
    this.#times.length = 0
  }

  /** Writes until the connection breaks. */
  async run(port: number): Promise<void> {
    const connection = await RespConnection.open({host: '127.0.0.1', port})
    try {
      await Promise.all(Array.from({length: IN_FLIGHT}, () => this.#writeOn(connection)))
    } catch {
      // killed
    } finally {
      connection.close()
    }
  }

  /** @returns how many acknowledged writes are missing, and the oldest one's age at the kill, ms @throws Error when what is there is no prefix */
  async check(connection: RespConnection, killedAt: number): Promise<{found: number; lost: number; oldestMs: number}> {
    const found = Number((await connection.call('GET', this.counter)) ?? 0)
    if (found > this.sent) throw new Error(`${this.counter} is ${found}, but only ${this.sent} were sent`)
    const slots = Array.from({length: KEYS}, (_, slot) => slot)
    const values = await connection.pipeline(slots.map((slot) => ['GET', this.#key(slot)]))
    for (const slot of slots) {
      const last = found - ((((found - slot) % KEYS) + KEYS) % KEYS)
      const expected = last <= 0 ? null : `${last} ${VALUE}`
      if (values[slot] !== expected) {
        throw new Error(`${this.#key(slot)} is "${String(values[slot]).slice(0, 12)}" beside a count of ${found}`)
      }
    }
    const lost = Math.max(0, this.acknowledged - found)
    const oldestMs = lost === 0 ? 0 : killedAt - (this.#times[found + 1 - this.#first] ?? killedAt)
    return {found, lost, oldestMs}
  }

  async #writeOn(connection: RespConnection): Promise<void> {
    for (;;) {
      const number = ++this.sent
      const transaction = [['MULTI'], ['INCR', this.counter], ['SET', this.#key(number % KEYS), `${number} ${VALUE}`]]
      const replies = await connection.pipeline([...transaction, ['EXEC']])
      for (const reply of replies) if (reply instanceof RespError) throw reply
      this.acknowledged = number
      this.#times[number - this.#first] = performance.now()
    }
  }

  #key(slot: number): string {
    return `key:${this.#name}:${slot}`
  }
}

/** @throws Error when a node does not start again, or what it has is no prefix of what was written */
export async function killRounds({appendfsync, rounds, seed, log = () => undefined}: KillOptions): Promise<KillReport> {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'tscluster-kill-'))
  const rng = countingRng(seed)
  const writers = Array.from({length: WRITERS}, (_, index) => new Writer(String(index)))
  const report = {rounds: 0, acknowledged: 0, lost: 0, oldestLostMs: 0, duringRewrite: 0}
  let child: ChildProcess | undefined
  try {
    let killedAt = 0
    let lastPort: number | undefined
    for (let round = 0; round <= rounds; round++) {
      const node = await start(directory, appendfsync, lastPort)
      child = node.child
      const {port, connection} = node
      lastPort = port
      for (const writer of writers) {
        const {found, lost, oldestMs} = await writer.check(connection, killedAt)
        report.lost += lost
        report.oldestLostMs = Math.max(report.oldestLostMs, oldestMs)
        writer.begin(found)
      }
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
  readonly report: {acknowledged: number; duringRewrite: number}
}

/** @returns when it was killed, performance.now() */
async function writeAndKill({child, connection, port, writers, rng, report}: Round): Promise<number> {
  const before = writers.reduce((sum, {acknowledged}) => sum + acknowledged, 0)
  const running = writers.map((writer) => writer.run(port))
  await sleep(SHORTEST_MS + below(rng, LONGEST_MS))
  if (below(rng, 3) === 0) {
    await connection.call('BGREWRITEAOF').catch(() => undefined)
    await sleep(below(rng, 20))
  }
  const isRewriting = String(await connection.call('INFO', 'persistence')).includes('aof_rewrite_in_progress:1')
  if (isRewriting) report.duringRewrite++
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
