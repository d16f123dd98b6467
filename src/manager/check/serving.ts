/** Do all nodes accept commands from clients? */
import {formatAddress} from '../../model/address.js'
import type {ClusterView} from '../view/cluster-view.js'
import {claimsOf} from './doubtful-slots.js'
import {finding, type Finding} from './finding.js'
import {counted, listNames, subjectOf} from './naming.js'

export function checkServing(view: ClusterView): Finding[] {
  const loading = view.nodes
    .filter(({server}) => server.loading)
    .map((node) => {
      const severity = claimsOf(node.line).size > 0 ? 'error' : 'warning'
      return finding('node-loading', severity, 'is still loading its data from disk', {node: subjectOf(node)})
    })
  return [...loading, ...checkClusterState(view)]
}

/** A node refuses clients while slots are uncovered, or while it cannot see a majority of the primaries. */
function checkClusterState(view: ClusterView): Finding[] {
  const down = view.nodes.filter(({clusterOk}) => !clusterOk)
  if (down.length === 0) return []
  const names = listNames(down.map(({address}) => formatAddress(address)))
  const message = `${counted(down.length, 'node refuses', 'nodes refuse')} to serve clients (cluster_state:fail): ${names}.`
  return [finding('cluster-down', 'error', message)]
}
