/** `tscluster apply`: carries out a plan that was saved with `--out`. */
import {Args, Flags} from '@oclif/core'
import {BaseCommand} from '../cli/base-command.js'
import {changeFlags, usage} from '../cli/flags.js'
import {runPlan, type PlanResult} from '../cli/run-plan.js'
import {readTextFile} from '../cli/text-file.js'
import {finding} from '../manager/check/finding.js'
import {accept, refuse, type Plan, type Planned} from '../manager/plan/plan.js'
import {planFromJson} from '../manager/plan/plan-json.js'
import type {Session} from '../cli/session.js'

export class Apply extends BaseCommand {
  static override summary = 'carry out a saved plan'
  static override description =
    'Refuses when the cluster is no longer what the plan was made for. A plan holds no secrets: log in as for any other command.'
  static override examples = [
    '<%= config.bin %> reshard 127.0.0.1:7000 --from all --to 1a2b3c4d --slots 1000 --out plan.json',
    '<%= config.bin %> <%= command.id %> plan.json',
  ]
  static override args = {
    file: Args.string({description: 'the plan; - is standard input', required: true, ignoreStdin: true}),
  }
  static override flags = {
    yes: changeFlags.yes,
    'dry-run': changeFlags['dry-run'],
    explain: changeFlags.explain,
    journal: changeFlags.journal,
    'json-stream': changeFlags['json-stream'],
    'accept-data-loss': Flags.boolean({summary: 'carry out a plan that loses keys'}),
  }

  async run(): Promise<PlanResult> {
    const {args, flags} = await this.parse(Apply)
    const plan = await readPlan(args.file)
    const session = await this.openSession(flags, {})
    const planned: Planned = await this.#judge(plan, flags['accept-data-loss'], session)
    const result = await runPlan(
      session,
      'apply',
      {planned},
      {
        yes: flags.yes,
        dryRun: flags['dry-run'],
        explain: flags.explain,
        out: undefined,
      },
    )
    this.end(result.exitCode)
    return result
  }

  async #judge(plan: Plan, acceptDataLoss: boolean, session: Session): Promise<Planned> {
    if (plan.risk.losses.length > 0 && !acceptDataLoss) {
      const message = `the plan loses data: ${plan.risk.losses.join('; ')}`
      return refuse(
        finding('needs-accept-data-loss', 'error', message, {
          remedy: 'add --accept-data-loss if that is what you want',
        }),
      )
    }
    // Said before the question, not after it: a stale plan is not worth an answer.
    const {reconnoitre} = await import('../manager/execute/reconnoitre.js')
    await reconnoitre(session.pool, plan)
    return accept(plan)
  }
}

export default Apply

async function readPlan(file: string): Promise<Plan> {
  const text = await readTextFile(file, 'save a plan with --out first')
  const parsed = planFromJson(text)
  if (parsed.ok) return parsed.plan
  throw usage(`${file} is not a plan: ${parsed.problems[0]!}`, 'save a plan with --out first')
}
