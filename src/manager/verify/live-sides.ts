/** Clusters and servers that run, read through their own commands; nothing is changed on them. */
import {formatAddress} from '../../model/address.js'
import {SlotSet} from '../../model/slot-set.js'
import {ManagerError} from '../error.js'
import type {NodePool} from '../ports.js'
import type {ClusterView} from '../view/cluster-view.js'
import type {NodeView} from '../view/node-view.js'
import type {SourceServer} from '../view/source-server.js'
import {toTopology} from '../view/topology.js'
import type {TakeKey} from './key-record.js'
import {readSlots, readStandalone} from './read-slots.js'
import type {Side} from './side.js'

/** Each is read as fast as it answers; more of them at once would only wait for us. */
const NODES_AT_ONCE = 8

export function clusterSide(pool: NodePool, view: ClusterView): Side {
  return {
    name: formatAddress(view.entry),
    read: (slots, take) => readCluster(pool, view, slots, take),
  }
}

/** @param databases those to read */
export function serverSide(pool: NodePool, server: SourceServer, databases: readonly number[]): Side {
  const {address} = server
  return {
    name: formatAddress(address),
    read: (slots, take) => readStandalone({pool, address, databases, slots}, take),
  }
}

/**
 * Every primary's keys of the slots it owns, and of those that it imports: a slot on its way has keys on both ends.
 * @throws ManagerError `unreachable` where the owner of one of the slots does not answer
 */
export async function readCluster(pool: NodePool, view: ClusterView, slots: SlotSet, take: TakeKey): Promise<void> {
  const absent = toTopology(view).absent.find((node) => node.slots.intersects(slots))
  if (absent !== undefined) {
    throw new ManagerError('unreachable', `owns slots ${absent.slots.intersection(slots)} and does not answer`, {
      node: formatAddress(absent.address),
      hint: 'compare without them: --slots RANGE',
    })
  }
  const {owners} = toTopology(view)
  const waiting = view.nodes.filter(({line}) => !line.flags.has('replica'))
  const worker = async (): Promise<void> => {
    for (let node = waiting.shift(); node !== undefined; node = waiting.shift()) {
      const {id, address} = node
      const importing = SlotSet.of(node.line.importing.keys()).intersection(slots)
      const owned = SlotSet.of([...node.line.slots.intersection(slots)].filter((slot) => owners[slot] === id))
      const mine = owned.union(importing)
      if (mine.size > 0) await readSlots({pool, address, databases: databasesOf(node), slots: mine, importing}, take)
    }
  }
  await Promise.all(Array.from({length: NODES_AT_ONCE}, worker))
}

/** Those that have keys. */
export function databasesOf({server}: Pick<NodeView, 'server'>): number[] {
  return [...server.keysByDatabase.keys()]
}
