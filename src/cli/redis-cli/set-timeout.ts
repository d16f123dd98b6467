/** `--cluster set-timeout` */
import {formatAddress} from '../../model/address.js'
import {execute} from '../../manager/execute/executor.js'
import {ManagerError} from '../../manager/error.js'
import type {Outcome} from '../../manager/execute/outcome.js'
import {MIN_NODE_TIMEOUT_MS, planSetTimeout} from '../../manager/plan/set-timeout.js'
import type {Plan} from '../../manager/plan/plan.js'
import type {NodePool} from '../../manager/ports.js'
import {newOperationId} from '../operations/claimant.js'
import {whileClaimed} from '../operations/while-claimed.js'
import {accepted, meetingOf, namesOf, rendererOf, settingsOf} from './carry-out.js'
import {loadCluster, type Cluster} from './cluster.js'
import type {Dialogue, Verdict} from './dialogue.js'
import {seedOf} from './seed.js'

/** Every node is tried, whatever the others say; 1 when one refused. */
export async function setTimeout(dialogue: Dialogue): Promise<Verdict> {
  const {print, invocation} = dialogue
  const timeoutMs = readTimeout(invocation.words[1]!)
  const cluster = await loadCluster(dialogue, seedOf(invocation.words[0]), {toChange: true})
  const plan = accepted(planSetTimeout(cluster.topology, timeoutMs, settingsOf(invocation.cluster)), dialogue)
  if (plan === undefined) return 1
  print.info('>>> Reconfiguring node timeout in every cluster node...')
  const nameOf = namesOf(cluster.topology.nodes)
  const nodes = onePlanPerNode(plan)
  const operation = {id: newOperationId(), operation: plan.operation, force: meetingOf(dialogue) === 'force'}
  const session = {...dialogue, renderer: rendererOf(dialogue, () => undefined)}
  const outcomes = await whileClaimed(session, plan, operation, ({pool}) =>
    Promise.all(nodes.map(({plan: part}) => carryOutPart(part, cluster, {...dialogue, pool}))),
  )
  let refused = 0
  for (const [index, {node}] of nodes.entries()) {
    const {error} = outcomes[index]!
    if (error === undefined) print.warning(`*** New timeout set for ${nameOf(node)}`)
    else print.error(`ERR setting node-timeout for ${nameOf(node)}: ${error.reply ?? error.message}`)
    if (error !== undefined) refused++
  }
  print.info(`>>> New node timeout set. ${nodes.length - refused} OK, ${refused} ERR.`)
  return refused === 0 ? 0 : 1
}

function readTimeout(text: string): number {
  const ms = /^\d+$/.test(text) ? Number(text) : 0
  if (ms >= MIN_NODE_TIMEOUT_MS) return ms
  const least = `Setting a node timeout of less than ${MIN_NODE_TIMEOUT_MS} milliseconds is a bad idea.`
  throw new ManagerError('usage', least)
}

/** A plan ends at its first failure; here no node's refusal may keep the others from being told. */
function onePlanPerNode(plan: Plan): {readonly node: string; readonly plan: Plan}[] {
  return plan.phases.flatMap(({title, steps}) =>
    steps.flatMap((step) =>
      step.kind === 'set-config' ? [{node: step.node, plan: {...plan, phases: [{title, steps: [step]}]}}] : [],
    ),
  )
}

type Ground = Pick<Dialogue, 'world' | 'interruption'> & {readonly pool: NodePool}

function carryOutPart(plan: Plan, {topology}: Cluster, {pool, world, interruption}: Ground): Promise<Outcome> {
  return execute(plan, {
    pool,
    clock: world.clock,
    emit: () => undefined,
    addresses: new Map(topology.nodes.map(({id, address}) => [id, address])),
    primaries: topology.primaries.map(({id}) => id),
    entry: formatAddress(topology.entry),
    stop: interruption.stop,
    kill: interruption.kill,
  })
}
