/** The jobs: create a cluster of six; move 4,096 slots, empty and full. */
import {setTimeout as sleep} from 'node:timers/promises'
import {slotOf} from '../src/model/slot.js'
import type {Flavour} from '../test/support/installed-servers.js'
import {quickCluster, untilClusterAgrees, type QuickCluster} from '../test/support/quick-cluster.js'
import {RespConnection} from '../test/support/resp.js'
import {startNodes} from '../test/support/server-nodes.js'
import {timed, type Contest, type Side, type Times} from './contest.js'

export interface Programs {
  readonly node: string
  /** bin/run.js. */
  readonly tscluster: string
  readonly redisCli: string
}

/** Redis' own default: a short one would make a cluster ready sooner than it is in anybody's service. */
const NODE_TIMEOUT_MS = 15_000
/** A primary refuses clients for 2 s after its start: nobody should be charged for that. */
const SETTLE_MS = 2_500
const SLOTS = 4096
const BATCH = 500

/** From the start of the program to its exit, and to the moment when all nodes agree and are in state ok. */
export function createContest(flavour: Flavour, {node, tscluster, redisCli}: Programs): Contest {
  return {
    name: 'create, 3 primaries and 3 replicas',
    async run(side): Promise<Times> {
      const nodes = await startNodes(flavour, 6, {config: {'cluster-node-timeout': NODE_TIMEOUT_MS}})
      try {
        await sleep(SETTLE_MS)
        const startedMs = performance.now()
        const exit =
          side === 'tscluster'
            ? await timed(node, [tscluster, 'create', ...nodes.addresses, '--replicas', '1', '--yes', '--quiet'])
            : await timed(redisCli, [
                ...['--cluster', 'create', ...nodes.addresses],
                ...['--cluster-replicas', '1', '--cluster-yes'],
              ])
        await untilClusterAgrees(nodes)
        return {exit, usable: Math.round(performance.now() - startedMs)}
      } finally {
        await nodes.stop()
      }
    },
  }
}

/** The same slots go there and back. @param keys spread over the slots that move, 0 for none */
export async function reshardContest(
  flavour: Flavour,
  programs: Programs,
  {keys, valueBytes, replicasEach}: {readonly keys: number; readonly valueBytes: number; readonly replicasEach: number},
): Promise<Contest> {
  const cluster = await quickCluster(flavour, {primaries: 3, replicasEach, nodeTimeoutMs: NODE_TIMEOUT_MS})
  await fillMovingSlots(cluster, keys, valueBytes)
  let [from, to] = cluster.ids as [string, string]
  const what = keys === 0 ? 'empty' : `${keys.toLocaleString('en-US')} keys of ${valueBytes} bytes`
  return {
    name: `reshard ${SLOTS} slots, ${what}${replicasEach > 0 ? ', with replicas' : ''}`,
    async run(side): Promise<Times> {
      const exit = await timed(...reshardLine(side, programs, cluster.entry, from, to))
      await untilClusterAgrees(cluster.nodes)
      ;[from, to] = [to, from]
      return {exit}
    },
  }
}

/** redis-cli takes a source's lowest slots, so both move 0-4095. */
function reshardLine(side: Side, programs: Programs, entry: string, from: string, to: string): [string, string[]] {
  if (side === 'tscluster') {
    const slots = `0-${SLOTS - 1}`
    const args = ['reshard', entry, '--from', from, '--to', to, '--slots', slots, '--yes', '--quiet']
    return [programs.node, [programs.tscluster, ...args]]
  }
  const flags = ['--cluster-from', from, '--cluster-to', to, '--cluster-slots', String(SLOTS), '--cluster-yes']
  return [programs.redisCli, ['--cluster', 'reshard', entry, ...flags]]
}

async function fillMovingSlots(cluster: QuickCluster, keys: number, valueBytes: number): Promise<void> {
  const connection = await RespConnection.open(cluster.primaries[0]!)
  const value = 'x'.repeat(valueBytes)
  let batch: string[][] = []
  for (let written = 0, number = 0; written < keys; number++) {
    const key = `bench:${number}`
    if (slotOf(Buffer.from(key)) >= SLOTS) continue
    batch.push(['SET', key, value])
    written++
    if (batch.length < BATCH && written < keys) continue
    await connection.pipeline(batch)
    batch = []
  }
  connection.close()
}
