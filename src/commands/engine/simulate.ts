/** `tscluster engine simulate`: one seed, one command, all that goes wrong, and what became of it. */
import {Flags} from '@oclif/core'
import {EXIT} from '../../cli/exit-code.js'
import {wholeNumber} from '../../cli/flags.js'
import {PlainCommand} from '../../cli/plain-command.js'
import {FAULT_WORDS, parseFaults, SCENARIO_WORDS} from '../../cli/rehearsal-words.js'
import {count} from '../../cli/render/numbers.js'
import type {ScenarioName, Verdict} from '../../rehearsal/index.js'

/** The documented result: docs/json.md. */
export interface EngineSimulateResult extends Verdict {
  readonly schema: 'tscluster.engine-simulate/1'
}

export class EngineSimulate extends PlainCommand {
  static override summary = 'play a command against a simulated cluster, with faults, from one seed'
  static override description =
    'Nodes of the bundled engine in virtual time, the real plan and the real executor, clients that write, and faults that the seed ' +
    'draws; afterwards one fix, and a look at everything that must hold. The same seed gives the same trace on any machine. ' +
    'Nothing is started, and no file is written.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --scenario reshard --seed 7',
    '<%= config.bin %> <%= command.id %> --scenario rebalance --seed 7 --faults crash,partition',
    '<%= config.bin %> <%= command.id %> --scenario failover --faults none --json',
  ]
  static override flags = {
    seed: wholeNumber({summary: 'what everything is drawn from', default: 1, helpValue: 'N'}),
    scenario: Flags.option({summary: 'which command', options: SCENARIO_WORDS, default: 'reshard' as ScenarioName})(),
    faults: Flags.string({
      summary: `what may go wrong: ${FAULT_WORDS.join(', ')}; all (but a second tool), or none`,
      multiple: true,
      multipleNonGreedy: true,
      delimiter: ',',
      default: ['all'],
      helpValue: 'FAULT',
    }),
    nodes: wholeNumber({summary: 'how many nodes (default: drawn, from 3 to 8)', min: 1, helpValue: 'N'}),
  }

  async run(): Promise<EngineSimulateResult> {
    const {flags} = await this.parse(EngineSimulate)
    const renderer = await this.openRenderer(flags)
    const faults = parseFaults(flags.faults)
    const {play} = await import('../../rehearsal/index.js')
    const isText = !this.jsonEnabled()
    const verdict = await play({
      seed: flags.seed,
      scenario: flags.scenario,
      ...(faults !== undefined && {faults}),
      ...(flags.nodes !== undefined && {nodes: flags.nodes}),
      ...(isText && {onLine: (line: string) => this.world.stdout.write(`${line}\n`)}),
    })
    if (isText) this.world.stdout.write(conclusion(verdict))
    const [first] = verdict.violations
    if (first !== undefined) renderer.warn(`seed ${flags.seed}: ${first}`)
    this.end(first === undefined ? EXIT.done : EXIT.failed)
    return {schema: 'tscluster.engine-simulate/1', ...verdict}
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
