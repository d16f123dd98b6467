/** What is wrong with a cluster: asks every question, in order. */
import type {ClusterView} from '../view/cluster-view.js'
import {checkAgreement} from './agreement.js'
import {checkCoverage} from './coverage.js'
import {checkEpochs} from './epochs.js'
import type {Finding} from './finding.js'
import {checkOpenSlots} from './open-slots.js'
import {checkOwners} from './owners.js'
import {checkReachability} from './reachability.js'
import {checkReplicas} from './replicas.js'
import {checkServing} from './serving.js'

export interface CheckOptions {
  /** The view counts the keys of all slots on every node: judge them all. Default: only the doubtful ones. */
  readonly searchMultipleOwners?: boolean
}

/** What makes moving slots unsafe: what redis-cli's reshard, rebalance and add-node refuse on. */
const BLOCKS_SLOT_MOVES: ReadonlySet<string> = new Set([
  'slots-disagree',
  'slot-migrating',
  'slot-importing',
  'stale-marker',
  'slots-uncovered',
  'slots-contested',
])

/**
 * All findings about a cluster; empty when there is nothing to say. `error`: redis-cli's check fails on it too, or clients
 * are denied service. `warning`: the cluster serves, but not as safely as it could.
 */
export function check(view: ClusterView, {searchMultipleOwners = false}: CheckOptions = {}): Finding[] {
  return [
    ...checkAgreement(view),
    ...checkOpenSlots(view),
    ...checkCoverage(view),
    ...checkOwners(view, searchMultipleOwners),
    ...checkServing(view),
    ...checkEpochs(view),
    ...checkReplicas(view),
    ...checkReachability(view),
  ]
}

/** Nothing but warnings: clients are served, and the cluster can be changed. */
export function isHealthy(findings: readonly Finding[]): boolean {
  return findings.every(({severity}) => severity !== 'error')
}

/** The findings that forbid moving slots: disagreement, open slots, uncovered or contested ones. */
export function slotMoveBlockers(findings: readonly Finding[]): Finding[] {
  return findings.filter(({code}) => BLOCKS_SLOT_MOVES.has(code))
}

export function blocksSlotMoves(findings: readonly Finding[]): boolean {
  return slotMoveBlockers(findings).length > 0
}
