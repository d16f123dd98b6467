/** A full sync of a million keys: engine and redis-server as primary and as replica, and how long the primary's clients wait meanwhile. */
import {command, RespConnection, type RespTarget} from '../../test/support/resp.js'
import {startNodes, stopAllNodes, type ServerNode} from '../../test/support/server-nodes.js'
import {until} from '../../test/support/until.js'
import {median} from '../median.js'
import {worstWait} from './probe.js'

export interface FullSyncBenchOptions {
  readonly rounds: number
  readonly keys?: number
}

type Side = 'engine' | 'redis-7.0'

interface Measured {
  readonly perSecond: number
  readonly stallMs: number
}

const SIDES: readonly Side[] = ['engine', 'redis-7.0']
const KEY_BYTES = 16
const VALUE_BYTES = 100
const BATCH = 500
const SYNC_TIMEOUT_MS = 120_000
const SETTINGS = {'repl-diskless-sync-delay': 0, 'repl-timeout': 120}

/** Prints a table: medians over the rounds, the worst stall of all. @throws Error when a server fails, or data are lost */
export async function fullSync({rounds, keys = 1_000_000}: FullSyncBenchOptions): Promise<void> {
  console.log(
    `Node ${process.versions.node}, full sync of ${keys.toLocaleString('en-US')} keys of ${KEY_BYTES} B with values of ${VALUE_BYTES} B, ${rounds} rounds\n`,
  )
  console.log('| primary | replica | keys/s | longest stall of the primary |')
  console.log('|---|---|---:|---:|')
  try {
    for (const primarySide of SIDES) {
      const primary = await startOne(primarySide)
      await fill(primary, keys)
      // Not counted: what was just written is still young to the garbage collector, whose pauses for it are none of the sync's.
      await syncOnce(primary, 'redis-7.0', keys)
      for (const replicaSide of SIDES) {
        const taken: Measured[] = []
        for (let round = 0; round < rounds; round++) taken.push(await syncOnce(primary, replicaSide, keys))
        const perSecond = median(taken.map((each) => each.perSecond))
        const stallMs = Math.max(...taken.map((each) => each.stallMs))
        console.log(`| ${primarySide} | ${replicaSide} | ${perSecond.toFixed(0)} | ${stallMs.toFixed(1)} ms |`)
      }
      await stopAllNodes()
    }
  } finally {
    await stopAllNodes()
  }
}

async function startOne(side: Side): Promise<ServerNode> {
  const nodes = await startNodes(side, 1, {cluster: false, config: SETTINGS})
  return nodes.node(0)
}

async function fill(target: RespTarget, keys: number): Promise<void> {
  const connection = await RespConnection.open(target)
  const value = 'v'.repeat(VALUE_BYTES)
  let batch: string[][] = []
  for (let number = 0; number < keys; number++) {
    batch.push(['SET', `k${String(number).padStart(KEY_BYTES - 1, '0')}`, value])
    if (batch.length < BATCH && number < keys - 1) continue
    await connection.pipeline(batch)
    batch = []
  }
  connection.close()
}

/** A fresh replica, from REPLICAOF to the link that stands. */
async function syncOnce(primary: ServerNode, side: Side, keys: number): Promise<Measured> {
  const nodes = await startNodes(side, 1, {cluster: false, config: SETTINGS})
  const replica = nodes.node(0)
  try {
    let seconds = 0
    const stallMs = await worstWait(primary.port, async () => {
      const startedMs = performance.now()
      await command(replica, 'REPLICAOF', primary.host, primary.port)
      const isUp = async (): Promise<boolean> =>
        String(await command(replica, 'INFO', 'replication')).includes('master_link_status:up')
      await until(isUp, {timeoutMs: SYNC_TIMEOUT_MS, what: `the ${side} replica to be in sync`})
      seconds = (performance.now() - startedMs) / 1000
    })
    const found = await command(replica, 'DBSIZE')
    if (found !== keys) throw new Error(`the ${side} replica has ${String(found)} of ${keys} keys`)
    return {perSecond: keys / seconds, stallMs}
  } finally {
    await nodes.stop()
  }
}
