/**
 * The program's own commands in virtual time: flags, journal, claim, prompts and words are the real ones; only the sockets and the clock
 * are those of a simulation. So a test can read what an operator would read, and type what it was told to type.
 */
import {existsSync, readdirSync, readFileSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {Readable} from 'node:stream'
import {fileURLToPath, pathToFileURL} from 'node:url'
import {Config} from '@oclif/core'
import {readEntry} from '../../../src/cli/journal/journal-folder.js'
import type {Output, World} from '../../../src/cli/world.js'
import type {PlanResult} from '../../../src/cli/run-plan.js'
import type {NodePool, SnapshotReader} from '../../../src/manager/ports.js'
import type {Stage} from '../../../src/rehearsal/stage.js'
import {ToolProcess} from '../../../src/rehearsal/tool-process.js'
import {PROJECT_ROOT} from '../../support/project-root.js'
import {COMMANDS, type CommandName} from './commands.js'
import {InjectedPool, type OnCommand} from './injected-pool.js'

/** How one run of a command ended. */
export interface Ended {
  /** `null`: it was killed. */
  readonly exitCode: number | null
  readonly result: Partial<PlanResult>
  /** Standard output and standard error, in the order in which they were written. */
  readonly text: string
}

export interface RunOptions {
  /** Sees every command before it leaves, and may answer in the node's place. */
  readonly onCommand?: OnCommand
  /** What nodes would say to a count of the keys of all slots, looked up instead of asked. */
  readonly countOf: (address: string, slot: number) => number
}

/** No process of this machine has it. */
const DEAD_PID = 2 ** 22 + 1
const OWN_PID = `"pid":${process.pid}`
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'exit'] as const
/** `engine` commands, prompts: nothing here is typed at a terminal. */
const config = new Config({root: PROJECT_ROOT})
let isLoaded: Promise<unknown> | undefined

/** What commands load when they need it, in advance: loading takes real time, in which virtual time would pass by the second. */
async function loadAll(): Promise<void> {
  const sources = fileURLToPath(new URL('../../../src', import.meta.url))
  const files = ['cli', 'manager'].flatMap((layer) =>
    readdirSync(path.join(sources, layer), {recursive: true, encoding: 'utf8'}).map((file) =>
      path.join(sources, layer, file),
    ),
  )
  const modules = files.filter((file) => file.endsWith('.js') && !file.endsWith('help.js'))
  await Promise.all([config.load(), ...modules.map((file) => import(pathToFileURL(file).href) as Promise<unknown>)])
}

/** One machine with tscluster on it: its state folder outlives its commands. */
export class VirtualProgram {
  readonly #stage: Stage
  readonly home: string

  /** @param home the state folder's parent */
  constructor(stage: Stage, home: string) {
    this.#stage = stage
    this.home = home
  }

  get journals(): string[] {
    const folder = path.join(this.home, 'tscluster', 'journals')
    return existsSync(folder) ? readdirSync(folder).map((name) => path.join(folder, name)) : []
  }

  get unfinishedJournals(): string[] {
    return this.journals.filter((file) => !file.endsWith('.ended.jsonl'))
  }

  /** Ids of those that can be read. */
  get unfinishedOperations(): string[] {
    return this.unfinishedJournals
      .filter((file) => readEntry(file) !== undefined)
      .map((file) => path.basename(file, '.jsonl'))
  }

  async start(words: readonly string[], options: RunOptions): Promise<VirtualRun> {
    await (isLoaded ??= loadAll())
    const run = new VirtualRun(this, this.#stage, words, options)
    await run.begun
    return run
  }
}

interface Runnable {
  id: string
  _run(): Promise<unknown>
}

export class VirtualRun {
  readonly tool: ToolProcess
  /** Never settled once it is killed. */
  readonly ended: Promise<Ended>
  /** It has turned to the first node, or has ended without: until then it only reads what was typed, and files. */
  readonly begun: Promise<unknown>
  readonly #program: VirtualProgram
  readonly #known = new Map(SIGNALS.map((signal) => [signal, new Set(process.listeners(signal as 'SIGINT'))]))
  #text = ''
  #exitCode = 0

  constructor(program: VirtualProgram, stage: Stage, words: readonly string[], options: RunOptions) {
    this.#program = program
    this.tool = new ToolProcess(stage, {
      tell: (to, commands) =>
        stage.simulator.note(
          'tool',
          `${to.host}:${to.port} < ${commands.length} × ${commands[0]!.slice(0, 5).join(' ')}`,
        ),
    })
    const pool = new InjectedPool(this.tool.lifeline, this.tool.pool, options)
    this.ended = this.#run(words, pool)
    this.begun = Promise.race([pool.opened, this.ended])
  }

  get text(): string {
    return this.#text
  }

  /** Ctrl-C. */
  interrupt(): void {
    for (const listener of this.#listeners('SIGINT')) listener('SIGINT')
    this.tool.stage.stir()
  }

  /** `kill -9`. */
  kill(): void {
    this.tool.die()
    this.#forget()
  }

  async #run(words: readonly string[], pool: NodePool & SnapshotReader): Promise<Ended> {
    const [name, ...argv] = words
    const command = new COMMANDS[name as CommandName](argv, config) as unknown as Runnable
    command.id = name!
    Object.assign(command, {
      world: this.#world(),
      openPool: () => Promise.resolve(pool),
      end: (code: number) => (this.#exitCode = code),
    })
    const result = (await command._run()) as Partial<PlanResult> | undefined
    this.tool.exit()
    this.#forget()
    return {exitCode: this.#exitCode, result: result ?? {}, text: this.#text}
  }

  #world(): World {
    const output: Output = {write: (text) => void (this.#text += text), isTerminal: false, columns: 200}
    const stdin = {isTerminal: false, stream: Readable.from([])}
    return {
      stdout: output,
      stderr: output,
      stdin,
      env: {XDG_STATE_HOME: this.#program.home, NO_COLOR: '1'},
      clock: this.tool.clock,
    }
  }

  #listeners(signal: (typeof SIGNALS)[number]): ((signal: NodeJS.Signals) => void)[] {
    return process.listeners(signal as 'SIGINT').filter((each) => !this.#known.get(signal)!.has(each))
  }

  /** What a process takes with it when it ends: whoever listens in it, and that it can be found. */
  #forget(): void {
    for (const file of this.#program.unfinishedJournals) {
      const text = readFileSync(file, 'utf8')
      if (text.includes(OWN_PID)) writeFileSync(file, text.replaceAll(OWN_PID, `"pid":${DEAD_PID}`))
    }
    for (const listener of this.#listeners('exit')) (listener as () => void)()
    for (const signal of SIGNALS) {
      for (const listener of this.#listeners(signal)) process.off(signal, listener)
    }
  }
}
