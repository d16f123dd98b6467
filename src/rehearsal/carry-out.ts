/** What the command line does with a plan, without the terminal: the claim, the last look, the deed, and how it ended, as a value. */
import {isHealthy, check} from '../manager/check/check.js'
import type {Claimant} from '../manager/execute/claim/claimant.js'
import {fencedPool} from '../manager/execute/claim/fenced-pool.js'
import {takeClaim} from '../manager/execute/claim/take-claim.js'
import {toManagerError, type ManagerError} from '../manager/error.js'
import type {ExecutionEvent} from '../manager/execute/event.js'
import {execute} from '../manager/execute/executor.js'
import type {Outcome} from '../manager/execute/outcome.js'
import {reconnoitre, type Terrain} from '../manager/execute/reconnoitre.js'
import {repairInRounds} from '../manager/execute/repair.js'
import {observeSettled} from '../manager/observe-settled.js'
import type {FixRequest} from '../manager/plan/fix.js'
import {DEFAULT_SETTINGS, type Plan, type Planned} from '../manager/plan/plan.js'
import type {ContinuePurpose} from '../manager/plan/resume/continuation.js'
import type {NodePool} from '../manager/ports.js'
import type {ClusterView} from '../manager/view/cluster-view.js'
import {toTopology, type Topology} from '../manager/view/topology.js'
import type {Teller} from '../manager/wait-for-calm.js'
import type {Address} from '../model/address.js'
import {formatAddress} from '../model/address.js'
import type {Notebook, NotedRun} from './notebook.js'
import type {ToolProcess} from './tool-process.js'

/** How a command ended. `refused`: nothing was changed. */
export interface Ending {
  readonly status: Outcome['status'] | 'refused' | 'nothing-to-do'
  /** Why it did not do what it was asked for; empty when it did. */
  readonly reason: string
  readonly outcome?: Outcome
}

export type Tell = (event: ExecutionEvent) => void

/** Where a command enters the cluster, and whom it tells. */
export interface Errand {
  readonly tool: ToolProcess
  readonly entries: readonly Address[]
  readonly tell: Tell
  /** The keys of all slots, counted on every node. */
  readonly countKeys: (pool: NodePool, view: ClusterView) => Promise<ClusterView>
  /** Where what happens is written down; absent: nowhere. */
  readonly notebook?: Notebook
  /** Who claims the cluster for it; absent: nobody, for nobody else works there. */
  readonly claimant?: Pick<Claimant, 'owner' | 'terms'>
}

/** Nobody reads what is waited for. */
export const SILENT: Teller = {busy: () => undefined, idle: () => undefined, note: () => undefined}

/** Looks, lets somebody plan, and carries out what was planned. Never throws for what nodes do. */
export async function lookAndDo(
  errand: Errand,
  plan: (topology: Topology) => Planned | Promise<Planned>,
): Promise<Ending> {
  const {tool, entries} = errand
  try {
    const view = await observeSettled(tool.pool, entries, tool.clock)
    return await carryOut(errand, await plan(toTopology(view)))
  } catch (error) {
    return refusedWith(toManagerError(error))
  }
}

/**
 * @param purpose of a plan that is the rest of an operation
 * @throws ManagerError `claimed`, `stale-plan`, or what keeps the nodes from being looked at: nothing was changed then
 */
export async function carryOut(errand: Errand, planned: Planned, purpose?: ContinuePurpose): Promise<Ending> {
  if (!planned.ok) return {status: 'refused', reason: planned.refusals.map(({code}) => code).join(' ')}
  const {plan} = planned
  if (plan.phases.length === 0) return {status: 'nothing-to-do', reason: ''}
  const {tool, claimant} = errand
  if (claimant === undefined) return execution(errand, plan, purpose, {pool: tool.pool, kill: tool.kill})
  const silence = {note: () => undefined, warn: () => undefined}
  const claim = await takeClaim(tool.pool, plan, {
    ...{...claimant, ...silence, force: false, clock: tool.clock, wallMs: () => tool.clock.nowMs()},
  })
  try {
    const kill = AbortSignal.any([tool.kill, claim.lost])
    const ending = await execution(errand, plan, purpose, {pool: fencedPool(tool.pool, claim), kill, lost: claim.lost})
    const lost = ending.status === 'applied' ? undefined : await claim.reason()
    return lost === undefined ? ending : {...ending, status: 'failed', reason: told(lost)}
  } finally {
    await claim.release()
  }
}

