/** `create` on nodes that stand alone, until all of them agree, roles included, and all accept writes. */
import {setTimeout as sleep} from 'node:timers/promises'
import {untilClusterAgrees} from '../../../test/support/quick-cluster.js'
import {startNodes} from '../../../test/support/server-nodes.js'
import type {Contest, Goal} from '../contest.js'
import type {Programs} from '../programs.js'

/** Redis' own default: a short one would make a cluster ready sooner than it is in anybody's service. */
export const NODE_TIMEOUT_MS = 15_000
/** A primary refuses clients for 2 s after its start: nobody should be charged for that. */
const SETTLE_MS = 2_500

/** @param count nodes, half of them replicas */
export function createContest(programs: Programs, count: number, goal: Goal): Contest {
  return {
    work: `create, ${count} nodes, half of them replicas`,
    peer: programs.peer,
    goal,
    async run(side) {
      const nodes = await startNodes(programs.flavour, count, {config: {'cluster-node-timeout': NODE_TIMEOUT_MS}})
      try {
        await sleep(SETTLE_MS)
        const startedMs = performance.now()
        await programs.run(side, {
          ours: ['create', ...nodes.addresses, '--replicas', 1, '--yes', '--quiet'],
          theirs: ['--cluster', 'create', ...nodes.addresses, '--cluster-replicas', 1, '--cluster-yes'],
        })
        await untilClusterAgrees(nodes)
        return performance.now() - startedMs
      } finally {
        await nodes.stop()
      }
    },
  }
}
