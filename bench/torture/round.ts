/** One round: a cluster, writers, an operation, a fault at a moment that the seed drew, one command that recovers, a verdict. */
import {mkdtempSync, rmSync} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {pick} from '../../src/engine/chance.js'
import {countingRng} from '../../test/support/engine/seeded-rng.js'
import type {Flavour} from '../../test/support/installed-servers.js'
import type {CliResult, RunningCli} from '../../test/support/run-cli.js'
import {drawFault, failsOver, strike, type Fault} from './faults.js'
import {clearGround, layGround, targetsOf, type Ground} from './ground.js'
import {keepEvidence} from './evidence.js'
import type {Operation, Recovery, Task, Tool} from './operations.js'
import {hasCluster, isClean, settledStanding, type Standing} from './standing.js'
import {hasUnfinished, recoveriesOf, recoveryWords, startTool} from './tools.js'
import {lookUp} from './verdict.js'
import {Writers} from './writers.js'

export interface RoundOptions {
  readonly operation: Operation
  readonly flavour: Flavour
  readonly tool: Tool
  readonly seed: number
  /** Only faults after which a replica takes over; without it, none of them. */
  readonly takeovers: boolean
  /** What the operation takes when nothing happens, ms: the fault comes somewhere in it. */
  readonly usualMs: number
  /** Where a failing round leaves what was said and logged. */
  readonly logs: string
}

export interface RoundReport {
  readonly seed: number
  readonly fault: Fault['kind']
  readonly recovery: Recovery | 'none needed'
  /** The tool was still at work when the fault came. */
  readonly isHit: boolean
  readonly acknowledged: number
  readonly lost: number
  readonly doubled: number
  /** Keys of which the servers made two versions: a replica took over that knew nothing of the move that was under way. */
  readonly split: number
  /** Slots were still open after the one command. */
  readonly leftOpen: boolean
  /** The one command was not enough, or said that it was not. */
  readonly neededAHand: boolean
  /** From the start of the one command until all is as it must be; `undefined` when none was needed, or it did not help. */
  readonly recoveryMs: number | undefined
  /** What is wrong, a line each. */
  readonly details: readonly string[]
}

/** Traffic after the recovery: a slot that nobody serves would show. */
const AFTERWARDS_MS = 200
const MORE_TRIES = 2
/** What tscluster says where an undo that has begun is finished instead: there is nothing to be reached then. */
const UNDONE = 'was being undone'
/** A recovery that takes longer leaves its evidence, though it helped. */
const SLOW_MS = 20_000

/** @returns `undefined` when the tool has no such command @throws Error when the ground cannot be laid */
export async function playRound(options: RoundOptions): Promise<RoundReport | undefined> {
  const {operation, flavour, tool, seed} = options
  const rng = countingRng(seed)
  const fault = drawFault(rng, options.takeovers)
  const ground = await layGround({
    flavour,
    shape: operation.shape(rng),
    failsOver: failsOver(fault),
    keysIn: operation.keysIn,
  })
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tscluster-torture-'))
  try {
    await operation.prepare?.(ground, rng)
    const task = await operation.task(ground, rng)
    const recovery = pick(rng, recoveriesOf(tool, operation))
    if (task.words[tool] === null) return undefined
    const round = new Round(options, {ground, task, fault, recovery, folder})
    const report = await round.play()
    const isOdd = report.details.length > 0 || (report.recoveryMs ?? 0) > SLOW_MS
    if (isOdd) await keepEvidence(options.logs, {report, ground, folder, said: round.said})
    return report
  } finally {
    await clearGround(ground)
    rmSync(folder, {recursive: true, force: true})
  }
}

interface Scene {
  readonly ground: Ground
  readonly task: Task
  readonly fault: Fault
  readonly recovery: Recovery
  /** The tool's state folder. */
  readonly folder: string
}

interface Recovered {
  readonly recovery: RoundReport['recovery']
  readonly recoveryMs: number | undefined
  readonly leftOpen: boolean
  readonly details: readonly string[]
}

class Round {
  /** What the programs were called with and said. */
  readonly said: string[] = []
  readonly #options: RoundOptions
  readonly #scene: Scene

  constructor(options: RoundOptions, scene: Scene) {
    this.#options = options
    this.#scene = scene
  }

  async play(): Promise<RoundReport> {
    const {operation, seed} = this.#options
    const {fault, ground} = this.#scene
    let writers = operation.writes ? this.#startWriters() : undefined
    const {isHit, isDone} = await this.#operate()
    const recovered = await this.#recover(isDone)
    if (writers === undefined && (await hasCluster(ground.nodes))) writers = this.#startWriters()
    await sleep(AFTERWARDS_MS)
    await writers?.stop()
    const {details, ...counts} = await lookUp(ground, writers, this.#options.takeovers)
    return {
      seed,
      fault: fault.kind,
      isHit,
      ...recovered,
      neededAHand: recovered.details.length > 0,
      ...counts,
      details: [...recovered.details, ...details],
    }
  }

  #startWriters(): Writers {
    const {ground, fault} = this.#scene
    return Writers.start(targetsOf(ground), {waitForReplica: failsOver(fault)})
  }

