/** Fills slots of a cluster with keys, evenly, each written to the node that owns its slot. */
import {SLOT_COUNT, slotOf, type SlotId} from '../../src/model/slot.js'
import {clusterNodes, type QuickCluster} from '../../test/support/quick-cluster.js'
import {RespConnection} from '../../test/support/resp.js'

export interface Filling {
  /** The slots from 0 that are filled. */
  readonly slots: number
  readonly keys: number
  readonly valueBytes: number
}

const BATCH = 1000
const MOST_MS = 60_000

/** Keys are `{tag}:number`: a tag for each slot is found once, instead of a slot for each key. */
export async function fillSlots(cluster: QuickCluster, {slots, keys, valueBytes}: Filling): Promise<void> {
  const tags = tagsOf(slots)
  const value = 'x'.repeat(valueBytes)
  for (const node of cluster.primaries) {
    const connection = await RespConnection.open(node, MOST_MS)
    const own = (await clusterNodes(connection)).find(({flags}) => flags.has('myself'))!.slots
    let batch: string[][] = []
    for (let number = 0; number < keys; number++) {
      const slot = number % slots
      if (!own.has(slot)) continue
      batch.push(['SET', `{${tags[slot]}}:${number}`, value])
      if (batch.length < BATCH) continue
      await connection.pipeline(batch)
      batch = []
    }
    if (batch.length > 0) await connection.pipeline(batch)
    connection.close()
  }
}

function tagsOf(slots: number): readonly string[] {
  const tags = new Array<string>(slots)
  for (let found = 0, number = 0; found < slots && number < SLOT_COUNT * SLOT_COUNT; number++) {
    const tag = String(number)
    const slot: SlotId = slotOf(Buffer.from(tag))
    if (slot >= slots || tags[slot] !== undefined) continue
    tags[slot] = tag
    found++
  }
  return tags
}
