/** Node ids: 40 lower-case hex digits, chosen by the node itself (cluster specification, "Cluster node attributes"). */

export type NodeId = string

export const NODE_ID_LENGTH = 40

export function isNodeId(text: string): boolean {
  return /^[0-9a-f]{40}$/.test(text)
}

/** Eight digits: enough to tell the nodes of one cluster apart on a screen. */
export function shortId(id: NodeId): string {
  return id.slice(0, 8)
}
