/** Does every primary have a config epoch of its own? The highest one decides who owns a slot: two equal ones decide nothing. */
import type {ClusterView} from '../view/cluster-view.js'
import {finding, type Finding} from './finding.js'
import {command, groupBy, listNames, nameOf} from './naming.js'

export function checkEpochs(view: ClusterView): Finding[] {
  const primaries = view.nodes.filter(({line}) => !line.flags.has('replica'))
  const groups = groupBy(primaries, ({line}) => line.configEpoch)
  return [...groups].flatMap(([epoch, nodes]) => {
    if (nodes.length < 2) return []
    const names = listNames(nodes.map(({id}) => nameOf(view, id)))
    const message = `${names} have the same config epoch, ${epoch}; the nodes settle this within seconds if they can reach each other.`
    return [finding('epoch-collision', 'warning', message, {remedy: command(view, 'fix')})]
  })
}
