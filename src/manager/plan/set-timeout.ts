/** Sets cluster-node-timeout on every node, for good. */
import {finding, type Finding} from '../check/finding.js'
import type {Topology} from '../view/topology.js'
import {planFor} from './build.js'
import {refuse, type Planned, type PlanSettings} from './plan.js'
import type {Step} from './step.js'

/** Below this, the slightest pause looks like a failure; redis-cli draws the line here too. */
export const MIN_NODE_TIMEOUT_MS = 100

/** What a signed 32-bit integer holds, as in the server. */
const MAX_NODE_TIMEOUT_MS = 2_147_483_647

/** Of all nodes that answer, replicas included. Unlike redis-cli's, a node that refuses fails the plan. */
export function planSetTimeout(topology: Topology, ms: number, settings?: PlanSettings): Planned {
  if (!Number.isInteger(ms) || ms > MAX_NODE_TIMEOUT_MS) {
    const message = `${ms} is not a whole number of milliseconds up to ${MAX_NODE_TIMEOUT_MS}`
    return refuse(finding('invalid-timeout', 'error', message))
  }
  if (ms < MIN_NODE_TIMEOUT_MS) {
    const message = `a node timeout of ${ms} ms would take the slightest pause for a failure`
    return refuse(finding('timeout-too-low', 'error', message, {remedy: `${MIN_NODE_TIMEOUT_MS} ms or more`}))
  }
  const steps = topology.nodes.map(({id}): Step => {
    return {kind: 'set-config', node: id, parameter: 'cluster-node-timeout', value: String(ms), rewrite: true}
  })
  return planFor(topology, {operation: 'set-timeout', phases: [{title: 'set the node timeout', steps}], settings})
}

/** Nodes that are away keep the timeout that they have, and come back with it. */
export function timeoutWarnings({absent}: Topology): Finding[] {
  return absent.map(({id, address}) =>
    finding('node-unreachable', 'warning', 'does not answer: it keeps its node timeout', {
      node: {id, address},
      remedy: 'start it, then the same command again',
    }),
  )
}
