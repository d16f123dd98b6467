/** `simulate`: a whole cluster in virtual time, formed when it is handed over. */
import {type NodeId} from '../../model/node-id.js'
import {hexDigits} from '../chance.js'
import {nodesConf, planBirth} from '../cluster/born-cluster.js'
import {areConnected, isAtRest} from './checkers/convergence.js'
import {derivedRng} from './seeded-rng.js'
import {type Latency} from './virtual-network.js'
import {hostOf, Simulator, type SimulatorOptions, USUAL_LATENCY} from './simulator.js'

export interface SimulateOptions extends SimulatorOptions {
  /** Default 3. */
  readonly primaries?: number
  /** Replicas of each primary. Default 0. */
  readonly replicasEach?: number
  /** The nodes are as if they had run for long: they do not begin with a greeting of everybody to everybody. Default: they begin. */
  readonly acquainted?: boolean
  /** cluster-node-timeout. Default 5000. */
  readonly nodeTimeoutMs?: number
  /** Directives of each node. */
  readonly config?: Readonly<Record<string, string>>
}

const NO_TIME: Latency = {from: 0, to: 0}
const FIRST_PORT = 7000
const DEFAULT_NODE_TIMEOUT_MS = 5000
const ID_DIGITS = 40
const BIRTH_LIMIT_MS = 60_000

/**
 * Primaries first, then the replicas, those of the first primary before those of the second; all agree, and every replica is in sync.
 * @throws Error when a directive is wrong
 */
export function simulate(options: SimulateOptions): Simulator {
  const {
    primaries = 3,
    replicasEach = 0,
    acquainted = false,
    seed,
    nodeTimeoutMs = DEFAULT_NODE_TIMEOUT_MS,
    config = {},
  } = options
  // Calls that take no time are answered many in a turn: a birth of a thousand nodes makes a million of them.
  const sim = new Simulator(acquainted ? {...options, latencyMs: NO_TIME} : options)
  const born = bornNodes(seed, primaries, replicasEach)
  for (const [index, {host, port}] of born.entries()) {
    sim.addNode({
      host,
      port,
      config: {'cluster-node-timeout': String(nodeTimeoutMs), 'repl-diskless-sync-delay': '0', ...config},
      files: new Map([['nodes.conf', Buffer.from(nodesConf(born, index, sim.nowMs), 'latin1')]]),
      bornWhole: acquainted ? 'acquainted' : true,
    })
  }
  const isFormed = acquainted ? areConnected : isAtRest
  sim.runUntil('the cluster is formed', () => isFormed(sim.nodes), BIRTH_LIMIT_MS)
  if (acquainted) sim.faults.latency(options.latencyMs ?? USUAL_LATENCY)
  return sim
}

function bornNodes(seed: number, primaries: number, replicasEach: number): ReturnType<typeof planBirth> {
  const rng = derivedRng(seed, 'birth')
  const count = primaries * (1 + replicasEach)
  const ids: NodeId[] = Array.from({length: count}, () => hexDigits(rng, ID_DIGITS))
  return planBirth(
    Array.from(ids, (_, index) => ({host: hostOf(index), port: FIRST_PORT + index})),
    ids,
    primaries,
  )
}
