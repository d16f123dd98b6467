/** The spine of every changing command: observe, plan, show, confirm, execute, verify. */
import {formatAddress, parseAddress, type Address} from '../model/address.js'
import {check, slotMoveBlockers} from '../manager/check/check.js'
import type {Finding} from '../manager/check/finding.js'
import {ManagerError} from '../manager/error.js'
import type {Outcome} from '../manager/execute/outcome.js'
import {BIG_KEY_HANDLINGS, DEFAULT_BIG_KEYS} from '../manager/plan/big-keys.js'
import {DEFAULT_SETTINGS, type Plan, type Planned, type PlanSettings} from '../manager/plan/plan.js'
import {isUnlimited, NO_LIMITS, type PaceLimits} from '../manager/plan/pace-limits.js'
import type {NodePool} from '../manager/ports.js'
import type {ClusterView} from '../manager/view/cluster-view.js'
import {toTopology, type Topology} from '../manager/view/topology.js'
import {EXIT, exitCodeOfOutcome, type ExitCode} from './exit-code.js'
import {refuseWhereClaimed} from './operations/while-claimed.js'
import type {Rate} from './rate.js'
import type {Continued, JournalReference} from './journal/keep.js'
import {claimToJson} from './render/json.js'
import {carryOut, observeSettled, type Carried, type Session} from './session.js'
import type {VerifyOptions} from './verify/operation-check.js'
import type {VerificationReport} from './verify/report.js'

/** The flags that all changing commands share. */
export interface ChangeOptions {
  readonly yes: boolean
  readonly dryRun: boolean
  readonly explain: boolean
  readonly out: string | undefined
  /** Look for big keys before the plan is shown. */
  readonly scanSizes?: boolean
  /** Look at all keys before and after, and write meanwhile. */
  readonly verify?: VerifyOptions | undefined
}

export interface ProposedPlan {
  readonly planned: Planned
  /** Sentences about what follows from the plan. */
  readonly consequences?: readonly string[]
  readonly warnings?: readonly Finding[]
  /** Said when the plan has no steps. */
  readonly nothingToDo?: string
  /** The operation that this is the rest of. */
  readonly continues?: Continued
  /** No cluster is left behind that could be checked. */
  readonly leavesNothing?: boolean
  /** Suggested when it is done. */
  readonly next?: string
  /** The nodes it is about, where `look` did not ask them who works there. */
  readonly nodes?: readonly Address[]
  /** Where an import reads from. */
  readonly source?: NodePool
}

/** The documented result of every changing command: docs/json.md. */
export interface PlanResult {
  readonly schema: string
  readonly status: 'applied' | 'stopped' | 'failed' | 'refused' | 'declined' | 'planned' | 'rehearsed' | 'nothing-to-do'
  readonly exitCode: ExitCode
  readonly plan?: Plan
  readonly refusals?: readonly Finding[]
  readonly outcome?: Omit<Outcome, 'error'> & {readonly error?: object}
  /** Of the operation, once it was begun. */
  readonly journal?: JournalReference
  /** What `check` says afterwards. */
  readonly findings?: readonly Finding[]
  /** With `--verify`. */
  readonly verification?: VerificationReport
}

export interface PlanFlags {
  readonly pipeline?: number | undefined
  readonly replace?: boolean
  readonly 'migrate-timeout'?: number
  readonly timeout?: number | undefined
  readonly 'max-latency'?: number | undefined
  readonly rate?: Rate | undefined
  readonly 'big-key'?: number | undefined
  readonly 'big-keys'?: string | undefined
}

export function settingsOf(flags: PlanFlags): PlanSettings {
  const pace: PaceLimits = {...NO_LIMITS, maxLatencyMs: flags['max-latency'] ?? null, ...flags.rate}
  return {
    ...(!isUnlimited(pace) && {pace}),
    migrateTimeoutMs: flags['migrate-timeout'] ?? DEFAULT_SETTINGS.migrateTimeoutMs,
    pipeline: flags.pipeline ?? null,
    replace: flags.replace ?? false,
    timeoutMs: flags.timeout ?? DEFAULT_SETTINGS.timeoutMs,
    ...bigKeySettings(flags),
  }
}

/** Only what was asked for: a plan that says nothing of it handles big keys as DEFAULT_BIG_KEYS. */
function bigKeySettings({'big-key': bytes, 'big-keys': words}: PlanFlags): Pick<PlanSettings, 'bigKeys'> {
  const handling = BIG_KEY_HANDLINGS.find((each) => each === words)
  if (bytes === undefined && handling === undefined) return {}
  return {
    bigKeys: {bytes: bytes ?? DEFAULT_BIG_KEYS.bytes, handling: handling ?? DEFAULT_BIG_KEYS.handling},
  }
}

