/** What is left of an operation, as a plan that can be shown and carried out like any other. */
import {formatAddress, parseAddress} from '../../../model/address.js'
import type {NodeId} from '../../../model/node-id.js'
import {observeFresh} from '../../observe.js'
import type {Plan} from '../../plan/plan.js'
import {nodesOfRest, type Rest} from '../../plan/resume/remaining.js'
import type {Truth} from '../../plan/resume/truth.js'
import type {NodePool} from '../../ports.js'
import {freshFingerprint, joiningFingerprint, type FreshNode} from '../../view/fresh-node.js'
import {toTopology} from '../../view/topology.js'
import type {Sighting} from './take-stock.js'

/**
 * It goes stale as any plan does. It has no `undo`: what fails now is left as it is, for another `resume` or an `abort`.
 * @param plan the one that was begun
 */
export async function restPlan(
  pool: NodePool,
  plan: Plan,
  rest: Rest,
  truth: Truth,
  sighting: Sighting,
): Promise<Plan> {
  const newcomers = plan.newcomers.filter((id) => !truth.replaced.has(id))
  const fresh = await lookAtNewcomers(pool, plan, newcomers)
  const {fingerprint} = toTopology(sighting.cluster)
  const listed = nodesOfRest(rest, plan, truth)
  const others = plan.nodes.filter(({id}) => newcomers.includes(id) && !listed.some((node) => node.id === id))
  const {undo: _undone, lastly: _lastly, bigKeys: _bigKeys, ...begun} = plan
  return {
    ...begun,
    entries: plan.entries.length === 0 ? [] : entriesOf(plan, sighting),
    newcomers,
    nodes: [...listed, ...others],
    basedOn:
      plan.entries.length === 0
        ? freshFingerprint(fresh)
        : fresh.length === 0
          ? fingerprint
          : joiningFingerprint(toTopology(sighting.cluster), fresh),
    phases: rest.phases,
    ...(rest.lastly.length > 0 && {lastly: rest.lastly}),
  }
}

async function lookAtNewcomers(pool: NodePool, plan: Plan, newcomers: readonly NodeId[]): Promise<FreshNode[]> {
  const wanted = plan.nodes.filter(({id}) => newcomers.includes(id))
  return Promise.all(wanted.flatMap(({address}) => parseAddress(address) ?? []).map((each) => observeFresh(pool, each)))
}

/** Not by a node that leaves the cluster. */
function entriesOf(plan: Plan, {cluster}: Sighting): string[] {
  const steps = plan.phases.flatMap((phase) => phase.steps)
  const leaving = new Set(steps.flatMap((step) => (step.kind === 'forget' || step.kind === 'reset' ? [step.node] : [])))
  return cluster.nodes.filter(({id}) => !leaving.has(id)).map(({address}) => formatAddress(address))
}
