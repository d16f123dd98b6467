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
import {waitForCalm} from '../cli/wait-for-calm.js'
import {isManagerError} from '../manager/error.js'
import {withAllKeyCounts} from '../manager/observe.js'
import {planFix, type Fix as FixPlan, type FixRequest} from '../manager/plan/fix.js'
import type {Diagnosis} from '../manager/plan/fix-action.js'
import {awaitedNode} from '../manager/plan/resume/unrest.js'
import type {Address} from '../model/address.js'

/** The documented result: docs/json.md. */
export interface FixResult extends PlanResult {
  readonly diagnosis: readonly Diagnosis[]
}

/** What one repair uncovers, the next repairs: a slot must be served before its stray keys can be brought home. */
const ROUNDS = 5

/** A node that restarts, and a failover, take less; with both, what is to be repaired is less. */
const COMES_BACK_MS = 30_000
/**
 * A node that was told to forget another one bans it for a minute and, where the servers tell each other of that, makes the others
 * forget it again as often as they are introduced: only time helps. In ms, with some more for the last round.
 */
const FORGET_BAN_MS = 70_000
const INTRODUCE_PAUSE_MS = 5_000
/** What shows while a node is forgotten: the others do not know it, or do not know what it serves. */
const SETTLED_BY_MEETING: ReadonlySet<string> = new Set(['node-unknown', 'slots-disagree'])

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
    let diagnosis: readonly Diagnosis[] | undefined
    let result: PlanResult | undefined
    let doneBefore = ''
    const {clock} = this.world
    const startedMs = clock.nowMs()
    for (let round = 1; round <= ROUNDS;) {
      const fix = await this.#diagnose(session, entries, request)
      const nothingLeft = fix.planned.ok && fix.planned.plan.phases.length === 0
      const signature = fix.planned.ok ? JSON.stringify(fix.planned.plan.phases) : ''
      diagnosis ??= fix.diagnosis
      if (result !== undefined && nothingLeft) return {...result, ...healthy(fix), diagnosis}
      if (result !== undefined && !fix.planned.ok) break
      if (signature !== '' && signature === doneBefore) {
        // A plan that comes back unchanged did not help: to repeat it would not help either, unless time does.
        if (!introducesAgain(fix) || clock.nowMs() - startedMs > FORGET_BAN_MS) break
        session.renderer.busy('some nodes were told to forget others, and do so for a minute: introducing them again …')
        await clock.sleep(INTRODUCE_PAUSE_MS, session.interruption.stop)
      } else round++
      this.#show(fix, options)
      doneBefore = signature
      try {
        result = await runPlan(session, 'fix', {planned: fix.planned, nothingToDo: 'nothing to fix'}, options)
      } catch (error) {
        // Gossip settled something between the look and the deed: look again.
        if (!isManagerError(error, 'stale-plan') || round > ROUNDS) throw error
        doneBefore = ''
        continue
      }
      if (result.status !== 'applied' || result.verification?.status === 'failed') break
      if (result.exitCode === EXIT.done) break
    }
    return {...result!, diagnosis: diagnosis ?? []}
  }

  async #diagnose(session: Session, entries: readonly Address[], request: FixRequest): Promise<FixPlan> {
    let looks = 0
    const {view} = await waitForCalm(session, {
      look: () => look(session, entries, looks++ > 0),
      // Nodes that disagree were given their time, and may be what is to be repaired.
      unrest: (seen) => awaitedNode(seen.view),
      limitMs: COMES_BACK_MS,
      isStrange: looks === 0,
    })
    // All slots are counted: what an interrupted repair left behind carries no mark.
    return planFix(await withAllKeyCounts(session.pool, view), request)
  }

  #show({diagnosis}: FixPlan, {color, dryRun}: {readonly color: boolean; readonly dryRun: boolean}): void {
    if (this.jsonEnabled() || diagnosis.length === 0) return
    const output = dryRun ? this.world.stdout : this.world.stderr
    output.write(renderDiagnosis(diagnosis, themeFor(output, this.world.env, color)))
  }
}

/** Whether nothing is to be done but to make nodes known to each other. */
function introducesAgain({planned, diagnosis}: FixPlan): boolean {
  if (!planned.ok) return false
  const onlyWaits = planned.plan.phases.every(({steps}) => steps.every(({kind}) => kind === 'wait-agreement'))
  return onlyWaits && diagnosis.some(({finding}) => SETTLED_BY_MEETING.has(finding.code))
}

/** What was wrong right after the repair has settled meanwhile. */
function healthy({diagnosis}: FixPlan): Pick<PlanResult, 'exitCode' | 'findings'> {
  return {exitCode: EXIT.done, findings: diagnosis.map(({finding}) => finding)}
}

export default Fix
