/** One cell of the matrix: a command, a fault, what the operator was told, and what became of doing it. */
import {judgeData} from '../../../src/rehearsal/judge.js'
import {isReplica, keysOf, WHOLE_KEY} from '../../../src/rehearsal/node-facts.js'
import {Overdue} from '../../../src/rehearsal/stage.js'
import type {Fault, Moment} from './faults.js'
import type {Command, Mishap, OnCommand} from './injected-pool.js'
import {isChange, isTransport, nameOf} from './moments.js'
import type {Row} from './rows.js'
import {NODE_TIMEOUT_MS, Scene} from './scene.js'
import {advisedCommand, namesNode, nextOf, type Ending} from './told.js'
import type {Ended, VirtualRun} from './virtual-program.js'

export interface CellReport {
  readonly row: string
  readonly fault: string
  readonly ending: Ending
  /** The commands that were run afterwards, by name, with their exit codes. */
  readonly remedies: readonly string[]
  /** What must not be; empty: passed. */
  readonly violations: readonly string[]
  /** Everything that was typed and told. */
  readonly transcript: string
}

/** What a command sends when nothing goes wrong. */
export interface Course {
  readonly changes: number
  readonly transports: number
}

const MOST_REMEDIES = 4
const TIMEOUTS_TO_SETTLE = 6
const LAST_PAUSE_MS = 2_000

/** How a row runs without any fault. @throws Error when it does not end well */
export async function undisturbed(row: Row): Promise<Course> {
  const course = {changes: 0, transports: 0}
  const scene = await sceneOf(row)
  try {
    const run = await scene.start(row.words(scene), {
      onCommand: (_, command) => {
        if (isChange(command)) course.changes++
        if (isTransport(command)) course.transports++
        return rewritten(command)
      },
    })
    const {exitCode, text} = await scene.ended(run, row.name)
    if (exitCode !== 0) throw new Error(`${row.name} without a fault ends with ${exitCode}: ${text}`)
    return course
  } finally {
    scene.remove()
  }
}

export async function playCell(row: Row, fault: Fault, course: Course): Promise<CellReport> {
  const scene = await sceneOf(row)
  const cell = new Cell(scene, row, fault, course)
  const {now} = Date
  // Claims and journals tell the time of day; here it is that of the simulation.
  Date.now = () => Math.round(scene.ground.simulator.nowMs)
  try {
    return await cell.toTheEnd()
  } finally {
    Date.now = now
    scene.remove()
  }
}

async function sceneOf(row: Row): Promise<Scene> {
  const scene = new Scene(row.layout)
  await row.prepare?.(scene)
  return scene
}

/** Simulated nodes have no file to rewrite. */
function rewritten(command: Command): Mishap | undefined {
  return nameOf(command) === 'CONFIG REWRITE' ? {kind: 'answers', reply: 'OK'} : undefined
}

class Cell {
  readonly #scene: Scene
  readonly #row: Row
  readonly #fault: Fault
  readonly #course: Course
  readonly #remedies: string[] = []
  readonly #words: readonly string[]
  #transcript = ''
  #struck: Moment | undefined
  #isLifted = false
  #count = 0

  constructor(scene: Scene, row: Row, fault: Fault, course: Course) {
    this.#scene = scene
    this.#row = row
    this.#fault = fault
    this.#course = course
    this.#words = row.words(scene)
  }

