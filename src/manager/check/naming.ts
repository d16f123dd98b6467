/** How findings name nodes and slots. */
import {formatAddress} from '../../model/address.js'
import type {NodeLine} from '../../model/cluster-nodes.js'
import {shortId, type NodeId} from '../../model/node-id.js'
import type {ClusterView} from '../view/cluster-view.js'
import {linesAboutNode} from '../view/lines.js'
import type {NodeView} from '../view/node-view.js'
import type {Finding} from './finding.js'

const NAMES_SHOWN = 3

/** The address of a node that answered or that somebody names; the short id when nobody knows an address. */
export function nameOf(view: ClusterView, id: NodeId): string {
  const known = view.nodes.find((node) => node.id === id)
  if (known !== undefined) return formatAddress(known.address)
  const line = linesAbout(view, id).find(({address}) => address.port !== 0 && address.host !== '')
  return line === undefined ? shortId(id) : formatAddress(line.address)
}

/** What each node that answered says of `id`; nodes that do not know it say nothing. */
export function linesAbout(view: ClusterView, id: NodeId): readonly NodeLine[] {
  return linesAboutNode(view.nodes, id)
}

/** The node of a finding, for one that answered. */
export function subjectOf({id, address}: Pick<NodeView, 'id' | 'address'>): NonNullable<Finding['node']> {
  return {id, address}
}

/** "10.0.0.1:7001, 10.0.0.2:7002, 10.0.0.3:7003 and 2 more". */
export function listNames(names: readonly string[]): string {
  if (names.length > NAMES_SHOWN) {
    return `${names.slice(0, NAMES_SHOWN).join(', ')} and ${names.length - NAMES_SHOWN} more`
  }
  if (names.length < 2) return names.join('')
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}

/** "1 slot", "5461 slots". */
export function counted(count: number, singular: string, plural = `${singular}s`): string {
  return `${count} ${count === 1 ? singular : plural}`
}

/** A command of ours on this cluster, entered as the operator entered it. */
export function command(view: Pick<ClusterView, 'entry'>, name: string, ...words: readonly string[]): string {
  return ['tscluster', name, formatAddress(view.entry), ...words].join(' ')
}

/** Values by key, keys in order of first appearance. */
export function groupBy<T, K>(values: Iterable<T>, keyOf: (value: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>()
  for (const value of values) {
    const key = keyOf(value)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [value])
    else group.push(value)
  }
  return groups
}
