/** `tscluster fix`: a diagnosis, a plan, and after a yes the repair. */
import {Flags} from '@oclif/core'
import {BaseCommand} from '../cli/base-command.js'
import {EXIT} from '../cli/exit-code.js'
import {changeFlags, migrationFlags, verifyFlags} from '../cli/flags.js'
import {clusterArg} from '../cli/node-args.js'
import {renderDiagnosis} from '../cli/render/diagnosis.js'
import {themeFor} from '../cli/render/theme.js'
import {changeOptionsOf, look, runPlan, settingsOf, type ChangeOptions, type PlanResult} from '../cli/run-plan.js'
import type {Session} from '../cli/session.js'
import {withAllKeyCounts} from '../manager/observe.js'
import type {Fix as FixPlan, FixRequest} from '../manager/plan/fix.js'
import type {Diagnosis} from '../manager/plan/fix-action.js'
import type {Address} from '../model/address.js'

/** The documented result: docs/json.md. */
export interface FixResult extends PlanResult {
  readonly diagnosis: readonly Diagnosis[]
}

export class Fix extends BaseCommand {
  static override summary = 'repair a cluster'
  static override description =
    'Shows what is wrong and what would be done about it, each action labelled lossless or lossy with the number of keys at ' +
    'stake. Lossless actions want a yes (or --yes), lossy ones --accept-data-loss in addition. Nothing is guessed.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> 127.0.0.1:7000 --dry-run',
    '<%= config.bin %> <%= command.id %> 127.0.0.1:7000 --yes',
    '<%= config.bin %> <%= command.id %> 127.0.0.1:7000 --with-unreachable-primaries --accept-data-loss',
  ]
  static override args = clusterArg
  static override flags = {
    'accept-data-loss': Flags.boolean({summary: 'also do what loses keys'}),
    'with-unreachable-primaries': Flags.boolean({
      aliases: [
        'fix-with-unreachable-primaries',
        'fix-with-unreachable-masters',
        'cluster-fix-with-unreachable-masters',
        'cluster-fix-with-unreachable-primaries',
      ],
      summary: 'also act on slots of primaries that do not answer',
    }),
    'search-multiple-owners': Flags.boolean({
      aliases: ['cluster-search-multiple-owners'],
      summary: 'what redis-cli needs to be told: keys on nodes that do not own their slot are always looked for',
      hidden: true,
    }),
    ...migrationFlags,
    ...verifyFlags,
    ...changeFlags,
  }

  async run(): Promise<FixResult> {
    const {args, flags} = await this.parse(Fix)
    const {addresses, options} = this.entriesOf(args.cluster)
    const session = await this.openSession(flags, options)
    const earlier = await this.takeUpUnfinished(session, addresses, flags)
    if (earlier !== undefined) return {...earlier, diagnosis: []}
    const request: FixRequest = {
      acceptDataLoss: flags['accept-data-loss'],
      withUnreachablePrimaries: flags['with-unreachable-primaries'],
      searchMultipleOwners: true,
      settings: settingsOf(flags),
    }
    const result = await this.#repair(session, addresses, request, {...changeOptionsOf(flags), color: flags.color})
    this.end(result.exitCode)
    return result
  }

  async #repair(
    session: Session,
    entries: readonly [Address, ...Address[]],
    request: FixRequest,
    options: ChangeOptions & {readonly color: boolean},
  ): Promise<FixResult> {
    const {clock} = this.world
    const {pool, renderer: teller, interruption} = session
    const {repairInRounds} = await import('../manager/execute/repair.js')
    const {result, diagnosis, wellBy} = await repairInRounds<PlanResult>({
      ...{clock, teller, request, stop: interruption.stop},
      look: async (isAgain) => (await look(session, entries, isAgain)).view,
      countKeys: (view) => withAllKeyCounts(pool, view),
      carryOut: (fix) => {
        this.#show(fix, options)
        return runPlan(session, 'fix', {planned: fix.planned, nothingToDo: 'nothing to fix'}, options)
      },
      verdictOn: ({status, exitCode, verification}) =>
        status === 'applied' && exitCode !== EXIT.done && verification?.status !== 'failed' ? 'more' : 'ended',
    })
    return {...result, ...(wellBy !== undefined && healthy(wellBy)), diagnosis}
  }

  #show({diagnosis}: FixPlan, {color, dryRun}: {readonly color: boolean; readonly dryRun: boolean}): void {
    if (this.jsonEnabled() || diagnosis.length === 0) return
    const output = dryRun ? this.world.stdout : this.world.stderr
    output.write(renderDiagnosis(diagnosis, themeFor(output, this.world.env, color)))
  }
}

/** What was wrong right after the repair has settled meanwhile. */
function healthy({diagnosis}: FixPlan): Pick<PlanResult, 'exitCode' | 'findings'> {
  return {exitCode: EXIT.done, findings: diagnosis.map(({finding}) => finding)}
}

export default Fix
