/** The same work on nodes that stand a round trip away: every address that the cluster knows leads through a delay. */
import {freePort} from '../../../test/support/free-ports.js'
import {clusterNodes, quickCluster, untilClusterAgrees, type QuickCluster} from '../../../test/support/quick-cluster.js'
import {RespConnection} from '../../../test/support/resp.js'
import {until} from '../../../test/support/until.js'
import type {Contest, Goal} from '../contest.js'
import {openDelayProxies} from '../delay-proxy.js'
import {fillSlots} from '../full-slots.js'
import type {Programs} from '../programs.js'
import {NODE_TIMEOUT_MS} from './create.js'
import {contentOf, MOVED_SLOTS, reshardWords} from './reshard.js'

interface FarCluster extends QuickCluster {
  /** `host:port` through the delay. */
  readonly farEntry: string
}

/** Between the tool and the nodes, and for what MIGRATE sends from one node to another; the bus is as near as ever. */
async function farCluster(
  programs: Programs,
  roundTripMs: number,
  shape: {readonly primaries: number; readonly replicasEach: number},
): Promise<FarCluster> {
  const cluster = await quickCluster(programs.flavour, {...shape, nodeTimeoutMs: NODE_TIMEOUT_MS})
  const routes = new Map<number, number>()
  for (const node of cluster.nodes) routes.set(await freePort(), node.port)
  const proxies = await openDelayProxies(roundTripMs, routes)
  const connections = await Promise.all([...cluster.nodes].map((node) => RespConnection.open(node)))
  const far = [...routes.keys()]
  await Promise.all(connections.map((each, index) => each.call('CONFIG', 'SET', 'cluster-announce-port', far[index]!)))
  const everybodyKnows = async (): Promise<boolean> => {
    const accounts = await Promise.all(connections.map(clusterNodes))
    return accounts.every((lines) => lines.every(({address}) => routes.has(address.port)))
  }
  await until(everybodyKnows, {timeoutMs: 60_000, what: 'all nodes to know the announced ports'})
  for (const each of connections) each.close()
  return {
    ...cluster,
    farEntry: `127.0.0.1:${far[0]}`,
    async stop() {
      proxies.close()
      await cluster.stop()
    },
  }
}

export async function farReshardContest(
  programs: Programs,
  {keys, valueBytes, ...rest}: {keys: number; valueBytes: number; goal: Goal; mostRounds?: number},
): Promise<Contest> {
  const cluster = await farCluster(programs, 1, {primaries: 3, replicasEach: 0})
  if (keys > 0) await fillSlots(cluster, {slots: MOVED_SLOTS, keys, valueBytes})
  let [from, to] = cluster.ids as [string, string]
  return {
    ...rest,
    work: `reshard ${MOVED_SLOTS} slots, ${contentOf(keys, valueBytes)}, 1 ms away`,
    peer: programs.peer,
    async run(side) {
      const ms = await programs.run(side, reshardWords(cluster.farEntry, [from, to]))
      await untilClusterAgrees(cluster.nodes)
      ;[from, to] = [to, from]
      return ms
    },
    stop: () => cluster.stop(),
  }
}

/** @param count nodes, half of them replicas */
export async function farCheckContest(programs: Programs, count: number, goal: Goal): Promise<Contest> {
  const cluster = await farCluster(programs, 10, {primaries: count / 2, replicasEach: 1})
  return {
    work: `check of ${count} nodes, 10 ms away`,
    peer: programs.peer,
    goal,
    run: (side) =>
      programs.run(side, {ours: ['check', cluster.farEntry], theirs: ['--cluster', 'check', cluster.farEntry]}),
    stop: () => cluster.stop(),
  }
}
