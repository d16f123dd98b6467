/** The last look before a plan is carried out: is the cluster still what the plan was made for, and where is everybody? */
import type {Address} from '../../model/address.js'
import type {NodeId} from '../../model/node-id.js'
import {parseAddress} from '../../model/address.js'
import {ManagerError} from '../error.js'
import {observe, observeFresh} from '../observe.js'
import type {Plan} from '../plan/plan.js'
import type {Shard} from '../plan/resume/truth.js'
import type {NodePool} from '../ports.js'
import {freshFingerprint, joiningFingerprint} from '../view/fresh-node.js'
import {toTopology, type Topology} from '../view/topology.js'

export interface Terrain {
  readonly addresses: ReadonlyMap<NodeId, Address>
  readonly primaries: readonly NodeId[]
  /** Who copies whom. */
  readonly shards: readonly Shard[]
}

/**
 * @throws ManagerError `stale-plan` when the cluster, or a node that is to join it, has changed since the plan was made
 */
export async function reconnoitre(pool: NodePool, plan: Plan): Promise<Terrain> {
  const addresses = new Map<NodeId, Address>()
  for (const {id, address} of plan.nodes) {
    const parsed = parseAddress(address)
    if (parsed !== undefined) addresses.set(id, parsed)
  }
  const joining = plan.newcomers.map((id) => addresses.get(id)!)
  const [topology, newcomers] = await Promise.all([
    plan.entries.length === 0 ? undefined : observeEntries(pool, plan),
    Promise.all(joining.map((address) => observeFresh(pool, address))),
  ])
  const fingerprint =
    topology === undefined
      ? freshFingerprint(newcomers)
      : newcomers.length === 0
        ? topology.fingerprint
        : joiningFingerprint(topology, newcomers)
  if (fingerprint !== plan.basedOn) throw stale()
  for (const {id, address} of topology?.nodes ?? []) addresses.set(id, address)
  for (const {view} of newcomers) addresses.set(view.id, view.address)
  const shards = topology?.primaries.map(({id, replicas}): Shard => ({primary: id, replicas})) ?? []
  return {addresses, primaries: shards.map(({primary}) => primary), shards}
}

async function observeEntries(pool: NodePool, plan: Plan): Promise<Topology> {
  const entries = plan.entries.flatMap((text) => parseAddress(text) ?? [])
  return toTopology(await observe(pool, entries))
}

function stale(): ManagerError {
  return new ManagerError('stale-plan', 'the cluster is no longer what this plan was made for', {
    hint: 'look at it again (tscluster check) and make the plan anew',
  })
}