interface Means {
  readonly pool: NodePool
  readonly kill: AbortSignal
  readonly lost?: AbortSignal
}

async function execution(
  errand: Errand,
  plan: Plan,
  purpose: ContinuePurpose | undefined,
  means: Means,
): Promise<Ending> {
  const {tool, entries, tell} = errand
  const terrain = await reconnoitre(means.pool, plan)
  const entry = plan.entries[0] ?? formatAddress(entries[0]!)
  const noted = openNotebook(errand, plan, terrain, entry, purpose)
  const outcome = await execute(plan, {
    ...means,
    ...terrain,
    clock: tool.clock,
    emit: (event) => {
      noted?.event(event)
      tell(event)
    },
    entry,
    stop: tool.stop,
    source: tool.pool,
  })
  noted?.end(outcome)
  return {status: outcome.status, reason: outcome.error === undefined ? '' : told(outcome.error), outcome}
}

function openNotebook(
  {notebook, tool}: Errand,
  plan: Plan,
  {shards}: Terrain,
  entry: string,
  purpose: ContinuePurpose | undefined,
): NotedRun | undefined {
  if (purpose !== undefined) return notebook?.goOn(tool, purpose, plan)
  return notebook?.begin(tool, {plan, entry, shards})
}

export interface RepairOptions {
  /** Where a key has two values, that of the node which gives it away counts: for the operator to say (`--replace`). */
  readonly replace?: boolean
}

function fixRequest({replace = false}: RepairOptions): FixRequest {
  return {
    acceptDataLoss: false,
    withUnreachablePrimaries: false,
    searchMultipleOwners: true,
    settings: {...DEFAULT_SETTINGS, replace},
  }
}

/** `tscluster fix --yes`: applied, or nothing to do, when the cluster is healthy afterwards. */
export async function repair(errand: Errand, options: RepairOptions = {}): Promise<Ending> {
  const {tool, entries, countKeys} = errand
  try {
    const {result, wellBy} = await repairInRounds<Repaired>({
      ...{clock: tool.clock, teller: SILENT, stop: tool.stop, request: fixRequest(options)},
      look: () => observeSettled(tool.pool, entries, tool.clock),
      countKeys: (view) => countKeys(tool.pool, view),
      carryOut: async ({planned, diagnosis}) => {
        const ending = await carryOut(errand, planned)
        if (planned.ok) return {...ending, isWell: ending.status !== 'applied' || (await isWell(errand))}
        const reason = diagnosis.map(({finding}) => `${finding.code}: ${finding.message}`).join('; ')
        return {...ending, reason, isWell: false}
      },
      verdictOn: (each) => (each.status === 'applied' && !each.isWell ? 'more' : 'ended'),
    })
    const {isWell: wasWell, ...ending} = result
    if (ending.status !== 'applied' || wasWell || wellBy !== undefined) return ending
    return {...ending, status: 'failed', reason: 'does not help'}
  } catch (error) {
    return refusedWith(toManagerError(error))
  }
}

interface Repaired extends Ending {
  readonly isWell: boolean
}

async function isWell({tool, entries}: Errand): Promise<boolean> {
  return isHealthy(check(await observeSettled(tool.pool, entries, tool.clock)))
}

export function refusedWith(error: ManagerError): Ending {
  return {status: error.code === 'internal' ? 'failed' : 'refused', reason: told(error)}
}

function told({code, node, message}: ManagerError): string {
  return `${code}: ${node === undefined ? '' : `${node} `}${message}`
}

/** The same plan for nodes that have no config file. */
export function withoutRewrites(plan: Plan): Plan {
  const phases = plan.phases.map((phase) => ({
    ...phase,
    steps: phase.steps.map((step) => (step.kind === 'set-config' ? {...step, rewrite: false} : step)),
  }))
  return {...plan, phases}
}
