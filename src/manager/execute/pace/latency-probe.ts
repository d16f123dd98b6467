/**
 * Measures how long a node lets its clients wait: sends it PING after PING on a connection of its own. MIGRATE and RESTORE hold up the
 * node's event loop, and a PING waits for that as every command does.
 */
import type {NodeId} from '../../../model/node-id.js'
import type {ManagerClock, NodeClient} from '../../ports.js'

const EVERY_MS = 20

/** Is told what each answer took, ms. */
export type Hear = (latencyMs: number) => void

interface Probe {
  readonly listeners: Set<Hear>
  readonly ended: AbortController
}

/** One probe for each node, however many lanes it serves. */
export class LatencyProbes {
  readonly #clock: ManagerClock
  readonly #probes = new Map<NodeId, Probe>()

  constructor(clock: ManagerClock) {
    this.#clock = clock
  }

  /**
   * Asks the node every 20 ms as long as somebody listens and it answers. That a node is gone is for its lane to find out,
   * which has more to say about it.
   * @returns what ends the listening
   */
  listen(node: NodeId, connect: () => Promise<NodeClient>, hear: Hear): () => void {
    const known = this.#probes.get(node)
    const probe = known ?? {listeners: new Set(), ended: new AbortController()}
    probe.listeners.add(hear)
    if (known === undefined) {
      this.#probes.set(node, probe)
      this.#ask(probe, connect).catch(() => undefined)
    }
    return () => {
      probe.listeners.delete(hear)
      if (probe.listeners.size > 0) return
      probe.ended.abort()
      if (this.#probes.get(node) === probe) this.#probes.delete(node)
    }
  }

  async #ask({listeners, ended}: Probe, connect: () => Promise<NodeClient>): Promise<void> {
    const node = await connect()
    while (!ended.signal.aborted) {
      const startedMs = this.#clock.nowMs()
      await node.call(['PING'])
      const elapsedMs = this.#clock.nowMs() - startedMs
      for (const hear of listeners) hear(elapsedMs)
      await this.#clock.sleep(Math.max(1, EVERY_MS - elapsedMs), ended.signal)
    }
  }
}
