/** One seed, one scenario, from the beginning to the verdict. */
import {below, pick} from '../engine/chance.js'
import {unrest} from '../engine/sim/checkers/convergence.js'
import type {SimNode} from '../engine/sim/sim-node.js'
import {derivedRng} from '../engine/sim/seeded-rng.js'
import {check} from '../manager/check/check.js'
import {describeStep} from './trace-words.js'
import type {ClaimOwner} from '../manager/claim-owner.js'
import type {Journal} from '../manager/execute/journal/lines.js'
import {withAllKeyCounts} from '../manager/observe.js'
import type {ContinuePurpose} from '../manager/plan/resume/continuation.js'
import {observeSettled} from '../manager/observe-settled.js'
import type {NodePool} from '../manager/ports.js'
import type {ClusterView} from '../manager/view/cluster-view.js'
import type {Address} from '../model/address.js'
import {formatAddress} from '../model/address.js'
import {repair, type Ending, type Errand, type RepairOptions} from './carry-out.js'
import {describeFault, drawFaults, USUAL_FAULTS, type Fault, type FaultKind} from './faults.js'
import {FaultPlan} from './fault-plan.js'
import {addressOf, Ground} from './ground.js'
import {judgeData, judgeImported} from './judge.js'
import {goOn} from './go-on.js'
import {ownedSlots, withCountsSeen} from './node-facts.js'
import {Notebook} from './notebook.js'
import type {Command} from './lifeline.js'
import {rebalance, reshard, type Operation} from './operations.js'
import {SCENARIOS, type ScenarioName} from './scenarios.js'
import {Overdue} from './stage.js'
import {ToolProcess} from './tool-process.js'

export interface PlayOptions {
  readonly seed: number
  readonly scenario: ScenarioName
  /** Of which to draw; default: USUAL_FAULTS. */
  readonly faults?: readonly FaultKind[]
  readonly nodes?: number
  /** Gets each line of the trace as it is written. */
  readonly onLine?: (line: string) => void
}

export interface Verdict {
  readonly seed: number
  readonly scenario: ScenarioName
  readonly faults: readonly string[]
  /** How the command ended; `killed` when its process was. */
  readonly ended: Ending['status'] | 'killed'
  readonly reason: string
  /** What must not be; empty: passed. */
  readonly violations: readonly string[]
  readonly virtualMs: number
  readonly acknowledgedWrites: number
  /** Of these, how many are gone because replication is asynchronous: computed where a replica took a primary's place. */
  readonly takenWrites: number
  readonly failovers: number
  /** Of everything that happened: the same on every machine. */
  readonly hash: string
}

/** No command takes longer, whatever goes wrong. */
const DEADLINE_MS = 600_000
/** How many node timeouts failure detection, an election and the return of a node take at most. */
const TIMEOUTS_TO_SETTLE = 6
const LAST_PAUSE_MS = 2_000
const MOST_FIXES = 3
const MOST_TRIES = 5
const DAMAGE_SPREADS_MS = 3_000
const REST_LIMIT_MS = 90_000
const REST_PAUSE_MS = 250
/** Of a tool that is gone: a node that hung still shows it, and nobody hears of it any more. */
const CLAIM_EXPIRES_MS = 35_000

/** What the operator does about a command that did not come to its end. The same command again goes on with it, as `resume` does. */
type Recovery = 'resume' | 'abort' | 'fix'
const RECOVERIES: readonly Recovery[] = ['resume', 'abort', 'fix']
/** Operations after which a cluster that is whole may have one node too many. */
const JOINS_OR_LEAVES: ReadonlySet<ScenarioName> = new Set<ScenarioName>(['create', 'add-node', 'del-node'])

const SEEDS_FOR_A_FULL_COUNT = 25

export async function play(options: PlayOptions): Promise<Verdict> {
  const run = new Play(options)
  return run.toTheEnd()
}

class Play {
  readonly #options: PlayOptions
  readonly #ground: Ground
  readonly #faults: readonly Fault[]
  readonly #startedMs: number
  readonly #operation: Operation
  readonly #second: Operation
  #ended: Verdict['ended'] = 'failed'
  #reason = ''
  #undone = false
  /** Of a create: whether there is a cluster now. */
  #isMade = false
  /** Of an import: whether it said that all has arrived. */
  #isImported = false
  /** Acknowledged writes that failovers took. */
  #taken = 0
  readonly #notebook = new Notebook('first')
  readonly #secondNotebook = new Notebook('second')
  #tools = 0

