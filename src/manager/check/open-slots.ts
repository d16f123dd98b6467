/** Does any slot stand half-way between two nodes? */
import type {NodeId} from '../../model/node-id.js'
import type {SlotId} from '../../model/slot.js'
import {SlotSet} from '../../model/slot-set.js'
import type {ClusterView} from '../view/cluster-view.js'
import type {NodeView} from '../view/node-view.js'
import {finding, type Finding} from './finding.js'
import {command, counted, groupBy, nameOf, subjectOf} from './naming.js'

export function checkOpenSlots(view: ClusterView): Finding[] {
  return view.nodes.flatMap((node) => {
    if (node.line.flags.has('replica')) return checkReplicaMarkers(view, node)
    return [
      ...describeMarkers(
        view,
        node,
        node.line.migrating,
        'slot-migrating',
        (slots, peer) => `is migrating ${slots} to ${peer}`,
      ),
      ...describeMarkers(
        view,
        node,
        node.line.importing,
        'slot-importing',
        (slots, peer) => `is importing ${slots} from ${peer}`,
      ),
    ]
  })
}

/**
 * Markers that a replica keeps and its primary does not have. Since Valkey 8.0 SETSLOT is replicated, so a replica shares
 * its primary's markers; one that missed the end of a migration keeps them (valkey#998, valkey#1664).
 */
export function staleMarkers(view: ClusterView, replica: NodeView): SlotSet {
  const primary = view.nodes.find((node) => node.id === replica.line.primaryId)
  if (primary === undefined) return SlotSet.EMPTY
  return markedSlots(replica).minus(markedSlots(primary))
}

/** All slots for which this node itself has a marker. */
export function markedSlots({line}: NodeView): SlotSet {
  return SlotSet.of([...line.migrating.keys(), ...line.importing.keys()])
}

function checkReplicaMarkers(view: ClusterView, replica: NodeView): Finding[] {
  const stale = staleMarkers(view, replica)
  if (stale.size === 0) return []
  const message = `still marks ${counted(stale.size, 'slot')} as open, its primary does not`
  return [
    finding('stale-marker', 'error', message, {
      node: subjectOf(replica),
      slots: stale.toString(),
      remedy: command(view, 'fix'),
    }),
  ]
}

function describeMarkers(
  view: ClusterView,
  node: NodeView,
  markers: ReadonlyMap<SlotId, NodeId>,
  code: 'slot-migrating' | 'slot-importing',
  describe: (slots: string, peer: string) => string,
): Finding[] {
  const byPeer = groupBy(markers, ([, peer]) => peer)
  return [...byPeer].map(([peer, marks]) =>
    finding(code, 'error', describe(counted(marks.length, 'slot'), nameOf(view, peer)), {
      node: subjectOf(node),
      slots: SlotSet.of(marks.map(([slot]) => slot)).toString(),
      remedy: command(view, 'fix'),
    }),
  )
}
