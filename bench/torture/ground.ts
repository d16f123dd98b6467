/** What one round happens on: six nodes of a cluster (or about to be one), spare servers, keys of every type. */
import {below} from '../../src/engine/chance.js'
import type {Rng} from '../../src/engine/ports.js'
import type {Flavour} from '../../test/support/installed-servers.js'
import {quickCluster, type ClusterShape, type QuickCluster} from '../../test/support/quick-cluster.js'
import type {ServerNode} from '../../test/support/server-nodes.js'
import {startNodes, stopAllNodes, type ServerNodes} from '../../test/support/server-nodes.js'
import {fillKeys} from '../../test/support/test-data.js'
import {Holdings} from './holdings.js'

export const PRIMARIES = 3

/** Redis' own: a node that is away for ten seconds is nobody's concern. */
const PATIENT_TIMEOUT_MS = 15_000
/** A replica takes over after about twice that. */
const IMPATIENT_TIMEOUT_MS = 1500

const MOST_TRIES = 3

const SMALL_KEYS = 6000
const LARGE_KEYS = 300
const LARGE_BYTES = 20_000

/**
 * `appendfsync no`: what was acknowledged has been handed to the kernel, which outlives a killed process. Only a machine that
 * loses its power would lose it, and no round does that.
 */
const DURABLE = {appendonly: 'yes', appendfsync: 'no', 'auto-aof-rewrite-percentage': 0}

export interface Ground {
  readonly flavour: Flavour
  readonly cluster: QuickCluster
  /** The servers of the cluster and the spares. */
  readonly nodes: ServerNodes
  readonly nodeTimeoutMs: number
  /** Of an import: a server outside the cluster. */
  readonly source: ServerNodes | undefined
  /** Every key that was there before, with its value. */
  readonly filled: ReadonlyMap<string, string>
}

export interface GroundOptions {
  readonly flavour: Flavour
  readonly shape: Pick<ClusterShape, 'primaries' | 'replicasEach' | 'spares' | 'slots'>
  /** A replica takes over a node that is away. */
  readonly failsOver: boolean
  /** Where the keys are at first. */
  readonly keysIn: 'cluster' | 'source' | 'nowhere'
}

/** @throws Error when it comes to nothing several times: on a machine that is very busy, nodes fail over while they are formed */
export async function layGround(options: GroundOptions): Promise<Ground> {
  for (let tries = 1; ; tries++) {
    try {
      return await tryToLay(options)
    } catch (error) {
      await stopAllNodes()
      if (tries === MOST_TRIES) throw error
    }
  }
}

async function tryToLay({flavour, shape, failsOver, keysIn}: GroundOptions): Promise<Ground> {
  const nodeTimeoutMs = failsOver ? IMPATIENT_TIMEOUT_MS : PATIENT_TIMEOUT_MS
  const cluster = await quickCluster(flavour, {...shape, nodeTimeoutMs, config: DURABLE})
  // CONFIG SET alone would not outlive a kill.
  await Promise.all([...cluster.nodes].map((_, index) => cluster.nodes.command(index, 'CONFIG', 'REWRITE')))
  const source = keysIn === 'source' ? await startNodes(flavour, 1, {cluster: false, config: DURABLE}) : undefined
  const filled = await fill(cluster, source, keysIn)
  return {flavour, cluster, nodes: cluster.nodes, nodeTimeoutMs, source, filled}
}

export async function clearGround({nodes, source}: Ground): Promise<void> {
  await Promise.all([nodes.stop(), source?.stop()])
}

export function addressOf({nodes}: Ground, index: number): string {
  return nodes.node(index).address
}

/** Every server by its address, for clients that follow redirections. */
export function targetsOf({nodes}: Ground): ReadonlyMap<string, ServerNode> {
  return new Map([...nodes].map((node) => [node.address, node]))
}

/** Three shares of all slots, none too small, so that there is something to even out. */
export function unevenSlots(rng: Rng): string[] {
  const first = 2000 + below(rng, 2500)
  const second = 8000 + below(rng, 4000)
  return [`0-${first}`, `${first + 1}-${second}`, `${second + 1}-16383`]
}

async function fill(
  cluster: QuickCluster,
  source: ServerNodes | undefined,
  keysIn: GroundOptions['keysIn'],
): Promise<ReadonlyMap<string, string>> {
  if (keysIn === 'nowhere') return new Map()
  const targets = source ?? cluster.primaries
  await fillKeys(targets, SMALL_KEYS)
  await fillKeys(targets, LARGE_KEYS, {prefix: 'large:', valueBytes: LARGE_BYTES, types: ['string', 'list']})
  if (source !== undefined) return Holdings.readStandalone(source.node(0))
  const holdings = await Holdings.read(cluster.primaries)
  return new Map([...holdings.keys()].map((key) => [key, holdings.textOf(key)!]))
}
