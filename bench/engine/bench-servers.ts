/** One engine node and one redis-server for a bench: each a process of its own, owner of every slot, with nothing to save. */
import {spawn, type ChildProcess} from 'node:child_process'
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {freePort} from '../../test/support/free-ports.js'
import {programPath} from '../../test/support/installed-servers.js'
import {RespConnection, RespError} from '../../test/support/resp.js'
import {until} from '../../test/support/until.js'

export type Competitor = 'engine' | 'redis'

export interface BenchServer {
  readonly competitor: Competitor
  readonly port: number
  readonly directory: string
  /** User and system time of the process so far. */
  cpuSeconds(): number
  /** Resident memory of the process. */
  rssBytes(): number
  stop(): void
}

/** `sysconf(_SC_CLK_TCK)`: 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100
const READY_TIMEOUT_MS = 10_000

/**
 * @param root the project's folder, where the program was built
 * @param config more directives
 */
export async function startBenchServer(
  competitor: Competitor,
  root: string,
  config: Readonly<Record<string, string>> = {},
): Promise<BenchServer> {
  const port = await freePort()
  const directory = mkdtempSync(path.join(os.tmpdir(), 'tscluster-bench-'))
  const settings = {
    port: String(port),
    bind: '127.0.0.1',
    'cluster-enabled': 'yes',
    save: '',
    appendonly: 'no',
    ...config,
  }
  const file = writeConfig(directory, settings)
  const [program, ...args] =
    competitor === 'redis'
      ? [programPath('redis-7.0'), file]
      : [process.execPath, path.join(root, 'bin', 'tscluster-server.js'), file]
  const child = spawn(program, args, {stdio: 'ignore', cwd: directory})
  const server = new RunningServer(competitor, port, child, directory)
  try {
    await until(() => answers(port), {timeoutMs: READY_TIMEOUT_MS, what: `the ${competitor} answers on port ${port}`})
    await takeAllSlots(port)
    return server
  } catch (error) {
    server.stop()
    throw error
  }
}

function writeConfig(directory: string, settings: Readonly<Record<string, string>>): string {
  const file = path.join(directory, 'redis.conf')
  const lines = Object.entries(settings).map(([name, value]) => `${name} ${value === '' ? '""' : value}`)
  writeFileSync(file, `${lines.join('\n')}\n`)
  return file
}

async function answers(port: number): Promise<boolean> {
  try {
    const connection = await RespConnection.open({host: '127.0.0.1', port})
    connection.close()
    return true
  } catch {
    return false
  }
}

/** One node that owns everything is a cluster in state ok after a moment. */
async function takeAllSlots(port: number): Promise<void> {
  const connection = await RespConnection.open({host: '127.0.0.1', port})
  await connection.pipeline([['CLUSTER', 'ADDSLOTSRANGE', '0', '16383']])
  const writable = async (): Promise<boolean> => {
    const [reply] = await connection.pipeline([['SET', 'bench', 'ready']])
    return !(reply instanceof RespError)
  }
  await until(writable, {timeoutMs: READY_TIMEOUT_MS, what: `the server on port ${port} takes writes`})
  connection.close()
}

class RunningServer implements BenchServer {
  readonly competitor: Competitor
  readonly port: number
  readonly #child: ChildProcess
  readonly directory: string

  constructor(competitor: Competitor, port: number, child: ChildProcess, directory: string) {
    this.competitor = competitor
    this.port = port
    this.#child = child
    this.directory = directory
  }

  cpuSeconds(): number {
    const stat = readFileSync(`/proc/${this.#child.pid}/stat`, 'latin1')
    // Counted from behind the name, which is in parentheses and may hold anything: user is the 12th word, system the 13th.
    const words = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(words[11]) + Number(words[12])) / TICKS_PER_SECOND
  }

  rssBytes(): number {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'latin1')
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024
  }

  stop(): void {
    this.#child.kill('SIGKILL')
    rmSync(this.directory, {recursive: true, force: true})
  }
}
