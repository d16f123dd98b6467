/** One seed, one scenario, from the beginning to the verdict. */
import {below, pick} from '../engine/chance.js'
import {unrest} from '../engine/sim/checkers/convergence.js'
import type {SimNode} from '../engine/sim/sim-node.js'
import {derivedRng} from '../engine/sim/seeded-rng.js'
import {check} from '../manager/check/check.js'
import {describeStep} from './trace-words.js'
import {withAllKeyCounts} from '../manager/observe.js'
import {observeSettled} from '../manager/observe-settled.js'
import type {NodePool} from '../manager/ports.js'
import type {ClusterView} from '../manager/view/cluster-view.js'
import type {Address} from '../model/address.js'
import {formatAddress} from '../model/address.js'
import {repair, type Ending, type Errand, type RepairOptions} from './carry-out.js'
import {describeFault, drawFaults, USUAL_FAULTS, type Fault, type FaultKind} from './faults.js'
import {FaultPlan} from './fault-plan.js'
import {addressOf, Ground} from './ground.js'
import {judgeData} from './judge.js'
import {withCountsSeen} from './node-facts.js'
import type {Command} from './lifeline.js'
import {create, rebalance, reshard, type Operation} from './operations.js'
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
  readonly failovers: number
  /** Of everything that happened: the same on every machine. */
  readonly hash: string
}

/** No command takes longer, whatever goes wrong. */
const DEADLINE_MS = 600_000
/** How many node timeouts failure detection, an election and the return of a node take at most. */
const TIMEOUTS_TO_SETTLE = 6
const LAST_PAUSE_MS = 2_000
const RESET_PAUSE_MS = 1_000
const MOST_FIXES = 3
const MOST_TRIES = 5
const DAMAGE_SPREADS_MS = 3_000
const REST_LIMIT_MS = 90_000
const REST_PAUSE_MS = 250
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
      secondEnds = this.#second(this.#errand(other)).finally(() => other.exit())
    })
    if (ground.entries.length < ground.nodes.length || ground.spares.length === 0) ground.startWriters(seed)
    await ground.pass(below(derivedRng(seed, 'start'), 500))
    faultPlan.schedule(this.#faults)
    const work = this.#operation(this.#errand(tool))
    const ending = await stage.until('the command', work, DEADLINE_MS, () => tool.isDead)
    tool.exit()
    this.#ended = ending?.status ?? 'killed'
    this.#reason = ending?.reason ?? ''
    this.#undone = ending?.outcome?.undone ?? false
    ground.simulator.note('tool', `ends: ${this.#ended} ${this.#reason}`)
    if (ending?.status === 'failed' && ending.reason.startsWith('internal')) ground.violated(`a bug: ${ending.reason}`)
    // Mostly faults take their course; sometimes they end with the command.
    if (below(derivedRng(seed, 'calm'), 4) > 0) await ground.pass(Math.max(0, faultPlan.lastEndMs - stage.nowMs))
    faultPlan.calm()
    await stage.until('the second command', secondEnds, DEADLINE_MS)
  }

  /** What an operator does afterwards: one `fix`. */
  async #putInOrder(): Promise<void> {
    const ground = this.#ground
    ground.slowWriters()
    await ground.pass(pick(derivedRng(this.#options.seed, 'settle'), [0, TIMEOUTS_TO_SETTLE * ground.nodeTimeoutMs]))
    if (this.#undone) await this.#judgeUndone()
    if (this.#options.scenario === 'create' && this.#ended !== 'applied') return this.#createAgain()
    let ending = await this.#repaired()
    // It looks once and then acts: roles that change meanwhile make it stop, and the next one begins from what is true then.
    for (let tries = 1; tries < MOST_FIXES && !isDone(ending) && !ending.reason.startsWith('key-exists'); tries++) {
      await ground.pass(TIMEOUTS_TO_SETTLE * ground.nodeTimeoutMs)
      ending = await this.#repaired()
    }
    // A node that died while keys left it has them again when it is back; which of two values counts is for the operator to say.
    if (ending.reason.startsWith('key-exists')) ending = await this.#repaired({replace: true})
    if (!isDone(ending)) ground.violated(`fix ended ${ending.status}: ${ending.reason}`)
    if (this.#options.scenario === 'del-node' && this.#ended !== 'applied') await this.#removeAgain()
  }

  /** A node that some have forgotten and some have not: the same command again takes it out for good, unless nobody knows it any more. */
  async #removeAgain(): Promise<void> {
    let ending = await this.#runAgain()
    // Gossip may settle something between the look and the deed: then the operator says it once more.
    for (let tries = 1; tries < MOST_TRIES && ending.reason.startsWith('stale-plan'); tries++) {
      await this.#ground.pass(this.#ground.nodeTimeoutMs)
      ending = await this.#runAgain()
    }
    const isGone = ending.status === 'refused' && ending.reason.startsWith('unknown-node')
    const mayNot = ending.status === 'refused' && !ending.reason.includes(':')
    if (ending.status !== 'applied' && !isGone && !mayNot) {
      this.#ground.violated(`del-node again ended ${ending.status}: ${ending.reason}`)
    }
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

  async #runAgain(): Promise<Ending> {
    const tool = this.#tool('again')
    const again = this.#operation(this.#errand(tool))
    const ending = (await this.#ground.stage.until('the command, again', again, DEADLINE_MS))!
    tool.exit()
    return ending
  }

  async #repaired(options: RepairOptions = {}): Promise<Ending> {
    const tool = this.#tool('fix')
    const ending = (await this.#ground.stage.until('fix', repair(this.#errand(tool), options), DEADLINE_MS))!
    tool.exit()
    this.#ground.simulator.note('fix', `ends: ${ending.status} ${ending.reason}`)
    return ending
  }

  /** Nodes that were left half a cluster are emptied; then they make one. */
  async #createAgain(): Promise<void> {
    const ground = this.#ground
    // A MEET that is still under way would make them acquaintances again.
    for (const pauseMs of [RESET_PAUSE_MS, 0]) {
      for (const node of ground.nodes) node.call('CLUSTER', 'RESET', 'HARD')
      await ground.pass(pauseMs)
    }
    const tool = this.#tool('create again')
    const again = create(ground.nodes, 0)(this.#errand(tool))
    const ending = await ground.stage.until('create again', again, DEADLINE_MS)
    tool.exit()
    if (ending?.status !== 'applied') ground.violated(`create again ended ${ending?.status}: ${ending?.reason}`)
  }

  async #judge(): Promise<void> {
    const ground = this.#ground
    ground.stopWriters()
    await ground.pass(LAST_PAUSE_MS)
    const tool = this.#tool('check')
    const findings = await ground.stage.until('check', this.#findings(tool), DEADLINE_MS)
    for (const finding of findings ?? []) ground.violated(`check says ${finding}`)
    await this.#comeToRest()
    judgeData(this.#members(), ground)
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
      tell: (event) => describeStep(event, (line) => simulator.note('tool', line)),
    }
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
