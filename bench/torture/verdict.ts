/** After a round every acknowledged write is looked up, and every key that was there before. */
import {command} from '../../test/support/resp.js'
import type {Ground} from './ground.js'
import {Holdings} from './holdings.js'
import type {Writers, WritersVerdict} from './writers.js'

const MOST_DETAILS = 10

export interface Verdict extends WritersVerdict {
  /** Keys of which the owner of the slot and another primary have different versions. Neither counts as lost or doubled. */
  readonly split: number
}

/** @param takeovers two versions of a key are the servers' doing: they are told apart from what is doubled */
export async function lookUp(ground: Ground, writers: Writers | undefined, takeovers: boolean): Promise<Verdict> {
  // A cluster that the tool has left broken is read all the same: what is there is not lost.
  for (const node of ground.nodes) await command(node, 'CONFIG', 'SET', 'cluster-allow-reads-when-down', 'yes')
  const holdings = await Holdings.read(ground.nodes)
  const strays = holdings.strays
  const twice = new Set(strays.filter(({isHeldByOwner}) => isHeldByOwner).map(({key}) => key))
  const split = takeovers ? twice : new Set<string>()
  const written = writers?.judge(holdings, split) ?? {acknowledged: 0, lost: 0, doubled: 0, details: []}
  const changed = await changedKeys(ground, holdings)
  return {
    acknowledged: written.acknowledged,
    lost: written.lost + changed.length,
    doubled: written.doubled + twice.size - split.size,
    split: split.size,
    details: [
      ...written.details,
      ...changed.slice(0, MOST_DETAILS),
      ...strays.slice(0, MOST_DETAILS).map(({key, address}) => `${key} is also on ${address}`),
    ],
  }
}

/** Keys of an import may still be at their source: a fault does not lose them. */
async function changedKeys({filled, source}: Ground, holdings: Holdings): Promise<string[]> {
  const atSource = source === undefined ? undefined : await Holdings.readStandalone(source.node(0))
  return [...filled]
    .filter(([key, value]) => (holdings.textOf(key) ?? atSource?.get(key)) !== value)
    .map(([key]) => `${key} is ${holdings.textOf(key)?.slice(0, 60) ?? 'not there'}`)
}