  /** The operation and the fault in it; returns when both are over. */
  async #operate(): Promise<{readonly isHit: boolean; readonly isDone: boolean}> {
    const {tool, usualMs} = this.#options
    const {ground, task, fault} = this.#scene
    const running = this.#start(task.words[tool]!)
    await Promise.race([sleep(fault.moment * usualMs), running.done.catch(() => undefined)])
    const isHit = running.process.exitCode === null
    const victim = task.victims[fault.victim % task.victims.length]!
    this.said.push(`(${fault.kind}, ${ground.nodes.node(victim).address}, ${isHit ? 'at work' : 'after its end'})`)
    await strike(fault, ground, victim, running)
    const result = await this.#end(running)
    return {isHit, isDone: result?.code === 0}
  }

  /** One command, unless the tool has said that it is done, or that nothing was begun, and it is true. */
  async #recover(isDone: boolean): Promise<Recovered> {
    const {recovery: drawn} = this.#scene
    const canRun = await this.#canRun(drawn)
    // Who is told that there is nothing to resume, and sees open slots all the same, runs fix.
    const recovery = canRun ? drawn : 'fix'
    if (isDone || !canRun) {
      const standing = await this.#standing()
      const missing = isDone && isClean(standing) ? await this.#missing() : undefined
      if (missing !== undefined) return {...this.#failed('none needed', standing), details: [`done, but ${missing}`]}
      if (isClean(standing)) return {recovery: 'none needed', recoveryMs: undefined, leftOpen: false, details: []}
    }
    const startedMs = performance.now()
    const result = await this.#runRecovery(recovery)
    const standing = await this.#standing()
    const complaint = await this.#complaint(recovery, result, standing)
    if (complaint === undefined) {
      return {recovery, recoveryMs: performance.now() - startedMs, leftOpen: false, details: []}
    }
    const failed = this.#failed(recovery, standing)
    const more = await this.#tryMore()
    return {...failed, details: [complaint, ...failed.details, more]}
  }

  /** `resume` and `abort` are for what has begun: before its journal is written an operation has changed nothing. */
  async #canRun(recovery: Recovery): Promise<boolean> {
    const {tool, flavour} = this.#options
    return recovery === 'fix' || recovery === 'again' || (await hasUnfinished(tool, flavour, this.#scene.folder))
  }

  #failed(recovery: RoundReport['recovery'], {open, troubles}: Standing): Recovered {
    return {recovery, recoveryMs: undefined, leftOpen: open.length > 0, details: [...open, ...troubles]}
  }

  /**
   * redis-cli's exit codes tell little, so of it only the cluster is looked at; and the same command again may well be refused,
   * when what it asks for is there already.
   */
  async #complaint(recovery: Recovery, result: CliResult | undefined, standing: Standing): Promise<string | undefined> {
    const {tool} = this.#options
    if (result === undefined) return `${recovery} hangs`
    if (!isClean(standing)) return `${recovery} was not enough`
    if (tool === 'tscluster' && recovery !== 'again' && result.code !== 0) {
      return `${recovery} ended with exit code ${result.code}`
    }
    if ((recovery !== 'again' && recovery !== 'resume') || result.stderr.includes(UNDONE)) return undefined
    const missing = await this.#missing()
    return missing === undefined ? undefined : `after ${recovery} ${missing}`
  }

  #standing(): Promise<Standing> {
    const {nodes, nodeTimeoutMs} = this.#scene.ground
    return settledStanding(nodes, this.#options.operation.setsTimeout === true ? undefined : nodeTimeoutMs)
  }

  #missing(): Promise<string | undefined> {
    return this.#scene.task.missing().catch((error: unknown) => String(error))
  }

  /** Whether more of the same would have helped: for the person who reads the report. */
  async #tryMore(): Promise<string> {
    for (let time = 1; time <= MORE_TRIES; time++) {
      await this.#runRecovery('fix')
      if (isClean(await this.#standing())) return `clean after ${time} more fix`
    }
    return `not clean after ${MORE_TRIES} more fix`
  }

  #runRecovery(recovery: Recovery): Promise<CliResult | undefined> {
    return this.#end(this.#start(recoveryWords(this.#options.tool, recovery, this.#scene.task)))
  }

  #start(words: readonly string[]): RunningCli {
    const {tool, flavour} = this.#options
    this.said.push(`$ ${tool} ${words.join(' ')}`)
    return startTool(tool, flavour, words, this.#scene.folder)
  }

  /** `undefined` when it hangs. */
  async #end(running: RunningCli): Promise<CliResult | undefined> {
    const result = await running.done.catch(() => undefined)
    const {stdout, stderr} = running
    this.said.push(stdout, stderr, result === undefined ? 'HANGS' : `= ${result.code ?? result.signal ?? ''}`)
    return result
  }
}

/** Nothing goes wrong. @returns what the operation takes, ms @throws Error when it fails */
export async function undisturbedMs(options: Omit<RoundOptions, 'usualMs' | 'logs'>): Promise<number> {
  const {operation, flavour, tool, seed} = options
  const rng = countingRng(seed)
  drawFault(rng, options.takeovers)
  const ground = await layGround({flavour, shape: operation.shape(rng), failsOver: false, keysIn: operation.keysIn})
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tscluster-torture-'))
  try {
    await operation.prepare?.(ground, rng)
    const {words} = await operation.task(ground, rng)
    if (words[tool] === null) return await undisturbedMs({...options, seed: seed + 1})
    const writers = operation.writes ? Writers.start(targetsOf(ground), {waitForReplica: false}) : undefined
    const startedMs = performance.now()
    const {code, stdout, stderr} = await startTool(tool, flavour, words[tool], folder).done
    const takenMs = performance.now() - startedMs
    await writers?.stop()
    if (code !== 0) throw new Error(`${operation.name} fails with nothing done to it:\n${stdout}${stderr}`)
    return takenMs
  } finally {
    await clearGround(ground)
    rmSync(folder, {recursive: true, force: true})
  }
}