  async toTheEnd(): Promise<CellReport> {
    let ending: Ending = 'failed'
    try {
      ending = await this.#play()
    } catch (error) {
      const overdue = error instanceof Overdue
      this.#violated(overdue ? error.message : `crashed: ${error instanceof Error ? error.stack : String(error)}`)
    }
    this.#lift()
    this.#scene.kill()
    return {
      ...{row: this.#row.name, fault: this.#fault.name, ending, remedies: this.#remedies},
      ...{violations: this.#scene.ground.violations, transcript: this.#transcript},
    }
  }

  async #play(): Promise<Ending> {
    const {ground} = this.#scene
    if (this.#row.layout.primaries > 0) ground.startWriters(1)
    const added = this.#fault.before?.(this.#scene) ?? []
    const first = await this.#command([...this.#words, ...added])
    if (this.#fault.strike !== undefined && this.#struck === undefined) this.#violated('the moment never came')
    const ending = nextOf(first, this.#scene.program.unfinishedOperations.length > 0)
    this.#judgeWords(first, ending)
    ground.slowWriters()
    await this.#scene.othersEnded()
    await this.#putInOrder(first)
    await this.#judge()
    return ending
  }

  /** What an operator does who does what was said. */
  async #putInOrder(first: Ended): Promise<void> {
    let last = first
    if (this.#fault.lasts !== true || last.exitCode === 0) this.#lift()
    for (let tries = 0; !isDone(last); tries++) {
      if (tries === MOST_REMEDIES) return this.#violated(`after ${MOST_REMEDIES} remedies: exit code ${last.exitCode}`)
      if (tries > 0) {
        this.#lift()
        await this.#settle()
      }
      const isOpen = this.#scene.program.unfinishedOperations.length > 0
      const words = advisedCommand(last, isOpen, this.#words, this.#scene.name(this.#row.cast.entry))
      if (words.includes('--replace')) this.#excuseConflicts()
      last = await this.#command(words)
      this.#remedies.push(remedyName(words, last))
      if (this.#isAsWanted(words, last)) return
    }
  }

  /** What was asked for is there by now, or can no longer be meant: who was to be followed is no primary any more. */
  #isAsWanted(words: readonly string[], {text}: Ended): boolean {
    return words === this.#words && /\[(unknown-node|not-a-primary|already-primary)\]/.test(text)
  }

  async #command(words: readonly string[]): Promise<Ended> {
    this.#transcript += `$ tscluster ${words.join(' ')}\n`
    const run: VirtualRun = await this.#scene.start(words, {onCommand: (...sent) => this.#sent(run, ...sent)})
    const ended = await this.#scene.ended(run, words.join(' '))
    this.#transcript += `${ended.text}[exit code ${ended.exitCode}]\n`
    return ended
  }

  #sent(run: VirtualRun, ...[address, command]: Parameters<OnCommand>): Mishap | undefined {
    const {strike, afterwards} = this.#fault
    const moment: Moment = {scene: this.#scene, row: this.#row, run, address, command}
    if (!this.#isLifted && this.#struck !== undefined) return afterwards?.(moment, this.#struck) ?? rewritten(command)
    if (this.#struck !== undefined || strike === undefined || !this.#isTheMoment(command)) {
      return rewritten(command)
    }
    this.#struck = moment
    this.#transcript += `--- ${this.#fault.name}: before ${nameOf(command)} to ${address.host}:${address.port} ---\n`
    return strike(moment) ?? rewritten(command)
  }

  #isTheMoment(command: Command): boolean {
    const {moment = 'middle'} = this.#fault
    const {changes, transports} = this.#course
    const byTransport = moment === 'transport' && transports > 0
    if (!(byTransport ? isTransport(command) : isChange(command))) return false
    this.#count++
    const all = byTransport ? transports : changes
    return this.#count === (moment === 'first' ? 1 : moment === 'last' ? all : Math.ceil(all / 2))
  }

  /** The message names the node, where one has to do with it, and says what to do. */
  #judgeWords(ended: Ended, ending: Ending): void {
    if (ending === 'done' || ending === 'killed') return
    if (ending === 'failed') this.#violated('neither done, nor resumable, nor undone')
    if (this.#fault.isLocal !== true && !namesNode(ended)) this.#violated('the message names no node')
    if (!/tscluster [a-z]|\(.+\) \[[a-z-]+\]|→|nothing was changed|may be given again/.test(ended.text)) {
      this.#violated('the message says not what to do')
    }
    if (ended.text.includes('[internal]')) this.#violated('a bug of ours')
  }

  #lift(): void {
    if (this.#isLifted) return
    this.#isLifted = true
    this.#fault.lift?.(this.#scene, this.#row)
  }

  async #judge(): Promise<void> {
    const {ground} = this.#scene
    this.#lift()
    ground.stopWriters()
    await this.#settle()
    let checked = await this.#check()
    if (checked.exitCode !== 0) {
      const entry = this.#scene.name(this.#row.cast.entry)
      const fixed = await this.#command(['fix', entry, '--yes'])
      this.#remedies.push(remedyName(['fix'], fixed))
      await this.#settle()
      checked = await this.#check()
    }
    if (checked.exitCode !== 0) this.#violated(`check ends with ${checked.exitCode}`)
    await ground.pass(LAST_PAUSE_MS)
    this.#fault.excuse?.(this.#struck!)
    // The heir of a source knows nothing of a move: until it is finished, clients look in vain for what has gone over.
    if (ground.losses.failovers > 0) ground.misses.splice(0)
    judgeData(this.#scene.members, ground)
    await this.#closeJournals()
  }

  /** What was put in order without its journal is true by now: `resume` finds that, and closes it. */
  async #closeJournals(): Promise<void> {
    const {program} = this.#scene
    for (const id of program.unfinishedOperations) {
      const {exitCode} = await this.#command(['resume', id, '--yes'])
      if (exitCode !== 0) this.#violated(`something is left of operation ${id}: resume ends with ${exitCode}`)
    }
  }

  /** Of a key with two values the one that the operator decides against is lost. */
  #excuseConflicts(): void {
    const {ledger} = this.#scene.ground
    const primaries = this.#scene.members.filter((node) => !isReplica(node))
    const holders = new Map<string, number>()
    for (const key of primaries.flatMap(keysOf)) holders.set(key, (holders.get(key) ?? 0) + 1)
    for (const [key, places] of holders) {
      if (places === 1) continue
      ledger.excuse(key, WHOLE_KEY)
      for (const element of ledger.elementsOf(key)) ledger.excuse(key, element)
    }
  }

  #check(): Promise<Ended> {
    return this.#command(['check', this.#scene.name(this.#row.cast.entry)])
  }

  async #settle(): Promise<void> {
    await this.#scene.ground.pass(TIMEOUTS_TO_SETTLE * NODE_TIMEOUT_MS)
  }

  #violated(what: string): void {
    this.#scene.ground.violated(what)
  }
}

function isDone({exitCode, result}: Ended): boolean {
  return exitCode === 0 || result.status === 'applied'
}

/** `resume`, or `resume (5)` where it did not do everything. */
function remedyName(words: readonly string[], {exitCode}: Ended): string {
  const name = words.includes('--replace') ? `${words[0]} --replace` : words[0]!
  return exitCode === 0 ? name : `${name} (${exitCode})`
}
