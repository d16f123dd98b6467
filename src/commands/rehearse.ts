/** `tscluster rehearse`: any command that changes a cluster, carried out on a twin of it in virtual time. */
import {Args, Flags} from '@oclif/core'
import type {BaseCommand} from '../cli/base-command.js'
import {EXIT} from '../cli/exit-code.js'
import {usage, wholeNumber} from '../cli/flags.js'
import {PlainCommand} from '../cli/plain-command.js'
import {renderForecast} from '../cli/render/forecast.js'
import {ownWords} from '../cli/rehearsal-words.js'
import type {PlanResult} from '../cli/run-plan.js'
import type {Session} from '../cli/session.js'
import type {Plan} from '../manager/plan/plan.js'
import type {NodePool} from '../manager/ports.js'
import type {Forecast} from '../rehearsal/index.js'

/** The documented result: docs/json.md. */
export interface RehearseResult {
  readonly schema: 'tscluster.rehearse/1'
  readonly status: PlanResult['status']
  readonly plan?: Plan
  readonly refusals?: PlanResult['refusals']
  readonly forecast?: Forecast
}

type Loaded = new (argv: string[], config: BaseCommand['config']) => BaseCommand

/** Each is loaded when it is asked for. */
const COMMANDS: ReadonlyMap<string, () => Promise<Loaded>> = new Map<string, () => Promise<Loaded>>([
  ['add-node', async () => (await import('./add-node.js')).AddNode],
  ['create', async () => (await import('./create.js')).Create],
  ['del-node', async () => (await import('./del-node.js')).DelNode],
  ['failover', async () => (await import('./failover.js')).Failover],
  ['import', async () => (await import('./import.js')).Import],
  ['fix', async () => (await import('./fix.js')).Fix],
  ['rebalance', async () => (await import('./rebalance.js')).Rebalance],
  ['reshard', async () => (await import('./reshard.js')).Reshard],
  ['set-timeout', async () => (await import('./set-timeout.js')).SetTimeout],
])

export class Rehearse extends PlainCommand {
  static override summary = 'try a command on a simulated twin of the cluster, and say how it will go'
  static override description =
    'Looks at the cluster (who owns what, how many keys and how large; no values), builds the same cluster in virtual time, and ' +
    'carries out the real plan there: how long it will take, what clients will notice, and what is left when a node dies half-way. ' +
    'Nothing on the cluster changes. All flags of the command are understood; a file is a plan that was saved with --out.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> reshard 127.0.0.1:7000 --from all --to 127.0.0.1:7003 --slots 1000',
    '<%= config.bin %> <%= command.id %> rebalance 127.0.0.1:7000 --use-empty-primaries --clients 50',
    '<%= config.bin %> <%= command.id %> plan.json --json',
  ]
  static override usage = ['rehearse COMMAND [ARGUMENTS AND FLAGS OF THE COMMAND]', 'rehearse PLAN']
  static override strict = false
  static override args = {
    command: Args.string({
      description: `${[...COMMANDS.keys()].join(', ')}; or a file that was saved with --out`,
      required: true,
      ignoreStdin: true,
    }),
  }
  static override flags = {
    clients: wholeNumber({summary: 'simulated clients that read and write all the while', default: 8, helpValue: 'N'}),
    mishaps: Flags.boolean({summary: 'also try what happens when a node dies half-way', default: true, allowNo: true}),
    seed: wholeNumber({summary: 'what chance is drawn from', default: 1, helpValue: 'N'}),
  }

  async run(): Promise<RehearseResult> {
    const {own, rest} = ownWords(this.argv, {switches: ['--mishaps', '--no-mishaps'], values: ['--clients', '--seed']})
    const {args, flags} = await this.parse(Rehearse, own)
    const renderer = await this.openRenderer(flags)
    let found: Forecast | undefined
    const command = await this.#commandFor(args.command, rest)
    const result = (await command.runUpToPlan(async (session, plan, source) => {
      found = await this.#forecast(session, plan, source, flags)
    })) as PlanResult
    if (found !== undefined && !this.jsonEnabled()) {
      this.world.stdout.write(renderForecast(found))
      renderer.note('nothing was changed')
    }
    if (result.status === 'rehearsed') this.end(found?.ended === 'applied' ? EXIT.done : EXIT.failed)
    const {status, plan, refusals} = result
    return {
      ...{schema: 'tscluster.rehearse/1', status},
      ...(plan !== undefined && {plan}),
      ...(refusals !== undefined && {refusals}),
      ...(found !== undefined && {forecast: found}),
    }
  }

  async #commandFor(name: string, rest: readonly string[]): Promise<BaseCommand> {
    const load = COMMANDS.get(name)
    if (load === undefined) {
      if (/^[a-z-]+$/.test(name)) {
        throw usage(`${name} cannot be rehearsed`, `what can: ${[...COMMANDS.keys()].join(', ')}, or a saved plan`)
      }
      const {Apply} = await import('./apply.js')
      return new Apply([name, ...rest, '--yes'], this.config)
    }
    if (name === 'create' && rest.some((word) => /^--(engine|dir)\b/.test(word))) {
      throw usage('create --engine starts nodes, and a rehearsal starts none', 'name nodes that run')
    }
    const Command = await load()
    return new Command([...rest], this.config)
  }

  async #forecast(
    {pool, world, renderer}: Session,
    plan: Plan,
    source: NodePool | undefined,
    {clients, mishaps, seed}: {readonly clients: number; readonly mishaps: boolean; readonly seed: number},
  ): Promise<Forecast> {
    const {forecast} = await import('../rehearsal/index.js')
    const onProgress = (what: string): void => renderer.busy(what)
    const made = await forecast({pool, source}, plan, world.clock, {clients, mishaps, seed, onProgress})
    renderer.idle()
    return made
  }
}

export default Rehearse
