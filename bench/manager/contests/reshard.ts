/** A quarter of all slots from one primary to another, with what is in them: there and back in turns. */
import {quickCluster, untilClusterAgrees} from '../../../test/support/quick-cluster.js'
import type {Contest, Goal, Side} from '../contest.js'
import {fillSlots} from '../full-slots.js'
import type {Programs} from '../programs.js'
import {NODE_TIMEOUT_MS} from './create.js'

export const MOVED_SLOTS = 4096

export interface ReshardLoad {
  /** Spread over the slots that move; 0 for none. */
  readonly keys: number
  readonly valueBytes: number
  readonly replicasEach?: number
  /** More words for either side. */
  readonly more?: Readonly<Record<Side, readonly string[]>>
  /** Said of the peer: `with its atomic flag`. */
  readonly peerNote?: string
  readonly goal: Goal
  readonly mostRounds?: number
}

export async function reshardContest(programs: Programs, load: ReshardLoad): Promise<Contest> {
  const {keys, valueBytes, replicasEach = 0, goal, mostRounds} = load
  const cluster = await quickCluster(programs.flavour, {primaries: 3, replicasEach, nodeTimeoutMs: NODE_TIMEOUT_MS})
  if (keys > 0) await fillSlots(cluster, {slots: MOVED_SLOTS, keys, valueBytes})
  let [from, to] = cluster.ids as [string, string]
  return {
    work: `reshard ${MOVED_SLOTS} slots, ${contentOf(keys, valueBytes)}${replicasEach > 0 ? ', with replicas' : ''}`,
    peer: `${programs.peer}${load.peerNote === undefined ? '' : ` ${load.peerNote}`}`,
    goal,
    ...(mostRounds !== undefined && {mostRounds}),
    async run(side) {
      const ms = await programs.run(side, reshardWords(cluster.entry, [from, to], load.more))
      await untilClusterAgrees(cluster.nodes)
      ;[from, to] = [to, from]
      return ms
    },
    stop: () => cluster.stop(),
  }
}

/** redis-cli takes a source's lowest slots, so both move the same. */
export function reshardWords(
  entry: string,
  [from, to]: readonly [string, string],
  more: ReshardLoad['more'] = {ours: [], theirs: []},
): Record<Side, (string | number)[]> {
  const slots = `0-${MOVED_SLOTS - 1}`
  return {
    ours: ['reshard', entry, '--from', from, '--to', to, '--slots', slots, '--yes', '--quiet', ...more.ours],
    theirs: [
      ...['--cluster', 'reshard', entry, '--cluster-from', from, '--cluster-to', to],
      ...['--cluster-slots', MOVED_SLOTS, '--cluster-yes', ...more.theirs],
    ],
  }
}

export function contentOf(keys: number, valueBytes: number): string {
  return keys === 0 ? 'empty' : `${keys.toLocaleString('en-US')} keys of ${valueBytes} B`
}
