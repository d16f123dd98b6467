/** Slots whose keys are on their way to a node as a whole: until they are its own, it has them and serves them to nobody. */
import {SlotSet} from '../model/slot-set.js'
import {isManagerError} from './error.js'
import type {NodeClient, Reply} from './ports.js'
import {fieldsOf} from './reply-fields.js'
import {listReply} from './reply.js'
import type {Capability} from './view/capability.js'

interface Dialect {
  readonly question: readonly string[]
  /** The field that names the slots. */
  readonly slots: string
  /** States in which nothing is on its way any more. Redis tries a failed import again by itself. */
  readonly over: ReadonlySet<string>
}

const DIALECTS: readonly (readonly [Capability, Dialect])[] = [
  [
    'slot-migration-export',
    {
      question: ['CLUSTER', 'GETSLOTMIGRATIONS'],
      slots: 'slot_ranges',
      over: new Set(['success', 'failed', 'cancelled']),
    },
  ],
  [
    'slot-migration-import',
    {
      question: ['CLUSTER', 'MIGRATION', 'STATUS', 'ALL'],
      slots: 'slots',
      over: new Set(['completed', 'canceled', 'cancelled']),
    },
  ],
]

/**
 * By atomic slot migrations that have not ended. Empty where the server has none, or does not tell this user of them.
 * @throws ManagerError when the node does not answer
 */
export async function arrivingSlots(node: NodeClient, capabilities: ReadonlySet<Capability>): Promise<SlotSet> {
  let arriving = SlotSet.EMPTY
  for (const [capability, {question, slots, over}] of DIALECTS) {
    if (!capabilities.has(capability)) continue
    for (const row of await ask(node, question)) {
      const job = fieldsOf(row)
      if (job.get('operation')?.toLowerCase() !== 'import' || over.has(job.get('state') ?? '')) continue
      arriving = arriving.union(SlotSet.parse(job.get(slots) ?? '') ?? SlotSet.EMPTY)
    }
  }
  return arriving
}

async function ask(node: NodeClient, question: readonly string[]): Promise<readonly Reply[]> {
  try {
    return listReply(await node.call(question), node)
  } catch (error) {
    if (isManagerError(error, 'error-reply', 'not-permitted')) return []
    throw error
  }
}
