/** `--cluster del-node` */
import {formatPlainAddress} from '../../model/address.js'
import type {NodeId} from '../../model/node-id.js'
import type {Finding} from '../../manager/check/finding.js'
import type {Emit} from '../../manager/execute/event.js'
import {planDelNode} from '../../manager/plan/del-node.js'
import type {Topology} from '../../manager/view/topology.js'
import {apply, namesOf, printRefusals, refusedNode, settingsOf} from './carry-out.js'
import {loadCluster} from './cluster.js'
import type {Dialogue, Verdict} from './dialogue.js'
import {seedOf} from './seed.js'

/** Dead nodes are forgotten too, which redis-cli cannot do. Nothing is asked. */
export async function delNode(dialogue: Dialogue): Promise<Verdict> {
  const {print, invocation} = dialogue
  const [address = '', wanted = ''] = invocation.words
  const seed = seedOf(address)
  print.info(`>>> Removing node ${wanted} from cluster ${address}`)
  const {topology} = await loadCluster(dialogue, seed, {settle: true, toChange: true})
  const id = wanted.toLowerCase()
  const planned = planDelNode(topology, id, {settings: settingsOf(invocation.cluster)})
  if (!planned.ok) return printRefusal(planned.refusals, wanted, dialogue)
  print.info('>>> Sending CLUSTER FORGET messages to the cluster...')
  if (!(await apply(dialogue, planned.plan, {emit: narrator(topology, dialogue)}))) return 1
  const dead = topology.absent.find((node) => node.id === id)
  if (dead !== undefined) {
    const name = formatPlainAddress(dead.address)
    print.warning(`>>> WARNING: Could not connect to node ${name}, unable to send CLUSTER RESET.`)
  }
  return 0
}

function printRefusal(refusals: readonly Finding[], wanted: string, dialogue: Dialogue): Verdict {
  const {print} = dialogue
  const isUnknown = refusals.some(({code}) => code === 'unknown-node')
  const notEmpty = refusedNode(refusals, 'node-not-empty')
  if (isUnknown) {
    print.error(`[ERR] No such node ID ${wanted}`)
  } else if (notEmpty !== undefined) {
    print.error(`[ERR] Node ${formatPlainAddress(notEmpty)} is not empty! Reshard data away and try again.`)
  } else {
    printRefusals(refusals, dialogue)
  }
  return 1
}

function narrator(topology: Topology, {print}: Dialogue): Emit {
  const nameOf: (id: NodeId) => string = namesOf(topology.nodes)
  return (event) => {
    if (event.kind !== 'step-started') return
    const {does} = event
    if (does.kind === 'replicate') print.info(`>>> ${nameOf(does.replica)} as replica of ${nameOf(does.primary)}`)
    if (does.kind === 'reset') print.info('>>> Sending CLUSTER RESET SOFT to the deleted node.')
  }
}
