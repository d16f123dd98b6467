/** Epochs: the cluster's logical clock, and the version of each primary's claim to its slots. */
import {type BusContext} from './cluster-host.js'
import {isPrimary, needs, DUE, type ClusterNode, type ClusterState} from './state.js'

/** The greatest epoch that this node has heard of. */
export function greatestEpoch(state: ClusterState): number {
  let greatest = state.currentEpoch
  for (const node of state.list) if (node.configEpoch > greatest) greatest = node.configEpoch
  return greatest
}

/**
 * Takes a new epoch without asking anybody (BUMPEPOCH, the end of a slot's import, TAKEOVER): correct because two nodes that do
 * so at once collide and one of them moves on. False when this node's epoch is the greatest already.
 */
export function bumpEpoch(ctx: BusContext): boolean {
  const {state} = ctx
  const {myself} = state
  if (myself.configEpoch !== 0 && myself.configEpoch === greatestEpoch(state)) return false
  state.currentEpoch++
  myself.configEpoch = state.currentEpoch
  needs(state, DUE.SAVE)
  ctx.host.log('warning', `New configEpoch set to ${myself.configEpoch}`)
  return true
}

/** Two primaries with one epoch could both be right about a slot: the one with the smaller id takes a new epoch. */
export function resolveCollision(ctx: BusContext, sender: ClusterNode, senderEpoch: number): void {
  const {state} = ctx
  const {myself} = state
  if (senderEpoch !== myself.configEpoch || sender.configEpoch !== myself.configEpoch) return
  if (!isPrimary(sender) || !isPrimary(myself) || sender.id <= myself.id) return
  state.currentEpoch++
  myself.configEpoch = state.currentEpoch
  needs(state, DUE.SAVE)
  ctx.host.log(
    'verbose',
    `WARNING: configEpoch collision with node ${sender.id}. configEpoch set to ${myself.configEpoch}`,
  )
}
