/** `tscluster engine simulate`: one seed and what became of it: a command with all that goes wrong, or a failure in a large cluster. */
import {Flags} from '@oclif/core'
import {EXIT} from '../../cli/exit-code.js'
import {usage, wholeNumber} from '../../cli/flags.js'
import {PlainCommand} from '../../cli/plain-command.js'
import {
  FAULT_WORDS,
  isSizeScenario,
  parseFaults,
  SCENARIO_WORDS,
  SIZE_SCENARIO_WORDS,
} from '../../cli/rehearsal-words.js'
import {count} from '../../cli/render/numbers.js'
import type {Renderer} from '../../cli/render/renderer.js'
import {describeMoment, describeSize} from '../../cli/render/size-play.js'
import type {ScenarioName, SizeScenario, SizeVerdict, Verdict} from '../../rehearsal/index.js'

/** The documented results: docs/json.md. */
export interface EngineSimulateResult extends Verdict {
  readonly schema: 'tscluster.engine-simulate/1'
}

export interface EngineSimulateSizeResult extends SizeVerdict {
  readonly schema: 'tscluster.engine-simulate-size/1'
}

const USUAL_NODES = 100
/** Three zones, each with a primary and a replica of another. */
const FEWEST_NODES = 6
/** As of a server that is not told another. */
const USUAL_NODE_TIMEOUT_MS = 15_000
const SHORTEST_NODE_TIMEOUT_MS = 100

export class EngineSimulate extends PlainCommand {
  static override summary = 'play a command against a simulated cluster, with faults, or a failure in a large one'
  static override description =
    'Nodes of the bundled engine in virtual time. With the name of a command: the real plan and the real executor, clients that ' +
    'write, and faults that the seed draws; afterwards one fix, and a look at everything that must hold. With primary-crash, ' +
    'partition or scale-out: how long a cluster of --nodes nodes takes to notice, to agree, to serve again, and until everybody ' +
    'knows. The same seed gives the same trace on any machine. Nothing is started, and no file is written.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --scenario reshard --seed 7',
    '<%= config.bin %> <%= command.id %> --scenario rebalance --seed 7 --faults crash,partition',
    '<%= config.bin %> <%= command.id %> --scenario failover --faults none --json',
    '<%= config.bin %> <%= command.id %> --scenario primary-crash --nodes 200 --node-timeout 5000',
  ]
  static override flags = {
    seed: wholeNumber({summary: 'what everything is drawn from', default: 1, helpValue: 'N'}),
    scenario: Flags.option({
      summary: 'which command; or what happens to a large cluster: primary-crash, partition, scale-out',
      options: [...SCENARIO_WORDS, ...SIZE_SCENARIO_WORDS],
      default: 'reshard' as ScenarioName | SizeScenario,
    })(),
    faults: Flags.string({
      summary: `what may go wrong with a command: ${FAULT_WORDS.join(', ')}; all (but a second tool; the default), or none`,
      multiple: true,
      multipleNonGreedy: true,
      delimiter: ',',
      helpValue: 'FAULT',
    }),
    nodes: wholeNumber({
      summary: `how many nodes (default: drawn, from 3 to 8; of a large cluster ${USUAL_NODES})`,
      min: 1,
      helpValue: 'N',
    }),
    'node-timeout': wholeNumber({
      summary: `cluster-node-timeout of a large cluster, in ms (default: ${USUAL_NODE_TIMEOUT_MS})`,
      min: SHORTEST_NODE_TIMEOUT_MS,
      helpValue: 'MS',
    }),
  }

  async run(): Promise<EngineSimulateResult | EngineSimulateSizeResult> {
    const {flags} = await this.parse(EngineSimulate)
    const renderer = await this.openRenderer(flags)
    const {seed, scenario, faults, nodes, 'node-timeout': nodeTimeoutMs} = flags
    if (!isSizeScenario(scenario)) {
      if (nodeTimeoutMs !== undefined) throw usage(`--node-timeout is for ${SIZE_SCENARIO_WORDS.join(', ')}`)
      return this.#playCommand(renderer, {seed, scenario, faults, nodes})
    }
    if (faults !== undefined) throw usage(`--faults is for commands; ${scenario} is the only thing that goes wrong`)
    if (nodes !== undefined && nodes < FEWEST_NODES) throw usage(`${scenario} wants at least ${FEWEST_NODES} nodes`)
    return this.#playSize(renderer, {seed, scenario, nodes, nodeTimeoutMs})
  }

  async #playCommand(
    renderer: Renderer,
    options: {
      readonly seed: number
      readonly scenario: ScenarioName
      readonly faults: readonly string[] | undefined
      readonly nodes: number | undefined
    },
  ): Promise<EngineSimulateResult> {
    const {seed, scenario, nodes} = options
    const faults = parseFaults(options.faults)
    const {play} = await import('../../rehearsal/index.js')
    const isText = !this.jsonEnabled()
    const verdict = await play({
      seed,
      scenario,
      ...(faults !== undefined && {faults}),
      ...(nodes !== undefined && {nodes}),
      ...(isText && {onLine: (line: string) => this.world.stdout.write(`${line}\n`)}),
    })
    if (isText) this.world.stdout.write(conclusion(verdict))
    const [first] = verdict.violations
    if (first !== undefined) renderer.warn(`seed ${seed}: ${first}`)
    this.end(first === undefined ? EXIT.done : EXIT.failed)
    return {schema: 'tscluster.engine-simulate/1', ...verdict}
  }

  async #playSize(
    renderer: Renderer,
    options: {
      readonly seed: number
      readonly scenario: SizeScenario
      readonly nodes: number | undefined
      readonly nodeTimeoutMs: number | undefined
    },
  ): Promise<EngineSimulateSizeResult> {
    const {seed, scenario, nodes = USUAL_NODES, nodeTimeoutMs = USUAL_NODE_TIMEOUT_MS} = options
    const {playSize} = await import('../../rehearsal/index.js')
    const isText = !this.jsonEnabled()
    const verdict = playSize({
      ...{seed, scenario, nodes, nodeTimeoutMs},
      ...(isText && {onMoment: (moment) => this.world.stdout.write(`${describeMoment(moment)}\n`)}),
    })
    if (isText) this.world.stdout.write(describeSize(verdict))
    const [first] = verdict.missing
    if (first !== undefined) renderer.warn(`seed ${seed}: not in ${verdict.virtualMs} virtual ms: ${first}`)
    this.end(first === undefined ? EXIT.done : EXIT.failed)
    return {schema: 'tscluster.engine-simulate-size/1', ...verdict}
  }
}

export default EngineSimulate

function conclusion({
  ended,
  reason,
  violations,
  virtualMs,
  acknowledgedWrites,
  takenWrites,
  failovers,
  hash,
}: Verdict): string {
  const lines = [
    `the command ended: ${ended}${reason === '' ? '' : ` (${reason})`}`,
    `${count(virtualMs / 1000, 'virtual second')}, ${count(acknowledgedWrites, 'acknowledged write')}, ${count(failovers, 'failover')}, which took ${count(takenWrites, 'write')}`,
    ...violations.map((what) => `VIOLATED: ${what}`),
    `trace ${hash}: ${violations.length === 0 ? 'everything that must hold, holds' : 'something that must hold does not'}`,
  ]
  return `${lines.join('\n')}\n`
}
