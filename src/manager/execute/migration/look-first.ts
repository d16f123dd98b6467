/** Whether the sizes of a lane's keys have to be known before its slots are opened. */
import {formatAddress} from '../../../model/address.js'
import {DEFAULT_BIG_KEYS, type BigKeyHandling} from '../../plan/big-keys.js'
import {keyCount, type NodeView} from '../../view/node-view.js'
import type {StepContext} from '../step-context.js'
import {DEFAULT_NODE_TIMEOUT_MS, type NodeTimeout} from './node-timeouts.js'

/** The least memory that a key takes: what the others need cannot be part of one. */
const SMALLEST_KEY_BYTES = 56

const ALWAYS: ReadonlySet<BigKeyHandling> = new Set(['skip', 'atomic'])

/**
 * Where big keys are to stay or to go another way; and where a single key could, by all that the source holds, stop its nodes
 * for so long that they count as dead. No key is larger than the memory that is used: most nodes need no look.
 */
export function mustLookFirst(
  context: StepContext,
  source: NodeView,
  timeouts: readonly (NodeTimeout | null)[],
): boolean {
  const {handling} = context.settings.bigKeys ?? DEFAULT_BIG_KEYS
  if (handling === 'as-they-come') return false
  const {server} = source
  const largestBytes = server.usedMemoryBytes - SMALLEST_KEY_BYTES * Math.max(0, keyCount(server) - 1)
  const shortestMs = Math.min(...timeouts.map((timeout) => timeout?.ownMs ?? DEFAULT_NODE_TIMEOUT_MS))
  return ALWAYS.has(handling) || context.stalls.couldEndanger(largestBytes, shortestMs)
}

/** A run that was killed while a big key was on its way left the node timeouts raised: their last digits tell. */
export function tellLeftRaised(context: StepContext, node: NodeView, timeout: NodeTimeout | null): void {
  if (timeout === null || !context.stalls.timeouts.isNewlyLeftRaised(node.id, timeout)) return
  const name = formatAddress(node.address)
  const message =
    `cluster-node-timeout of ${name} is ${timeout.nowMs} ms: a run that was killed raised it for a big key; ` +
    `put it back with \`tscluster set-timeout ${context.entry} ${timeout.ownMs}\``
  context.emit({kind: 'noted', step: context.id, message})
}
