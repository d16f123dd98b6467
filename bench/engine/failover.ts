/** How long a slot range is without an owner after kill -9 of its primary: engine nodes against redis-server, in turns. */
import {slotOf} from '../../src/model/slot.js'
import {quickCluster, untilClusterAgrees, type QuickCluster} from '../../test/support/quick-cluster.js'
import {RespConnection} from '../../test/support/resp.js'
import {stopAllNodes} from '../../test/support/server-nodes.js'
import {until} from '../../test/support/until.js'
import {median} from '../median.js'

export interface FailoverOptions {
  readonly rounds: number
}

type Side = 'engine' | 'redis-7.0'

const SIDES: readonly Side[] = ['engine', 'redis-7.0']
const NODE_TIMEOUT_MS = 1000
const LONGEST_MS = 20_000
/** {b} is slot 3300: the first of three primaries has it. */
const KEY = '{b}'

/** Prints a table: every round, the medians and their ratio. @throws Error when a server or a failover fails */
export async function failover({rounds}: FailoverOptions): Promise<void> {
  const clusters = new Map<Side, QuickCluster>()
  const takenMs: Readonly<Record<Side, number[]>> = {engine: [], 'redis-7.0': []}
  try {
    for (const side of SIDES) {
      const shape = {primaries: 3, replicasEach: 1, nodeTimeoutMs: NODE_TIMEOUT_MS}
      clusters.set(side, await quickCluster(side, shape))
    }
    for (let round = 0; round < rounds; round++) {
      const order = round % 2 === 0 ? SIDES : SIDES.toReversed()
      for (const side of order) takenMs[side].push(await killAndWait(clusters.get(side)!, round))
    }
  } finally {
    await stopAllNodes()
  }
  print(rounds, takenMs)
}

/** The pair of nodes 0 and 3 takes turns: the one that took over is killed next. @returns ms from the kill to a write accepted */
async function killAndWait({nodes}: QuickCluster, round: number): Promise<number> {
  const [victim, heir] = round % 2 === 0 ? [0, 3] : [3, 0]
  const connection = await RespConnection.open(nodes.node(heir))
  const startedMs = performance.now()
  await nodes.kill(victim)
  await until(async () => (await connection.call('SET', KEY, round)) === 'OK', {
    what: `a write to slot ${slotOf(Buffer.from(KEY))}`,
    timeoutMs: LONGEST_MS,
  })
  const takenMs = performance.now() - startedMs
  connection.close()
  await nodes.restart(victim)
  await untilClusterAgrees(nodes)
  return takenMs
}

function print(rounds: number, takenMs: Readonly<Record<Side, readonly number[]>>): void {
  console.log(`Node ${process.versions.node}, cluster-node-timeout ${NODE_TIMEOUT_MS}, ${rounds} rounds\n`)
  console.log('| server | median ms | shortest | longest |')
  console.log('|---|---:|---:|---:|')
  for (const side of SIDES) {
    const taken = takenMs[side]
    const cells = [median(taken), Math.min(...taken), Math.max(...taken)].map((ms) => ms.toFixed(0))
    console.log(`| ${side} | ${cells.join(' | ')} |`)
  }
  console.log(`\nengine / redis: ${(median(takenMs.engine) / median(takenMs['redis-7.0'])).toFixed(2)}`)
}
