/** The cluster check that redis-cli runs in almost every subcommand. */
import type {SlotId} from '../../model/slot.js'
import {SlotSet} from '../../model/slot-set.js'
import {nodesAgree} from '../../manager/check/agreement.js'
import {uncoveredSlots} from '../../manager/check/coverage.js'
import {openSlots} from '../../manager/check/doubtful-slots.js'
import {countKeys} from '../../manager/observe.js'
import type {NodeView} from '../../manager/view/node-view.js'
import {shownView, type Cluster} from './cluster.js'
import type {Dialogue} from './dialogue.js'
import {nameOf, nodeRows} from './rows.js'

/** What was found wrong: all false in a clean cluster. */
export interface Faults {
  readonly disagreement: boolean
  readonly openSlots: boolean
  readonly uncovered: boolean
  readonly severalOwners: boolean
}

export interface CheckParts {
  /** rebalance leaves the rows out. Default true. */
  readonly rows?: boolean
}

/** Prints the check, from the question of agreement to that of several owners. */
export async function printCheck(
  cluster: Cluster,
  dialogue: Dialogue,
  {rows = true}: CheckParts = {},
): Promise<Faults> {
  printHeading(cluster, dialogue, rows)
  const disagreement = printAgreement(cluster, dialogue)
  const open = printOpenSlots(cluster, dialogue)
  const uncovered = printCoverage(cluster, dialogue)
  const severalOwners = await printOwners(cluster, dialogue)
  return {disagreement, openSlots: open, uncovered, severalOwners}
}

export function isClean(faults: Faults): boolean {
  return !Object.values(faults).some(Boolean)
}

/** How many of its lines redis-cli would count as errors: `cluster_errors` of a backup. */
export function countFaults({disagreement, openSlots: open, uncovered}: Faults): number {
  return [disagreement, open, uncovered].filter(Boolean).length
}

export function printHeading({nodes}: Cluster, {print}: Dialogue, rows: boolean): void {
  print.info(`>>> Performing Cluster Check (using node ${nameOf(nodes[0]!)})`)
  if (rows) for (const line of nodeRows(nodes)) print.line(line)
}

export function printAgreement(cluster: Cluster, {print}: Dialogue): boolean {
  const agree = nodesAgree(shownView(cluster))
  if (agree) print.ok('[OK] All nodes agree about slots configuration.')
  else print.error("[ERR] Nodes don't agree about configuration!")
  return !agree
}

export function printOpenSlots(cluster: Cluster, {print}: Dialogue): boolean {
  print.info('>>> Check for open slots...')
  for (const node of cluster.nodes) {
    const {migrating, importing} = node.line
    if (migrating.size > 0) print.error(openLine(node, 'migrating', migrating.keys()))
    if (importing.size > 0) print.error(openLine(node, 'importing', importing.keys()))
  }
  const open = openSlots(shownView(cluster))
  if (open.size > 0) print.error(`[WARNING] The following slots are open: ${listSlots(open)}.`)
  return open.size > 0
}

export function printCoverage(cluster: Cluster, {print}: Dialogue): boolean {
  print.info('>>> Check slots coverage...')
  const covered = uncoveredSlots(shownView(cluster)).size === 0
  if (covered) print.ok('[OK] All 16384 slots covered.')
  else print.error('[ERR] Not all 16384 slots are covered by nodes.\n')
  return !covered
}

/** Only with `--cluster-search-multiple-owners`: every primary counts its keys of all slots. */
export async function printOwners(cluster: Cluster, {print, pool, invocation}: Dialogue): Promise<boolean> {
  if (!invocation.cluster.searchMultipleOwners) return false
  print.info('>>> Check for multiple slot owners...')
  const primaries = cluster.nodes.filter(({line}) => !line.flags.has('replica'))
  const keys = await countKeys(pool, {...cluster.view, nodes: primaries}, SlotSet.ALL)
  let found = false
  for (const slot of SlotSet.ALL) {
    const owners = primaries.filter((node) => node.line.slots.has(slot) || (keys.get(slot)?.get(node.id) ?? 0) > 0)
    if (owners.length < 2) continue
    found = true
    print.error(`[WARNING] Slot ${slot} has ${owners.length} owners:`)
    for (const owner of owners) print.line(`    ${nameOf(owner)}`)
  }
  if (!found) print.ok('[OK] No multiple owners found.')
  return found
}

function openLine(node: NodeView, state: string, slots: Iterable<SlotId>): string {
  return `[WARNING] Node ${nameOf(node)} has slots in ${state} state ${listSlots(slots)}.`
}

function listSlots(slots: Iterable<SlotId>): string {
  return [...slots].join(',')
}
