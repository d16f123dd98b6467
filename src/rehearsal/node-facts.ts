/** What a checker sees of a simulated node without asking it: no command, no time, no wire. The node must run. */
import type {SimNode} from '../engine/sim/sim-node.js'
import type {Value} from '../engine/values/value.js'
import type {Contents, Elements} from './ledger.js'

/** Keys of the writers begin with this. Others lie still, and are compared as wholes. */
export const WRITTEN = 'w:'
/** What stands for the whole of a key that lies still. */
export const WHOLE_KEY = ''
const WHOLE: Elements = new Set([WHOLE_KEY])

export function isReplica({core}: SimNode): boolean {
  return core.server.isReplica
}

/** The primary that it follows, by its own account. */
export function primaryIdOf({core}: SimNode): string | undefined {
  return core.server.cluster?.state.myself.primary?.id
}

/** All elements of each set that writers write to; of a key that lies still only that it is there. */
export function contentsOf({core}: SimNode): Contents {
  const contents = new Map<string, Elements>()
  for (const [key, value] of core.server.databases[0]!.entries()) {
    contents.set(key, key.startsWith(WRITTEN) ? elementsOf(value) : WHOLE)
  }
  return contents
}

export function keysOf({core}: SimNode): string[] {
  return [...core.server.databases[0]!.entries()].map(([key]) => key)
}

function elementsOf(value: Value): Elements {
  return typeof value !== 'string' && value.type === 'set' ? new Set(value.values()) : new Set()
}