/** As the flags that all changing commands share are typed. */
export interface ChangeFlags {
  readonly yes: boolean
  readonly 'dry-run': boolean
  readonly explain: boolean
  readonly out?: string | undefined
  readonly 'scan-sizes'?: boolean
  readonly timeout?: number | undefined
  readonly verify?: boolean
  readonly 'canary-rate'?: number
}

export function changeOptionsOf(flags: ChangeFlags): ChangeOptions {
  const scanSizes = flags['scan-sizes'] ?? false
  const verify = flags.verify === true ? {canaryRate: flags['canary-rate'] ?? 0} : undefined
  return {yes: flags.yes, dryRun: flags['dry-run'], explain: flags.explain, out: flags.out, scanSizes, verify}
}

export interface Look {
  readonly view: ClusterView
  readonly topology: Topology
  /** Why no slot may be moved and no node added now. */
  readonly blockers: readonly Finding[]
}

/**
 * The cluster as it is now, given time to settle; the operator hears what is waited for.
 * @param isAgain who does not answer was told before
 * @throws ManagerError `claimed` for a changing command when another operation works there: what it does would be mistaken for
 * damage
 */
export async function look(session: Session, entries: readonly Address[], isAgain = false): Promise<Look> {
  const {pool, world, renderer} = session
  renderer.busy(`looking at ${formatAddress(entries[0]!)} …`)
  const [view] = await Promise.all([
    observeSettled(pool, entries, world.clock, {
      ...(!isAgain && {onDeadEntry: (message: string) => renderer.warn(message)}),
      onWait: (reason) => renderer.busy(`waiting for the nodes to agree: one ${reason}`),
    }),
    session.meeting === 'refuse' ? refuseWhereClaimed(session, entries) : undefined,
  ])
  renderer.idle()
  return {view, topology: toTopology(view), blockers: slotMoveBlockers(check(view))}
}

/**
 * From a plan to its result.
 * @param command the schema's name
 * @throws ManagerError when another operation works on the cluster, the plan is stale, or the nodes cannot be reached: nothing was
 * changed then
 */
export async function runPlan(
  session: Session,
  command: string,
  proposed: ProposedPlan,
  options: ChangeOptions,
): Promise<PlanResult> {
  const {renderer, prompt} = session
  const schema = `tscluster.${command}/1`
  const {planned} = proposed
  if (!planned.ok) {
    if (session.meeting === 'refuse' && proposed.nodes) await refuseWhereClaimed(session, proposed.nodes)
    renderer.refuse(planned.refusals)
    return {schema, status: 'refused', exitCode: EXIT.refused, refusals: planned.refusals}
  }
  const plan = options.scanSizes === true ? await withSizes(session, planned.plan) : planned.plan
  if (plan.phases.length === 0) {
    renderer.nothingToDo(proposed.nothingToDo ?? 'nothing to do')
    return {schema, status: 'nothing-to-do', exitCode: EXIT.done, plan}
  }
  const {consequences = [], warnings = []} = proposed
  const onlyPlan = options.dryRun || options.out !== undefined
  await renderer.plan(plan, {consequences, warnings, explain: options.explain, isResult: options.dryRun})
  if (options.out !== undefined) await save(plan, options.out, session)
  if (session.rehearse !== undefined) {
    await session.rehearse(session, plan, proposed.source)
    return {schema, status: 'rehearsed', exitCode: EXIT.done, plan}
  }
  if (onlyPlan) return {schema, status: 'planned', exitCode: EXIT.done, plan}
  if (!options.yes && session.meeting === 'refuse') await refuseWhereClaimed(session, plan)
  if (!options.yes && !(await prompt.confirm('Carry out this plan?', '--yes'))) {
    renderer.note('declined: nothing was changed')
    return {schema, status: 'declined', exitCode: EXIT.refused, plan}
  }
  const entry = plan.entries[0] ?? plan.nodes[0]!.address
  const {source, continues} = proposed
  const verification: {report?: VerificationReport} = {}
  const around = options.verify && verifying(session, plan, proposed, options.verify, verification)
  const carried = await carryOut(session, plan, {entry, source, teller: renderer, continues, around})
  const {report} = verification
  renderer.outcome(plan, carried.outcome, carried.advice)
  if (report !== undefined) renderer.verification(plan, report)
  return conclude(session, {schema, plan, carried, proposed, report})
}

