/** Moves that somebody began and did not finish: slots open at both ends, some of their keys gone over already. */
import {below} from '../../src/engine/chance.js'
import type {Rng} from '../../src/engine/ports.js'
import {selfOf} from '../../test/support/cluster-facts.js'
import {RespConnection, RespError} from '../../test/support/resp.js'
import type {Ground} from './ground.js'

const MIGRATE_TIMEOUT_MS = 10_000
const MOST_KEYS = 1000

export interface HalfMoved {
  /** Numbers of two primaries. */
  readonly source: number
  readonly target: number
  readonly slots: number
}

/** The source's lowest slots. Of each it is drawn which of the two marks it bears, and whether keys have gone. */
export async function leaveHalfMoved(
  {nodes, cluster}: Ground,
  {source, target, slots}: HalfMoved,
  rng: Rng,
): Promise<void> {
  const [from, to] = [nodes.node(source), nodes.node(target)]
  const first = (await selfOf(from)).slots.ranges()[0]![0]
  const [giver, taker] = [await RespConnection.open(from), await RespConnection.open(to)]
  try {
    for (let slot = first; slot < first + slots; slot++) {
      const state = below(rng, 4)
      await taker.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', cluster.ids[source]!)
      if (state === 0) continue
      await giver.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', cluster.ids[target]!)
      const keys = (await giver.call('CLUSTER', 'GETKEYSINSLOT', slot, MOST_KEYS)) as string[]
      const going = state === 3 ? keys : keys.filter(() => below(rng, 2) === 0)
      if (state === 1 || going.length === 0) continue
      await giver.call('MIGRATE', to.host, to.port, '', 0, MIGRATE_TIMEOUT_MS, 'KEYS', ...going)
    }
  } catch (error) {
    throw error instanceof RespError ? new Error(`cannot leave slots half moved: ${error.message}`) : error
  } finally {
    giver.close()
    taker.close()
  }
}
