/**
 * One line of CLUSTER NODES:
 * `id address flags primary ping-sent pong-received config-epoch link-state slot …`
 * (https://redis.io/docs/latest/commands/cluster-nodes/).
 */
import {parseNodeAddress, type Address} from './address.js'
import type {NodeId} from './node-id.js'
import {parseNodeFlags, type NodeFlag} from './node-flags.js'
import {isSlot, type SlotId} from './slot.js'
import {SlotSet, type SlotRange} from './slot-set.js'

export interface NodeLine {
  readonly id: NodeId
  readonly address: Address
  readonly flags: ReadonlySet<NodeFlag>
  /** The primary that this node replicates; `null` for a primary. */
  readonly primaryId: NodeId | null
  /** Unix ms; 0 when no ping is waiting for its pong. */
  readonly pingSent: number
  /** Unix ms. */
  readonly pongReceived: number
  readonly configEpoch: number
  readonly linkConnected: boolean
  readonly slots: SlotSet
  /** Slots on their way out: slot → id of the node they go to. Only a node's own line has them. */
  readonly migrating: ReadonlyMap<SlotId, NodeId>
  /** Slots on their way in: slot → id of the node they come from. Only a node's own line has them. */
  readonly importing: ReadonlyMap<SlotId, NodeId>
}

/** All lines of a reply. `undefined` when one cannot be read: half a truth about a cluster is worse than none. */
export function parseClusterNodes(reply: string): NodeLine[] | undefined {
  const lines: NodeLine[] = []
  for (const text of reply.split('\n')) {
    const trimmed = text.trim()
    if (trimmed === '' || trimmed.startsWith('vars ')) continue
    const line = parseNodeLine(trimmed)
    if (line === undefined) return undefined
    lines.push(line)
  }
  return lines
}

export function parseNodeLine(text: string): NodeLine | undefined {
  const [id, addressText, flagWords, primary, pingSent, pongReceived, configEpoch, link, ...slotWords] = text.split(' ')
  if (id === undefined || addressText === undefined || flagWords === undefined || link === undefined) return undefined
  const address = parseNodeAddress(addressText)
  if (address === undefined) return undefined
  const ranges: SlotRange[] = []
  const migrating = new Map<SlotId, NodeId>()
  const importing = new Map<SlotId, NodeId>()
  for (const word of slotWords) {
    const open = /^\[(\d+)-([<>])-([0-9a-f]+)\]$/.exec(word)
    if (open !== null) {
      const marks = open[2] === '>' ? migrating : importing
      marks.set(Number(open[1]), open[3]!)
      continue
    }
    const range = /^(\d+)(?:-(\d+))?$/.exec(word)
    if (range === null) return undefined
    const first = Number(range[1])
    const last = range[2] === undefined ? first : Number(range[2])
    if (!isSlot(first) || !isSlot(last) || first > last) return undefined
    ranges.push([first, last])
  }
  return {
    id,
    address,
    flags: parseNodeFlags(flagWords),
    primaryId: primary === undefined || primary === '-' ? null : primary,
    pingSent: Number(pingSent),
    pongReceived: Number(pongReceived),
    configEpoch: Number(configEpoch),
    linkConnected: link === 'connected',
    slots: SlotSet.fromRanges(ranges),
    migrating,
    importing,
  }
}