/**
 * What becomes of the keys and of clients' writes, beside the work. All of it under the claim: what others change meanwhile would look
 * like damage, and a command that is refused has written nothing.
 * @param verification gets the report
 */
function verifying(
  session: Session,
  plan: Plan,
  {source}: ProposedPlan,
  options: VerifyOptions,
  verification: {report?: VerificationReport},
): (work: () => Promise<Carried>) => Promise<Carried> {
  return async (work) => {
    const {beginCheck} = await import('./verify/operation-check.js')
    const check = await beginCheck(session, plan, options, source)
    const {carried, report} = await check.around(work)
    verification.report = report
    return carried
  }
}

/** The same plan, with the big keys that it will meet; the slots that hold them go last. */
async function withSizes({pool, renderer}: Session, plan: Plan): Promise<Plan> {
  const {scanSizes} = await import('../manager/execute/scan-sizes.js')
  renderer.busy('looking at the sizes of all keys that will move …')
  const scanned = await scanSizes(pool, plan)
  renderer.idle()
  return scanned
}

interface Concluded {
  readonly schema: string
  readonly plan: Plan
  readonly carried: Carried
  readonly proposed: ProposedPlan
  readonly report: VerificationReport | undefined
}

/** Looks at the cluster once more: what the operation left behind is said now, not found at 3 a.m. */
async function conclude(session: Session, {schema, plan, carried, proposed, report}: Concluded): Promise<PlanResult> {
  const {outcome, journal} = carried
  const findings = outcome.undone || proposed.leavesNothing === true ? [] : await checkAfterwards(session, plan)
  const serious = findings.filter(({severity}) => severity === 'error')
  if (serious.length > 0) session.renderer.findings(serious)
  // Lost data outweighs whatever else there is to say.
  const exitCode = report?.status === 'failed' ? EXIT.failed : exitCodeAfter(outcome, serious)
  if (exitCode === EXIT.done && proposed.next !== undefined) session.renderer.suggest(proposed.next)
  return {
    schema,
    status: outcome.status,
    exitCode,
    plan,
    outcome: outcomeToJson(outcome),
    ...(journal !== undefined && {journal}),
    findings,
    ...(report !== undefined && {verification: report}),
  }
}

/** What the cluster shows counts as well: a step that failed before it moved anything may have left a slot open. */
function exitCodeAfter(outcome: Outcome, serious: readonly Finding[]): ExitCode {
  if (outcome.status === 'applied') return serious.length > 0 ? EXIT.failed : EXIT.done
  const leftOpen = outcome.touched && serious.some(({code}) => code === 'slot-migrating' || code === 'slot-importing')
  return leftOpen ? EXIT.halfDone : exitCodeOfOutcome(outcome)
}

async function checkAfterwards(session: Session, plan: Plan): Promise<Finding[]> {
  const texts = plan.entries.length > 0 ? plan.entries : plan.nodes.map(({address}) => address)
  const entries = texts.flatMap((text) => parseAddress(text) ?? [])
  try {
    return check(await observeSettled(session.pool, entries, session.world.clock))
  } catch (error) {
    // The outcome is known; that nobody can be asked about it is one more thing to say, not a reason to forget it.
    session.renderer.warn(`the cluster could not be checked afterwards: ${error instanceof Error ? error.message : ''}`)
    return []
  }
}

function outcomeToJson({error, ...outcome}: Outcome): NonNullable<PlanResult['outcome']> {
  if (error === undefined) return outcome
  const {code, message, node, hint, claim} = error
  return {...outcome, error: {code, message, node, hint, ...(claim !== undefined && {claim: claimToJson(claim)})}}
}

async function save(plan: Plan, file: string, {renderer}: Session): Promise<void> {
  const [{planToJson}, {writeFile}] = await Promise.all([
    import('../manager/plan/plan-json.js'),
    import('node:fs/promises'),
  ])
  try {
    await writeFile(file, planToJson(plan), {mode: 0o600})
  } catch (error) {
    throw new ManagerError('io', `cannot save the plan: ${error instanceof Error ? error.message : String(error)}`, {
      hint: 'choose another file for --out',
    })
  }
  renderer.note(`saved: carry it out with \`tscluster apply ${file}\``)
}

/** For suggestions: the command with its first address. */
export function commandLine(name: string, entry: Address, ...rest: readonly string[]): string {
  return ['tscluster', name, formatAddress(entry), ...rest].join(' ')
}
