/**
 * Which runs have canary keys in a cluster, in one key of it: a run that was killed leaves its entry, and the next one removes what is
 * left. Where nobody comes, all of it expires.
 */
import {slotOf} from '../../../model/slot.js'
import {SlotSet} from '../../../model/slot-set.js'
import {CANARY_LIFE_MS, CANARY_PREFIX, canaryKeys} from './canary-keys.js'
import type {ClusterClient} from './cluster-client.js'

export interface CanaryRun {
  readonly id: string
  /** Those in which it has canary keys. */
  readonly slots: SlotSet
}

const REGISTER = `${CANARY_PREFIX}runs`
const REGISTER_SLOT = slotOf(Buffer.from(REGISTER))

/** Before the first canary is written, and again before the entry expires. */
export async function register(client: ClusterClient, {id, slots}: CanaryRun): Promise<void> {
  await client.send(REGISTER_SLOT, ['HSET', REGISTER, id, slots.toString()])
  await client.send(REGISTER_SLOT, ['PEXPIRE', REGISTER, CANARY_LIFE_MS])
}

/** When its canaries are gone. */
export async function unregister(client: ClusterClient, {id}: CanaryRun, signal?: AbortSignal): Promise<void> {
  await client.send(REGISTER_SLOT, ['HDEL', REGISTER, id], signal)
}

/** Removes the canaries of runs that were killed. @returns how many keys were still there */
export async function removeLeftovers(client: ClusterClient): Promise<number> {
  const answer = await client.send(REGISTER_SLOT, ['HGETALL', REGISTER])
  if (answer.kind !== 'answered' || !Array.isArray(answer.reply)) return 0
  const words = (answer.reply as readonly unknown[]).map(String)
  let removed = 0
  for (let at = 0; at + 1 < words.length; at += 2) {
    const run = {id: words[at]!, slots: SlotSet.parse(words[at + 1]!) ?? SlotSet.EMPTY}
    removed += await removeRun(client, run)
    await unregister(client, run)
  }
  return removed
}

async function removeRun(client: ClusterClient, {id, slots}: CanaryRun): Promise<number> {
  let removed = 0
  for (const {slot, key} of canaryKeys(id, slots, slots.size)) {
    const answer = await client.send(slot, ['UNLINK', key])
    if (answer.kind === 'answered') removed += Number(answer.reply)
  }
  return removed
}
