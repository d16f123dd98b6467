/** A running cluster as a test holds it: its nodes, what may happen to them, and waiting for what follows. */
import {setTimeout as sleep} from 'node:timers/promises'
import {type NodeLine, parseClusterNodes} from '../../model/cluster-nodes.js'
import {SLOT_COUNT} from '../../model/slot.js'
import {type EngineNode, type Slowness} from './engine-node.js'
import {NETWORK} from './network.js'

export interface WaitOptions {
  /** Default 10,000 ms. */
  readonly timeoutMs?: number
  /** The condition in words, for the error: `a new primary`. */
  readonly what?: string
}

/**
 * `ok`: all nodes that run (and are not paused) see every slot served by one of them, none of them taken for dead, and every replica
 * in sync. Or a question of the caller's own, asked again until it is answered with something true.
 */
export type Condition = 'ok' | ((cluster: EngineCluster) => unknown)

const DEFAULT_LIMIT_MS = 10_000
const FIRST_PAUSE_MS = 5
const LONGEST_PAUSE_MS = 50

export class EngineCluster implements AsyncDisposable {
  /** Primaries first, then the replicas: those of the first primary before those of the second. As they were born. */
  readonly nodes: readonly EngineNode[]
  /** As they were born; after a failover ask `node.describe()`. */
  readonly primaries: readonly EngineNode[]
  readonly replicas: readonly EngineNode[]
  readonly #tidy: () => void

  /** @param tidy called once all nodes have ended */
  constructor(nodes: readonly EngineNode[], primaries: number, tidy: () => void) {
    this.nodes = nodes
    this.primaries = nodes.slice(0, primaries)
    this.replicas = nodes.slice(primaries)
    this.#tidy = tidy
  }

  /** `redis://127.0.0.1:12000` of each node. */
  get urls(): string[] {
    return this.nodes.map(({url}) => url)
  }

  /** As kill -9. */
  kill(index: number): Promise<void> {
    return this.#node(index).kill()
  }

  /** As SIGSTOP: its connections stay open, nothing is answered. */
  pause(index: number): void {
    this.#node(index).pause()
  }

  resume(index: number): void {
    this.#node(index).resume()
  }

  /** On the same port, with what it had on disk. */
  restart(index: number): Promise<void> {
    return this.#node(index).restart()
  }

  /**
   * Divides the network, in place of what divided it before. Nodes of one group hear each other and nobody in another: neither on the
   * bus nor between primary and replica nor for MIGRATE; connections stay open, as in a network that loses every packet. Clients still
   * reach all nodes. A single group is cut off from all other nodes; beside several groups, nodes of none hear everybody.
   * @param groups indexes: `[[0, 1], [2]]`
   * @throws RangeError for an index that is not there or is in two groups
   */
  partition(groups: readonly (readonly number[])[]): void {
    const indexes = groups.flat()
    if (indexes.length === 0) throw new RangeError('a partition has at least one group of nodes')
    const twice = indexes.find((index, place) => indexes.indexOf(index) !== place)
    if (twice !== undefined) throw new RangeError(`node ${twice} is in two groups`)
    const names = groups
      .filter((group) => group.length > 0)
      .map((group) => group.map((each) => this.#node(each).networkName))
    NETWORK.partition(names, this.#networkNames)
  }

  /** The network is whole and quick again: what did not arrive meanwhile does so now. Paused nodes stay paused, killed ones dead. */
  heal(): void {
    NETWORK.heal(this.#networkNames)
  }

  /** Everything that the node says and hears takes longer, clients' requests and answers included. `{latencyMs: 0}` ends it. */
  slow(index: number, slowness: Slowness): void {
    this.#node(index).slow(slowness)
  }

  /** @throws Error that names the condition, and what the nodes say, when it does not come true in time */
  async waitFor(condition: Condition, {timeoutMs = DEFAULT_LIMIT_MS, what}: WaitOptions = {}): Promise<void> {
    const deadlineMs = performance.now() + timeoutMs
    let pauseMs = FIRST_PAUSE_MS
    for (;;) {
      const {met, why} = condition === 'ok' ? await this.#isOk() : await asked(condition, this)
      if (met) return
      if (performance.now() >= deadlineMs) {
        throw new Error(
          `waited ${timeoutMs} ms in vain for ${what ?? (condition === 'ok' ? 'the cluster to be ok' : 'a condition')}${why}`,
        )
      }
      await sleep(pauseMs)
      pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 1.5)
    }
  }

  /** Stops every node, frees the ports and removes temporary folders. Safe to repeat. */
  async stop(): Promise<void> {
    // Nothing is saved: a temporary folder goes away, and SHUTDOWN would only wait for replicas that are stopped as well.
    await Promise.all(this.nodes.map((node) => node.stop()))
    this.#tidy()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  get #networkNames(): string[] {
    return this.nodes.map(({networkName}) => networkName)
  }

  #node(index: number): EngineNode {
    const node = this.nodes[index]
    if (node === undefined) throw new RangeError(`there is no node ${index}: the cluster has ${this.nodes.length}`)
    return node
  }

  async #isOk(): Promise<Answer> {
    const asked = this.nodes.filter((node) => node.isRunning && !node.isPaused)
    const running = new Set(asked.map(({port}) => port))
    const faults = await Promise.all(asked.map((node) => faultOf(node, running)))
    const found = faults.filter((fault) => fault !== undefined)
    return {met: found.length === 0, why: `: ${found.join('; ')}`}
  }
}

interface Answer {
  readonly met: boolean
  readonly why: string
}

async function asked(condition: (cluster: EngineCluster) => unknown, cluster: EngineCluster): Promise<Answer> {
  try {
    return {met: Boolean(await condition(cluster)), why: ''}
  } catch (error) {
    return {met: false, why: `: ${messageOf(error)}`}
  }
}

/** What keeps a node from being ok, in words; `undefined` when nothing does. */
async function faultOf(node: EngineNode, running: ReadonlySet<number>): Promise<string | undefined> {
  try {
    const [cluster, nodes, replication] = await Promise.all([
      node.call('CLUSTER', 'INFO').then(String),
      node.call('CLUSTER', 'NODES').then(String),
      node.call('INFO', 'replication').then(String),
    ])
    const fault = faultInView(parseClusterNodes(nodes) ?? [], running)
    if (fault !== undefined) return `${node.address} ${fault}`
    if (!cluster.includes('cluster_state:ok')) return `${node.address} says cluster_state:fail`
    if (/^master_link_status:down/m.test(replication)) return `${node.address} is not in sync with its primary`
    return undefined
  } catch (error) {
    return `${node.address}: ${messageOf(error)}`
  }
}

/** Every slot is served by somebody who is there, and nobody who is there is taken for dead. */
function faultInView(lines: readonly NodeLine[], running: ReadonlySet<number>): string | undefined {
  const here = lines.filter(({address}) => running.has(address.port))
  const served = here.reduce((slots, line) => slots + line.slots.size, 0)
  if (served !== SLOT_COUNT) return `knows of ${served} slots that are served`
  const dead = here.find(({flags}) => flags.has('fail') || flags.has('pfail') || flags.has('handshake'))
  return dead === undefined ? undefined : `does not trust the node on port ${dead.address.port}`
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
