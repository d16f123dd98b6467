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
  readonly configEpoch: number
  readonly linkConnected: boolean
  readonly slots: SlotSet
  /** Slots on their way out: slot → id of the node they go to. Only a node's own line has them. */
  readonly migrating: ReadonlyMap<SlotId, NodeId>
  /** Slots on their way in: slot → id of the node they come from. Only a node's own line has them. */
  readonly importing: ReadonlyMap<SlotId, NodeId>
}

/** What lines have in common, so that it is held once. */
export interface SharedParts {
  readonly ids: Map<string, NodeId>
  /** By their words. */
  readonly slots: Map<string, SlotSet>
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

/**
 * `undefined` when it cannot be read. The times of the last ping and pong are not kept: they are the node's own business.
 *
 * @param shared filled with what this line has of ids and slots
 */
export function parseNodeLine(text: string, shared?: SharedParts): NodeLine | undefined {
  const [id, addressText, flagWords, primary, , , configEpoch, link, ...slotWords] = text.split(' ')
  if (id === undefined || addressText === undefined || flagWords === undefined || link === undefined) return undefined
  const address = parseNodeAddress(addressText)
  if (address === undefined) return undefined
  const migrating = new Map<SlotId, NodeId>()
  const importing = new Map<SlotId, NodeId>()
  const rangeWords: string[] = []
  for (const word of slotWords) {
    const open = /^\[(\d+)-([<>])-([0-9a-f]+)\]$/.exec(word)
    if (open !== null) {
      const marks = open[2] === '>' ? migrating : importing
      marks.set(Number(open[1]), open[3]!)
      continue
    }
    rangeWords.push(word)
  }
  const slots = parseSlots(rangeWords, shared)
  if (slots === undefined) return undefined
  return {
    id: internId(shared, id),
    address,
    flags: parseNodeFlags(flagWords),
    primaryId: primary === undefined || primary === '-' ? null : internId(shared, primary),
    configEpoch: Number(configEpoch),
    linkConnected: link === 'connected',
    slots,
    migrating,
    importing,
  }
}

function parseSlots(words: readonly string[], shared: SharedParts | undefined): SlotSet | undefined {
  if (words.length === 0) return SlotSet.EMPTY
  const known = shared?.slots.get(words.join(' '))
  if (known !== undefined) return known
  const ranges: SlotRange[] = []
  for (const word of words) {
    const range = /^(\d+)(?:-(\d+))?$/.exec(word)
    if (range === null) return undefined
    const first = Number(range[1])
    const last = range[2] === undefined ? first : Number(range[2])
    if (!isSlot(first) || !isSlot(last) || first > last) return undefined
    ranges.push([first, last])
  }
  const slots = SlotSet.fromRanges(ranges)
  shared?.slots.set(words.join(' '), slots)
  return slots
}

function internId(shared: SharedParts | undefined, id: string): NodeId {
  const known = shared?.ids.get(id)
  if (known === undefined) shared?.ids.set(id, id)
  return known ?? id
}
