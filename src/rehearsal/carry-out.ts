/** What the command line does with a plan, without the terminal: the last look, the deed, and how it ended, as a value. */
import {isHealthy, check} from '../manager/check/check.js'
import {toManagerError, type ManagerError} from '../manager/error.js'
import type {ExecutionEvent} from '../manager/execute/event.js'
import {execute} from '../manager/execute/executor.js'
import type {Outcome} from '../manager/execute/outcome.js'
import {reconnoitre} from '../manager/execute/reconnoitre.js'
import {observeSettled} from '../manager/observe-settled.js'
import {planFix, type FixRequest} from '../manager/plan/fix.js'
import {DEFAULT_SETTINGS, type Plan, type Planned} from '../manager/plan/plan.js'
import type {NodePool} from '../manager/ports.js'
import type {ClusterView} from '../manager/view/cluster-view.js'
import {toTopology, type Topology} from '../manager/view/topology.js'
import type {Address} from '../model/address.js'
import {formatAddress} from '../model/address.js'
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
}

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

/** @throws ManagerError `stale-plan`, or what keeps the nodes from being looked at: nothing was changed then */
export async function carryOut({tool, entries, tell}: Errand, planned: Planned): Promise<Ending> {
  if (!planned.ok) return {status: 'refused', reason: planned.refusals.map(({code}) => code).join(' ')}
  const {plan} = planned
  if (plan.phases.length === 0) return {status: 'nothing-to-do', reason: ''}
  const terrain = await reconnoitre(tool.pool, plan)
  const outcome = await execute(plan, {
    pool: tool.pool,
    clock: tool.clock,
    emit: tell,
    ...terrain,
    entry: plan.entries[0] ?? formatAddress(entries[0]!),
    stop: tool.stop,
    kill: tool.kill,
  })
  return {status: outcome.status, reason: outcome.error === undefined ? '' : told(outcome.error), outcome}
}

export interface RepairOptions {
  /** Where a key is on both sides of an open slot with two values, the owner's counts: for the operator to say (`--replace`). */
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

/** What one repair uncovers, the next repairs: as `tscluster fix` does it. */
const ROUNDS = 5

/** `tscluster fix --yes`: applied, or nothing to do, when the cluster is healthy afterwards. */
export async function repair(errand: Errand, options: RepairOptions = {}): Promise<Ending> {
  let last: Ending = {status: 'nothing-to-do', reason: ''}
  let doneBefore = ''
  try {
    for (let round = 1; round <= ROUNDS; round++) {
      const {planned, diagnosis} = await diagnose(errand, fixRequest(options))
      if (planned.ok && planned.plan.phases.length === 0) return last
      const signature = signatureOf(planned)
      if (signature !== '' && signature === doneBefore) return {...last, status: 'failed', reason: 'does not help'}
      doneBefore = signature
      const ending = await orRefused(carryOut(errand, planned))
      if (ending.status === 'refused' && ending.reason.startsWith('stale-plan')) {
        doneBefore = ''
        continue
      }
      if (ending.status !== 'applied') {
        const why = planned.ok
          ? ending.reason
          : diagnosis.map(({finding}) => `${finding.code}: ${finding.message}`).join('; ')
        return {...ending, reason: why}
      }
      last = ending
      if (await isWell(errand)) return last
    }
  } catch (error) {
    return refusedWith(toManagerError(error))
  }
  return {...last, status: 'failed', reason: `is not done after ${ROUNDS} rounds`}
}

async function diagnose({tool, entries, countKeys}: Errand, request: FixRequest): Promise<ReturnType<typeof planFix>> {
  const view = await observeSettled(tool.pool, entries, tool.clock)
  return planFix(await countKeys(tool.pool, view), request)
}

async function isWell({tool, entries}: Errand): Promise<boolean> {
  return isHealthy(check(await observeSettled(tool.pool, entries, tool.clock)))
}

function signatureOf(planned: Planned): string {
  const phases: Plan['phases'] = planned.ok ? planned.plan.phases : []
  return phases.length === 0 ? '' : JSON.stringify(phases)
}

async function orRefused(work: Promise<Ending>): Promise<Ending> {
  try {
    return await work
  } catch (error) {
    return refusedWith(toManagerError(error))
  }
}

function refusedWith(error: ManagerError): Ending {
  return {status: error.code === 'internal' ? 'failed' : 'refused', reason: told(error)}
}

function told({code, node, message}: ManagerError): string {
  return `${code}: ${node === undefined ? '' : `${node} `}${message}`
}
