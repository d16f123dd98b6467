/** New, empty primaries get their share of a full cluster: several lanes at once. */
import {quickCluster, untilClusterAgrees} from '../../../test/support/quick-cluster.js'
import {SLOT_COUNT} from '../../../src/model/slot.js'
import type {Contest, Goal} from '../contest.js'
import {fillSlots} from '../full-slots.js'
import type {Programs} from '../programs.js'
import {NODE_TIMEOUT_MS} from './create.js'

const FULL = ['0-5460', '5461-10922', '10923-16383']

export interface RebalanceLoad {
  /** Primaries that have nothing yet; there are three that have everything. */
  readonly empty: number
  readonly keys: number
  readonly valueBytes: number
  readonly goal: Goal
  readonly mostRounds?: number
}

export async function rebalanceContest(programs: Programs, load: RebalanceLoad): Promise<Contest> {
  const {empty, keys, valueBytes, goal, mostRounds} = load
  const primaries = FULL.length + empty
  const slots = [...FULL, ...new Array<string>(empty).fill('')]
  // A primary that gave away its last slot would become somebody's replica, and load all that this one has.
  const config = {'cluster-allow-replica-migration': 'no'}
  const cluster = await quickCluster(programs.flavour, {primaries, slots, config, nodeTimeoutMs: NODE_TIMEOUT_MS})
  await fillSlots(cluster, {slots: SLOT_COUNT, keys, valueBytes})
  const newcomers = cluster.ids.slice(FULL.length)
  return {
    work: `rebalance 3 → ${primaries} primaries, ${keys.toLocaleString('en-US')} keys of ${valueBytes} B`,
    peer: programs.peer,
    goal,
    ...(mostRounds !== undefined && {mostRounds}),
    async run(side) {
      const ms = await programs.run(side, {
        ours: ['rebalance', cluster.entry, '--use-empty-primaries', '--yes', '--quiet'],
        theirs: ['--cluster', 'rebalance', cluster.entry, '--cluster-use-empty-masters'],
      })
      await untilClusterAgrees(cluster.nodes)
      // Back to the beginning, whoever's turn it was.
      const drained = newcomers.flatMap((id) => ['--weight', `${id}=0`])
      const words = ['rebalance', cluster.entry, ...drained, '--threshold', 0, '--yes', '--quiet']
      await programs.run('ours', {ours: words, theirs: []})
      await untilClusterAgrees(cluster.nodes)
      return ms
    },
    stop: () => cluster.stop(),
  }
}
