/** What is wrong with a node because somebody wanted it so, as `engine status` tells it. */
import type {NodeFaults} from '../../engine/index.js'
import {formatPorts} from './port-groups.js'

export interface ListedFaults {
  readonly paused: boolean
  /** Ports of the nodes that it is cut off from. */
  readonly partitionedFrom: readonly number[]
  /** Added to every round trip; 0: nothing. */
  readonly latencyMs: number
}

export const NO_FAULTS: ListedFaults = {paused: false, partitionedFrom: [], latencyMs: 0}

/** In a state folder a port is a node's name. */
export function toListedFaults({paused, partitionedFrom, latencyMs}: NodeFaults): ListedFaults {
  return {paused, partitionedFrom: partitionedFrom.map(portOf).sort((a, b) => a - b), latencyMs}
}

/** Of `host:port`. */
export function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(':') + 1))
}

/** `partitioned from 7000-7001, slow 50 ms`; empty when nothing is wrong. */
export function faultsInWords({paused, partitionedFrom, latencyMs}: ListedFaults): string {
  return [
    paused ? 'paused' : '',
    partitionedFrom.length > 0 ? `partitioned from ${formatPorts(partitionedFrom)}` : '',
    latencyMs > 0 ? `slow ${latencyMs} ms` : '',
  ]
    .filter((each) => each !== '')
    .join(', ')
}
