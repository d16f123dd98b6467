/** Who does not answer us, who does not answer the other nodes, and who is but a memory of some of them? */
import {formatAddress} from '../../model/address.js'
import type {NodeLine} from '../../model/cluster-nodes.js'
import type {NodeFlag} from '../../model/node-flags.js'
import type {NodeId} from '../../model/node-id.js'
import {shortId} from '../../model/node-id.js'
import type {SlotSet} from '../../model/slot-set.js'
import type {ClusterView, SilentNode} from '../view/cluster-view.js'
import {distinctLines, linesFlagged} from '../view/lines.js'
import type {NodeView} from '../view/node-view.js'
import {uncoveredSlots} from './coverage.js'
import {claimsOf} from './doubtful-slots.js'
import {finding, type Finding} from './finding.js'
import {command, counted, groupBy, linesAbout, listNames, subjectOf} from './naming.js'

export function checkReachability(view: ClusterView): Finding[] {
  const gone = ghosts(view)
  return [
    ...view.silent.flatMap((node) => checkSilent(view, node, gone)),
    ...checkReputations(view),
    ...checkHandshakes(view),
    ...checkGhosts(view, gone),
  ]
}

/** Slots that a silent node held by anybody's account and that nobody who answered has taken over. */
export function slotsOfAbsent(view: ClusterView, id: NodeId): SlotSet {
  const uncovered = uncoveredSlots(view)
  const credited = linesAbout(view, id).map(({slots}) => slots)
  return credited.reduce((all, slots) => all.union(slots.intersection(uncovered)), uncovered.minus(uncovered))
}

/** Whether some node that answered is still in touch with `id`, which may then fail to answer us only. */
export function isAliveToOthers(view: ClusterView, id: NodeId): boolean {
  return linesAbout(view, id).some(
    ({flags, linkConnected}) => linkConnected && !isDown(flags) && !flags.has('handshake') && !flags.has('noaddr'),
  )
}

/** A node that is gone, and who still speaks of it. */
export interface Ghost {
  readonly line: NodeLine
  readonly knownBy: readonly NodeView[]
}

/**
 * Ids that some nodes still gossip about and others no longer know: dead to all who know them or without any address, without
 * slots, and nobody's primary. They keep coming back until all nodes forget them within a minute.
 */
export function ghosts(view: ClusterView): Ghost[] {
  const answered = new Set(view.nodes.map(({id}) => id))
  const primaries = new Set(view.nodes.map(({line}) => line.primaryId))
  const isStranger = (line: NodeLine): boolean => !answered.has(line.id) && !line.flags.has('handshake')
  const strange = new Set([...distinctLines(view.nodes)].filter(isStranger))
  if (strange.size === 0) return []
  const strangers = view.nodes.flatMap((node) =>
    node.peers.filter((line) => strange.has(line)).map((line) => ({node, line})),
  )
  return [...groupBy(strangers, ({line}) => line.id)].flatMap(([id, known]) => {
    if (known.length === view.nodes.length || primaries.has(id)) return []
    const dead = known.every(({line}) => line.slots.size === 0 && isGone(line))
    return dead ? [{line: known[0]!.line, knownBy: known.map(({node}) => node)}] : []
  })
}

/** A node that is known by nothing but its id was read from a nodes.conf that somebody edited. */
function isGone({flags, address}: NodeLine): boolean {
  return flags.has('fail') || flags.has('noaddr') || address.port === 0
}

function checkSilent(view: ClusterView, {line, error}: SilentNode, gone: readonly Ghost[]): Finding[] {
  if (line.flags.has('handshake') || gone.some((ghost) => ghost.line.id === line.id)) return []
  const node = subjectOf(line)
  const delNode = command(view, 'del-node', shortId(line.id))
  const slots = slotsOfAbsent(view, line.id)
  if (line.flags.has('noaddr') && slots.size === 0) {
    return [
      finding('node-without-address', 'warning', 'has no address any more that the cluster knows of', {
        node,
        remedy: delNode,
      }),
    ]
  }
  const why = `does not answer (${error.message})`
  if (line.flags.has('replica')) {
    return [finding('replica-unreachable', 'warning', why, {node, remedy: downRemedy(view, line, delNode)})]
  }
  if (slots.size > 0) {
    const message = `${why}; nobody has taken over its ${counted(slots.size, 'slot')}`
    return [
      finding('primary-unreachable', 'error', message, {node, slots: slots.toString(), remedy: command(view, 'fix')}),
    ]
  }
  if (line.flags.has('fail')) {
    return [finding('primary-replaced', 'warning', 'is down; other nodes serve its slots', {node, remedy: delNode})]
  }
  return [finding('node-unreachable', 'warning', why, {node, remedy: downRemedy(view, line, delNode)})]
}

