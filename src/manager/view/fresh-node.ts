/** A node that stands alone, before it becomes part of a cluster. */
import {fingerprint} from '../../model/fingerprint.js'
import {keyCount, type NodeView} from './node-view.js'
import type {Topology} from './topology.js'

export interface FreshNode {
  readonly view: NodeView
  /** Its `cluster-node-timeout`, ms; `null` when the node does not tell. */
  readonly nodeTimeoutMs: number | null
  /** Its `repl-diskless-sync-delay`, seconds; `null` when the node does not tell. */
  readonly syncDelayS: number | null
  /** Whether its bus port accepts connections from here. A firewall between us and the bus gives `unknown`. */
  readonly busPort: 'open' | 'refused' | 'unknown'
  readonly hasFunctions: boolean
}

/** Of what must still be so when a plan for these nodes is carried out: who they are, whom they know, what they hold. */
export function freshFingerprint(nodes: readonly FreshNode[]): string {
  const lines = nodes.map(({view}) => {
    const peers = view.peers.map((peer) => peer.id).sort()
    return `${view.id} ${view.line.configEpoch} ${view.line.slots} ${keyCount(view.server)} ${peers.join(',')}`
  })
  return fingerprint(lines.sort().join('\n'))
}

/** Of a cluster and of the nodes that are to join it. */
export function joiningFingerprint(topology: Topology, newcomers: readonly FreshNode[]): string {
  return fingerprint(`${topology.fingerprint} ${freshFingerprint(newcomers)}`)
}
