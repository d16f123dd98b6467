/** Whether a cluster has come to rest: everybody agrees on who owns what, and every replica has its primary's data. */
import {
  epochOf,
  inHandshake,
  isFail,
  isPfail,
  isPrimary,
  type ClusterNode,
  type ClusterState,
} from '../../cluster/state.js'
import {type SimNode} from '../sim-node.js'

/**
 * What keeps the nodes that run from being one healthy cluster, in one line; undefined when nothing does.
 * @param without data: replicas need not be in step
 */
export function unrest(nodes: readonly SimNode[], {without}: {readonly without?: 'data'} = {}): string | undefined {
  const living = nodes.filter((node) => node.isRunning)
  const byId = new Map(living.map((node) => [node.id, node]))
  const ids = new Set(byId.keys())
  const [first] = living
  if (first === undefined) return 'no node runs'
  for (const node of living) {
    const trouble =
      troubleOf(node, ids) ?? disagreement(first, node, ids) ?? (without === 'data' ? undefined : lag(node, byId))
    if (trouble !== undefined) return trouble
  }
  return collision(living)
}

/** Two primaries with one epoch: the nodes settle that as soon as they hear of each other. */
function collision(living: readonly SimNode[]): string | undefined {
  const holders = new Map<number, SimNode>()
  for (const node of living) {
    const {myself} = stateOf(node)
    if (!isPrimary(myself) || myself.slotCount === 0) continue
    const other = holders.get(myself.configEpoch)
    if (other !== undefined) return `${other.name} and ${node.name} both have epoch ${myself.configEpoch}`
    holders.set(myself.configEpoch, node)
  }
  return undefined
}

export function isAtRest(nodes: readonly SimNode[]): boolean {
  return unrest(nodes) === undefined
}

export function stateOf(node: SimNode): ClusterState {
  return node.core.server.cluster!.state
}

function troubleOf(node: SimNode, ids: ReadonlySet<string | undefined>): string | undefined {
  const state = stateOf(node)
  if (!state.ok) return `${node.name}: the cluster is down`
  for (const id of ids) if (!state.nodes.has(id!)) return `${node.name} does not know ${id}`
  for (const other of state.list) {
    if (inHandshake(other)) return `${node.name} is in a handshake with ${other.ip}:${other.port}`
    if (ids.has(other.id) && (isFail(other) || isPfail(other))) return `${node.name} holds ${other.id} for failing`
  }
  return undefined
}

/** Dead nodes may be remembered differently, as long as they own nothing. */
function disagreement(first: SimNode, node: SimNode, ids: ReadonlySet<string | undefined>): string | undefined {
  const [theirs, mine] = [stateOf(first), stateOf(node)]
  for (const other of mine.list) {
    const same = theirs.nodes.get(other.id)
    if (same !== undefined && isSame(other, same, ids.has(other.id))) continue
    if (same === undefined && !ids.has(other.id) && other.slotCount === 0) continue
    return `${first.name} and ${node.name} disagree on ${other.id}`
  }
  return undefined
}

function isSame(one: ClusterNode, other: ClusterNode, isAlive: boolean): boolean {
  if (one.slotCount !== other.slotCount || !one.slots.equals(other.slots)) return false
  if (!isAlive) return true
  return isPrimary(one) === isPrimary(other) && one.primary?.id === other.primary?.id && epochOf(one) === epochOf(other)
}

/** A replica that follows whom the cluster says, over a link that stands, and has all of it. */
function lag(node: SimNode, living: ReadonlyMap<string | undefined, SimNode>): string | undefined {
  const {primary} = stateOf(node).myself
  if (primary === null) return undefined
  const {replication, primaryLinkIsUp} = node.core.server
  const source = living.get(primary.id)
  if (source === undefined) return `${node.name} replicates ${primary.id}, which does not run`
  if (!primaryLinkIsUp) return `${node.name} has no link to its primary`
  const behind = source.core.server.replication.offset - replication.offset
  return behind === 0 ? undefined : `${node.name} is ${behind} bytes behind its primary`
}

/** Every node has reached every other, and every replica its primary: what is left of a birth where nobody need be greeted. */
export function areConnected(nodes: readonly SimNode[]): boolean {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  return nodes.every((node) => hasReachedAll(node) && lag(node, byId) === undefined)
}

function hasReachedAll(node: SimNode): boolean {
  const {list, myself} = stateOf(node)
  return list.every(({outbound}, index) => list[index] === myself || outbound?.open === true)
}
