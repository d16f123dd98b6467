/** What the program costs before it does anything, beside Node itself. */
import {quickCluster, type QuickCluster} from '../../../test/support/quick-cluster.js'
import {timed, type Contest, type Goal, type Side} from '../contest.js'
import type {Programs} from '../programs.js'

const BARE: readonly string[] = ['-e', '0']

/** @param words what tscluster is given; the peer is `node -e 0` */
export function startUpContest(programs: Programs, words: readonly string[], goal: Goal): Contest {
  return {
    work: `tscluster ${words.join(' ')}`,
    peer: 'node -e 0',
    goal,
    run: (side) => besideNode(programs, side, words),
  }
}

/** @param count nodes, half of them replicas */
export async function checkContest(programs: Programs, count: number, goal: Goal): Promise<Contest> {
  const cluster: QuickCluster = await quickCluster(programs.flavour, {primaries: count / 2, replicasEach: 1})
  return {
    work: `tscluster check of ${count} nodes`,
    peer: 'node -e 0',
    goal,
    run: (side) => besideNode(programs, side, ['check', cluster.entry]),
    stop: () => cluster.stop(),
  }
}

function besideNode(programs: Programs, side: Side, words: readonly string[]): Promise<number> {
  return side === 'ours' ? programs.run('ours', {ours: words, theirs: []}) : timed(process.execPath, BARE)
}
