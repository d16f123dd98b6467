/** Runs the program as its users do: `node bin/run.js …` as a child process. */
import {spawn, type ChildProcess} from 'node:child_process'
import {mkdtempSync, rmSync} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {PROJECT_ROOT} from './project-root.js'

export interface CliOptions {
  /** Text for standard input, which is then closed. Default: standard input is closed at once (no terminal, nothing to read). */
  readonly input?: string
  /** Laid over this process's environment; `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Default 60,000 ms. Then the process is killed and `done` rejects, naming the command and what it had said. */
  readonly timeoutMs?: number
  /** Default: the project's root. */
  readonly cwd?: string
}

export interface CliResult {
  readonly stdout: string
  readonly stderr: string
  /** `null` when a signal ended it. */
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A run that is still under way. */
export interface RunningCli {
  readonly process: ChildProcess
  readonly done: Promise<CliResult>
  /** What it has said so far. */
  readonly stdout: string
  readonly stderr: string
  /** Resolves when the pattern stands in either stream. @throws Error when the process ends without it. */
  said(pattern: RegExp): Promise<void>
  /** Sends the signal as soon as the pattern stands in either stream. */
  signalAfter(pattern: RegExp, signal: NodeJS.Signals): Promise<void>
}

const DEFAULT_TIMEOUT_MS = 60_000

/** Journals and operations of what tests start: not among those of who runs the tests. */
export const STATE_HOME = mkdtempSync(path.join(os.tmpdir(), 'tscluster-state-'))
process.once('exit', () => rmSync(STATE_HOME, {recursive: true, force: true}))

export const BIN = path.join(PROJECT_ROOT, 'bin', 'run.js')

/** The Node that runs the program: TSCLUSTER_NODE, or the one that runs the tests. */
export const NODE = process.env['TSCLUSTER_NODE'] ?? process.execPath

/** Runs to the end. The exit code is for the test to judge. @throws Error only when it does not end in time. */
export function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return startCli(args, options).done
}

/** Starts it and returns at once, for tests that interrupt it or look at it while it works. */
export function startCli(args: readonly string[], options: CliOptions = {}): RunningCli {
  return startProgram(NODE, [BIN, ...args], options)
}

/** Any program under the same watch: redis-cli, to compare with. */
export function startProgram(program: string, args: readonly string[], options: CliOptions = {}): RunningCli {
  const {input, env = {}, timeoutMs = DEFAULT_TIMEOUT_MS, cwd = PROJECT_ROOT} = options
  const child = spawn(program, args, {cwd, env: environment(env), stdio: ['pipe', 'pipe', 'pipe']})
  const said = {stdout: '', stderr: ''}
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text))
  // A program that ends without reading its input is no fault of the test.
  child.stdin.on('error', () => undefined).end(input ?? '')
  const name = [program, ...args].join(' ')
  const done = untilClosed(child, said, timeoutMs, name)
  // A test that only waits for words need not await the end as well; whoever awaits `done` still gets the error.
  done.catch(() => undefined)
  const hasSaid = (pattern: RegExp): Promise<void> => untilSaid(child, said, pattern, name)
  return {
    process: child,
    done,
    get stdout() {
      return said.stdout
    },
    get stderr() {
      return said.stderr
    },
    said: hasSaid,
    async signalAfter(pattern, signal) {
      await hasSaid(pattern)
      child.kill(signal)
    },
  }
}

interface Said {
  stdout: string
  stderr: string
}

/** Colours and terminals of whoever runs the tests must not show in the results. */
function environment(changes: Readonly<Record<string, string | undefined>>): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {...process.env, XDG_STATE_HOME: STATE_HOME, ...changes}
  const unwanted = ['FORCE_COLOR', 'NODE_OPTIONS', 'REDISCLI_AUTH', 'TSCLUSTER_PASSWORD']
  for (const name of unwanted) if (!(name in changes)) delete env[name]
  for (const [name, value] of Object.entries(changes)) if (value === undefined) delete env[name]
  return env
}

function untilClosed(child: ChildProcess, said: Said, timeoutMs: number, name: string): Promise<CliResult> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error(`did not end within ${timeoutMs} ms: ${name}\n${said.stdout}\n${said.stderr}`))
    }, timeoutMs)
    child.once('error', reject)
    child.once('close', (code, signal) => {
      clearTimeout(timer)
      resolve({...said, code, signal})
    })
  })
}

function untilSaid(child: ChildProcess, said: Said, pattern: RegExp, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      if (pattern.test(said.stdout) || pattern.test(said.stderr)) {
        stopLooking()
        resolve()
      }
    }
    const closed = (): void => {
      stopLooking()
      reject(new Error(`ended without saying ${String(pattern)}: ${name}\n${said.stdout}\n${said.stderr}`))
    }
    const stopLooking = (): void => {
      child.stdout?.off('data', look)
      child.stderr?.off('data', look)
      child.off('close', closed)
    }
    child.stdout?.on('data', look)
    child.stderr?.on('data', look)
    child.once('close', closed)
    look()
    if (child.exitCode !== null && child.stdout?.destroyed === true) closed()
  })
}