/** A node that the others still talk to has not died: deleting it repairs nothing. */
function downRemedy(view: ClusterView, line: NodeLine, delNode: string): string | null {
  return isAliveToOthers(view, line.id) ? null : delNode
}

/** What the others say of nodes that answer us. */
function checkReputations(view: ClusterView): Finding[] {
  const [failed, suspected] = [accusers(view, 'fail'), accusers(view, 'pfail')]
  if (failed.size === 0 && suspected.size === 0) return []
  return view.nodes.flatMap((node) => checkReputation(node, failed.get(node.id) ?? [], suspected.get(node.id) ?? []))
}

/** By node: the addresses of those for whom it has this flag. */
function accusers(view: ClusterView, flag: NodeFlag): ReadonlyMap<NodeId, readonly string[]> {
  const flagged = linesFlagged(view.nodes, flag)
  if (flagged.size === 0) return new Map()
  const accusations = view.nodes.flatMap((node) =>
    node.peers.filter((line) => flagged.has(line)).map(({id}) => ({id, by: formatAddress(node.address)})),
  )
  return new Map([...groupBy(accusations, ({id}) => id)].map(([id, all]) => [id, all.map(({by}) => by)]))
}

function checkReputation(node: NodeView, failed: readonly string[], suspected: readonly string[]): Finding[] {
  const [code, names] =
    failed.length > 0 ? (['node-failed', failed] as const) : (['node-suspected', suspected] as const)
  if (names.length === 0) return []
  const severity = code === 'node-failed' && claimsOf(node.line).size > 0 ? 'error' : 'warning'
  const bus = node.address.busPort === 0 ? 'its bus port' : `its bus port ${node.address.busPort}`
  const message = `answers here, but is ${code === 'node-failed' ? 'down' : 'suspected to be down'} for ${listNames(names)}: can they reach ${bus}?`
  return [finding(code, severity, message, {node: subjectOf(node)})]
}

/** A MEET to a node that is known already leaves such a line too, for a moment: it means nothing. */
function checkHandshakes(view: ClusterView): Finding[] {
  const handshakes = linesFlagged(view.nodes, 'handshake')
  if (handshakes.size === 0) return []
  const pending = view.nodes.flatMap((node) => {
    const met = new Set(
      node.peers.filter(({flags}) => !flags.has('handshake')).map(({address}) => formatAddress(address)),
    )
    return node.peers
      .filter(({flags, address}) => flags.has('handshake') && !met.has(formatAddress(address)))
      .map((line) => ({line, by: formatAddress(node.address)}))
  })
  return [...groupBy(pending, ({line}) => formatAddress(line.address)).values()].map((group) => {
    const {line} = group[0]!
    const bus = line.address.busPort === 0 ? 'its bus port' : `its bus port ${line.address.busPort}`
    const message = `is still in handshake with ${listNames(group.map(({by}) => by))}: can they reach ${bus}?`
    return finding('handshake', 'warning', message, {node: subjectOf(line)})
  })
}

function checkGhosts(view: ClusterView, gone: readonly Ghost[]): Finding[] {
  return gone.map(({line, knownBy}) => {
    const names = listNames(knownBy.map(({address}) => formatAddress(address)))
    const message = `is gone, but ${names} still ${knownBy.length === 1 ? 'remembers' : 'remember'} it`
    return finding('ghost', 'warning', message, {node: subjectOf(line), remedy: command(view, 'fix')})
  })
}

function isDown(flags: ReadonlySet<NodeFlag>): boolean {
  return flags.has('fail') || flags.has('pfail')
}
