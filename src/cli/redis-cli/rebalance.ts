/** `--cluster rebalance` */
import {isMove, type MoveStep} from '../../manager/plan/lanes.js'
import {planRebalance, sharesOf, type RebalanceRequest, type Share} from '../../manager/plan/rebalance.js'
import type {NodeId} from '../../model/node-id.js'
import {SlotSet} from '../../model/slot-set.js'
import type {Plan} from '../../manager/plan/plan.js'
import {accepted, apply, namesOf, settingsOf} from './carry-out.js'
import {isClean, printCheck} from './check-block.js'
import {loadCluster, type Cluster} from './cluster.js'
import type {Dialogue, Verdict} from './dialogue.js'
import {LaneLines} from './lane-lines.js'
import {printMoveFailure} from './move-failure.js'
import {parseDecimal} from './numbers.js'
import {seedOfWords} from './seed.js'

/** Never asks. `--cluster-simulate` prints the same lines and moves nothing. */
export async function rebalance(dialogue: Dialogue): Promise<Verdict> {
  const {print, invocation} = dialogue
  const cluster = await loadCluster(dialogue, seedOfWords(invocation.words), {settle: true, toChange: true})
  const weights = readWeights(cluster, dialogue)
  if (weights === undefined) return 1
  if (!isClean(await printCheck(cluster, dialogue, {rows: false}))) {
    print.error('*** Please fix your cluster problems before rebalancing')
    return 1
  }
  const request = toRequest(weights, dialogue)
  const plan = accepted(planRebalance(cluster.topology, request), dialogue)
  if (plan === undefined) return 1
  if (plan.phases.length === 0) {
    const threshold = invocation.cluster.thresholdPercent.toFixed(2)
    print.warning(`*** No rebalancing needed! All nodes are within the ${threshold}% threshold.`)
    return 0
  }
  printShares(cluster, sharesOf(cluster.topology, request), dialogue)
  return invocation.cluster.simulate ? simulate(cluster, plan, dialogue) : moveSlots(cluster, plan, dialogue)
}

/** Here a threshold of 0 means "never", as in redis-cli. */
function toRequest(weights: ReadonlyMap<NodeId, number>, {invocation}: Dialogue): RebalanceRequest {
  const {cluster} = invocation
  return {
    weights,
    useEmptyPrimaries: cluster.useEmptyPrimaries,
    threshold: cluster.thresholdPercent === 0 ? Infinity : cluster.thresholdPercent,
    choice: 'lowest',
    atomic: cluster.atomic,
    settings: settingsOf(cluster),
  }
}

/** By any unambiguous beginning of an id; `undefined` when one is wrong, which was printed then. */
function readWeights({topology}: Cluster, {print, words, invocation}: Dialogue): Map<NodeId, number> | undefined {
  const weights = new Map<NodeId, number>()
  for (const text of invocation.cluster.weights) {
    const [name = '', ...rest] = text.split('=')
    const weight = parseDecimal(rest.join('='))
    const named = topology.primaries.filter(({id}) => name !== '' && id.startsWith(name.toLowerCase()))
    if (named.length === 0) print.error(`*** No such ${words.primary} node ${name}`)
    else if (named.length > 1) print.error(`*** ${name} is the beginning of ${named.length} node IDs: give more of it`)
    else if (weight === undefined) print.error(`*** invalid weight ${text}: give a number, 0 or more`)
    if (named.length !== 1 || weight === undefined) return undefined
    weights.set(named[0]!.id, weight)
  }
  return weights
}

function printShares({topology}: Cluster, shares: readonly Share[], {print, invocation}: Dialogue): void {
  const total = shares.reduce((sum, {weight}) => sum + weight, 0)
  print.info(`>>> Rebalancing across ${shares.length} nodes. Total weight = ${total.toFixed(2)}`)
  if (!invocation.verbose) return
  const nameOf = namesOf(topology.nodes)
  const balances = shares.map(({primary, expected}) => ({id: primary.id, balance: primary.slots.size - expected}))
  for (const {id, balance} of balances.toSorted((a, b) => a.balance - b.balance)) {
    print.line(`${nameOf(id)} balance is ${balance} slots`)
  }
}

/** Plan steps with the ids that the executor gives them: only one phase moves slots. */
function movesOf(plan: Plan): {readonly id: string; readonly step: MoveStep}[] {
  return plan.phases.flatMap(({steps}, phase) =>
    steps.flatMap((step, index) => (isMove(step) ? [{id: `${phase}.${index}`, step}] : [])),
  )
}

function simulate(cluster: Cluster, plan: Plan, {print}: Dialogue): Verdict {
  const lines = new LaneLines(print, namesOf(cluster.topology.nodes), movesOf(plan))
  for (const {id, step} of movesOf(plan)) lines.moved(id, (SlotSet.parse(step.slots) ?? SlotSet.EMPTY).size)
  return 0
}

async function moveSlots({topology}: Cluster, plan: Plan, dialogue: Dialogue): Promise<Verdict> {
  const lines = new LaneLines(dialogue.print, namesOf(topology.nodes), movesOf(plan))
  const done = await apply(dialogue, plan, {
    emit: (event) => {
      if (event.kind === 'slot-moved') lines.moved(event.step, 1)
    },
    explain: (error) => {
      lines.giveUp()
      printMoveFailure(error, '*** clusterManagerMoveSlot', dialogue)
    },
  })
  return done ? 0 : 1
}
