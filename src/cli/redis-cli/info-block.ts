/** The first lines of `info`, `check` and `fix`: keys, slots and replicas per primary. */
import {SLOT_COUNT} from '../../model/slot.js'
import type {NodeView} from '../../manager/view/node-view.js'
import type {Cluster} from './cluster.js'
import type {Dialogue} from './dialogue.js'
import {nameOf, replicasOf} from './rows.js'

const SHORT_ID_DIGITS = 8

/** Keys of database 0, as DBSIZE counts them. */
export function printInfo({nodes}: Cluster, {print, words}: Dialogue): void {
  const primaries = nodes.filter(({line}) => !line.flags.has('replica'))
  let keys = 0
  for (const node of primaries) {
    const replicas = replicasOf(node.id, nodes).length
    const name = `${nameOf(node)} (${node.id.slice(0, SHORT_ID_DIGITS)}...)`
    print.line(`${name} -> ${keysOf(node)} keys | ${node.line.slots.size} slots | ${replicas} ${words.replicas}.`)
    keys += keysOf(node)
  }
  print.ok(`[OK] ${keys} keys in ${primaries.length} ${words.primaries}.`)
  print.line(`${(keys / SLOT_COUNT).toFixed(2)} keys per slot on average.`)
}

function keysOf({server}: NodeView): number {
  return server.keysByDatabase.get(0) ?? 0
}
