/**
 * A cluster that is born as if it had run for long: a simulation of a thousand nodes need not play the million greetings of a start before
 * it comes to what it is for.
 */
import {fraction} from '../chance.js'
import {type BusContext} from './cluster-host.js'
import {epochOf, EXTENSION_LEVEL, type ClusterNode} from './state.js'

/**
 * What packets would have told besides nodes.conf, had there been any. Each node was heard of, directly or by gossip, at some moment of the
 * last half node timeout: had all been heard of at one moment, all would be pinged at one moment, too.
 * @returns those whom I have greeted: the first link to each of them needs no PING
 */
export function becomeAcquainted({state, config, rng, nowMs}: BusContext): Set<ClusterNode> {
  const others = new Set(state.list)
  others.delete(state.myself)
  for (const node of others) {
    node.pongReceived = nowMs - fraction(rng) * (config.nodeTimeoutMs / 2)
    node.configEpoch = epochOf(node)
    node.extensionLevel = EXTENSION_LEVEL.ALL
    if (node.primary !== null) node.shardId = node.primary.id
  }
  const {myself} = state
  if (myself.primary !== null) myself.shardId = myself.primary.id
  return others
}