  constructor(options: PlayOptions) {
    this.#options = options
    const {seed, scenario: name, faults = USUAL_FAULTS, nodes} = options
    const scenario = SCENARIOS[name]
    const rng = derivedRng(seed, 'scenario')
    this.#ground = new Ground(seed, scenario.shape(rng, nodes), options.onLine)
    this.#startedMs = this.#ground.simulator.nowMs
    this.#ground.load(derivedRng(seed, 'data'))
    scenario.damage?.(this.#ground, derivedRng(seed, 'damage'))
    // The epochs that it took are known everywhere before others are drawn by lot.
    if (scenario.damage !== undefined) this.#ground.simulator.run(DAMAGE_SPREADS_MS)
    this.#faults = drawFaults(derivedRng(seed, 'faults', name), faults, this.#ground.nodes.length)
    this.#operation = scenario.operation(this.#ground, derivedRng(seed, 'operation'))
    const secondRng = derivedRng(seed, 'second')
    this.#second = pick(secondRng, [reshard, rebalance])(secondRng)
  }

  async toTheEnd(): Promise<Verdict> {
    const ground = this.#ground
    for (const fault of this.#faults) ground.simulator.note('plan', describeFault(fault))
    try {
      await this.#operate()
      await this.#putInOrder()
      await this.#judge()
    } catch (error) {
      ground.violated(
        error instanceof Overdue ? error.message : `crashed: ${error instanceof Error ? error.stack : ''}`,
      )
    }
    return {
      ...{seed: this.#options.seed, scenario: this.#options.scenario, faults: this.#faults.map(describeFault)},
      ...{ended: this.#ended, reason: this.#reason, violations: ground.violations},
      virtualMs: Math.round(ground.simulator.nowMs - this.#startedMs),
      acknowledgedWrites: ground.ledger.writes,
      takenWrites: this.#taken,
      failovers: ground.losses.failovers,
      hash: ground.simulator.trace.hash,
    }
  }

  /** The command, with everything that goes wrong meanwhile. */
  async #operate(): Promise<void> {
    const ground = this.#ground
    const {seed} = this.#options
    const {stage} = ground
    const tool = this.#tool('tool', killedAfter(this.#faults))
    let secondEnds: Promise<unknown> = Promise.resolve()
    const faultPlan = new FaultPlan(ground, tool, () => {
      const other = this.#tool('second tool')
      const errand = {...this.#errand(other), notebook: this.#secondNotebook}
      secondEnds = this.#second(errand).finally(() => other.exit())
    })
    if (ground.entries.length < ground.nodes.length || ground.spares.length === 0) ground.startWriters(seed)
    await ground.pass(below(derivedRng(seed, 'start'), 500))
    faultPlan.schedule(this.#faults)
    const work = this.#operation({...this.#errand(tool), notebook: this.#notebook})
    const ending = await stage.until('the command', work, DEADLINE_MS, () => tool.isDead)
    tool.exit()
    this.#ended = ending?.status ?? 'killed'
    this.#reason = ending?.reason ?? ''
    this.#undone = ending?.outcome?.undone ?? false
    this.#isMade = this.#ended === 'applied'
    this.#isImported = this.#options.scenario === 'import' && this.#ended === 'applied'
    ground.simulator.note('tool', `ends: ${this.#ended} ${this.#reason}`)
    if (ending?.status === 'failed' && ending.reason.startsWith('internal')) ground.violated(`a bug: ${ending.reason}`)
    // Mostly faults take their course; sometimes they end with the command.
    if (below(derivedRng(seed, 'calm'), 4) > 0) await ground.pass(Math.max(0, faultPlan.lastEndMs - stage.nowMs))
    faultPlan.calm()
    await stage.until('the second command', secondEnds, DEADLINE_MS)
  }

  /** What an operator does afterwards: one command that goes on, or takes back, and `fix` where it is needed. */
  async #putInOrder(): Promise<void> {
    const ground = this.#ground
    const {scenario, seed} = this.#options
    ground.slowWriters()
    await ground.pass(pick(derivedRng(seed, 'settle'), [0, TIMEOUTS_TO_SETTLE * ground.nodeTimeoutMs]))
    if (this.#undone) await this.#judgeUndone()
    const way = pick(derivedRng(seed, 'recovery'), RECOVERIES)
    await this.#recover(this.#notebook, way)
    await this.#recover(this.#secondNotebook, 'resume')
    if (scenario === 'create' && !this.#isMade) await this.#createAgain()
    await this.#mustBeRepaired()
  }

  /** Once more until it is through: what nodes are at by themselves makes a command stop, and the next one begins from what is true then. */
  async #recover(notebook: Notebook, way: Recovery): Promise<void> {
    const ground = this.#ground
    if (notebook.unfinished === undefined) return
    // It makes a cluster whole; whether a node is in it or not is for the operation itself to end.
    if (way === 'fix') {
      if (this.#options.scenario !== 'create') await this.#mustBeRepaired()
      if (!JOINS_OR_LEAVES.has(this.#options.scenario)) return
    }
    let purpose: ContinuePurpose = way === 'abort' ? 'abort' : 'resume'
    let ending: Ending | undefined
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const journal = notebook.unfinished
      if (journal === undefined) return
      if (tries > 0) await ground.pass(this.#pauseAfter(ending!))
      ending = await this.#wentOn(notebook, journal, purpose)
      if (isDone(ending)) return notebook === this.#notebook ? this.#judgeRecovery(purpose) : this.#mustBeClean(purpose)
      if (ending.status === 'refused' && purpose === 'abort') purpose = 'resume'
      else if (/^target-lost/.test(ending.reason)) purpose = 'abort'
      if (/^(slots-uncovered|key-exists|withheld)/.test(ending.reason)) await this.#mustBeRepaired()
    }
    ground.violated(`${purpose} ended ${ending?.status}: ${ending?.reason}`)
  }

  #pauseAfter({reason}: Ending): number {
    return reason.startsWith('claimed') ? CLAIM_EXPIRES_MS : TIMEOUTS_TO_SETTLE * this.#ground.nodeTimeoutMs
  }

  async #judgeRecovery(purpose: ContinuePurpose): Promise<void> {
    this.#isImported = this.#options.scenario === 'import' && purpose === 'resume'
    if (this.#options.scenario !== 'create') return this.#mustBeClean(purpose)
    this.#isMade = purpose === 'resume' && this.#ground.nodes.some((node) => ownedSlots(node).size > 0)
    if (!this.#isMade) await this.#judgeUndone()
  }

  /** What it leaves needs no repair. What was wrong before the command came, and what a repair uncovers, is for `fix`. */
  async #mustBeClean(after: string): Promise<void> {
    if (this.#options.scenario === 'fix') return
    const findings = await this.#ground.stage.until('check', this.#findings(this.#tool('check')), DEADLINE_MS)
    for (const finding of findings ?? []) this.#ground.violated(`${after} leaves ${finding}`)
  }

  async #wentOn(notebook: Notebook, journal: Journal, purpose: ContinuePurpose): Promise<Ending> {
    const errand = {...this.#errand(this.#tool(purpose)), notebook}
    return this.#toItsEnd(purpose, errand.tool, goOn(errand, journal, purpose))
  }

  async #mustBeRepaired(): Promise<void> {
    const ground = this.#ground
    let ending = await this.#repaired()
    // It looks once and then acts: roles that change meanwhile make it stop, and the next one begins from what is true then.
    for (let tries = 1; tries < MOST_FIXES && !isDone(ending) && !ending.reason.startsWith('key-exists'); tries++) {
      await ground.pass(this.#pauseAfter(ending))
      ending = await this.#repaired()
    }
    // A node that died while keys left it has them again when it is back; which of two values counts is for the operator to say.
    if (ending.reason.startsWith('key-exists')) ending = await this.#repaired({replace: true})
    if (!isDone(ending)) ground.violated(`fix ended ${ending.status}: ${ending.reason}`)
  }

  /** What was undone is as it was: nodes that stood alone stand alone, and stay so. */
  async #judgeUndone(): Promise<void> {
    const ground = this.#ground
    await ground.pass(TIMEOUTS_TO_SETTLE * ground.nodeTimeoutMs)
    const alone = ground.spares.filter(({isRunning}) => isRunning)
    for (const node of alone) {
      const {size} = node.core.server.cluster!.state.nodes
      if (size > 1) ground.violated(`undone, but ${node.name} knows ${size - 1} others`)
    }
  }

  async #repaired(options: RepairOptions = {}): Promise<Ending> {
    const tool = this.#tool('fix')
    return this.#toItsEnd('fix', tool, repair(this.#errand(tool), options))
  }

  async #toItsEnd(what: string, tool: ToolProcess, work: Promise<Ending>): Promise<Ending> {
    const ending = (await this.#ground.stage.until(what, work, DEADLINE_MS))!
    tool.exit()
    this.#ground.simulator.note(what, `ends: ${ending.status} ${ending.reason}`)
    return ending
  }

  /** It was given up, or not begun: the nodes are as they were, so it can be given once more. */
  async #createAgain(): Promise<void> {
    let ending: Ending | undefined
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      if (tries > 0) await this.#ground.pass(this.#pauseAfter(ending!))
      const tool = this.#tool('create again')
      const errand = {...this.#errand(tool), notebook: this.#notebook}
      ending = await this.#toItsEnd('create again', tool, this.#operation(errand))
      if (isDone(ending)) return
    }
    this.#ground.violated(`create again ended ${ending?.status}: ${ending?.reason}`)
  }

  async #judge(): Promise<void> {
    const ground = this.#ground
    ground.stopWriters()
    await ground.pass(LAST_PAUSE_MS)
    const tool = this.#tool('check')
    const findings = await ground.stage.until('check', this.#findings(tool), DEADLINE_MS)
    for (const finding of findings ?? []) ground.violated(`check says ${finding}`)
    await this.#comeToRest()
    this.#taken = judgeData(this.#members(), ground)
    if (this.#isImported) judgeImported(ground)
  }

  /** Replicas may still be fetching what they missed. */
  async #comeToRest(): Promise<void> {
    const ground = this.#ground
    const deadlineMs = ground.simulator.nowMs + REST_LIMIT_MS
    for (;;) {
      const trouble = unrest(this.#members())
      if (trouble === undefined) return
      if (ground.simulator.nowMs > deadlineMs) return ground.violated(`the cluster does not come to rest: ${trouble}`)
      await ground.pass(REST_PAUSE_MS)
    }
  }

  /** Nodes that most of the others know: one that was taken out of the cluster, or never came into it, is no part of the judgement. */
  #members(): SimNode[] {
    const running = this.#ground.nodes.filter(({isRunning}) => isRunning)
    const knowing = (id: string): number =>
      running.filter((node) => node.id !== id && node.core.server.cluster!.state.nodes.has(id)).length
    const members = running.filter((node) => 2 * knowing(node.id!) >= running.length - 1)
    return members.length > 0 ? members : running
  }

  async #findings(tool: ToolProcess): Promise<string[]> {
    const view = await observeSettled(tool.pool, this.#entries(), tool.clock)
    tool.exit()
    return check(view)
      .filter(({severity}) => severity === 'error')
      .map(({code, message, node}) => `${code}: ${node === null ? '' : `${formatAddress(node.address)} `}${message}`)
  }

  #errand(tool: ToolProcess): Errand {
    const {simulator} = this.#ground
    return {
      tool,
      entries: this.#entries(),
      countKeys: this.#countKeys,
      claimant: {owner: this.#claimOwner()},
      tell: (event) => describeStep(event, (line) => simulator.note('tool', line)),
    }
  }

  #claimOwner(): ClaimOwner {
    const run = String(++this.#tools)
    return {id: run, run, operation: 'command', user: 'operator', host: 'bastion', sinceMs: this.#ground.stage.nowMs}
  }

  /** Some seeds ask every node 16384 times, as the command line does; most look, for nothing is learned from so many questions. */
  readonly #countKeys = (pool: NodePool, view: ClusterView): Promise<ClusterView> =>
    this.#options.seed % SEEDS_FOR_A_FULL_COUNT === 0
      ? withAllKeyCounts(pool, view)
      : Promise.resolve(withCountsSeen(this.#ground.nodes, view))

  #entries(): Address[] {
    return this.#members().map(addressOf)
  }

  #tool(name: string, diesAfter = Infinity): ToolProcess {
    const {simulator, stage} = this.#ground
    const tell = (to: Address, commands: readonly Command[]): void =>
      simulator.note(name, `${formatAddress(to)} < ${words(commands)}`)
    return new ToolProcess(stage, {diesAfter, tell})
  }
}

function isDone({status}: Ending): boolean {
  return status === 'applied' || status === 'nothing-to-do'
}

const WORDS_SHOWN = 6

/** Commands as the trace has them: how many there are, and the first words of the first; bytes only as their number. */
function words([first, ...more]: readonly Command[]): string {
  const shown = first!.slice(0, WORDS_SHOWN).map((word) => (typeof word === 'object' ? `(${word.length} bytes)` : word))
  const rest = first!.length > WORDS_SHOWN ? ` … ${first!.length} words` : ''
  return `${shown.join(' ')}${rest}${more.length > 0 ? ` (and ${more.length} more commands)` : ''}`
}

function killedAfter(faults: readonly Fault[]): number {
  return Math.min(Infinity, ...faults.flatMap((fault) => (fault.kind === 'kill-tool' ? [fault.afterCommands] : [])))
}
