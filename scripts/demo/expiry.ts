/** When keys expire, before and after a move: a time to live is carried as milliseconds left, so it may shift by the journey. */
import {RespConnection, type RespTarget} from '../../test/support/resp.js'

const TOLERATED_MS = 2_000

/** Unix times in ms, by key; keys that do not expire are left out. */
export async function expiryTimes(nodes: Iterable<RespTarget>, keys: readonly string[]): Promise<Map<string, number>> {
  const times = new Map<string, number>()
  await Promise.all(
    [...nodes].map(async (node) => {
      const connection = await RespConnection.open(node)
      // A node that does not serve a key answers MOVED: another one knows.
      const replies = await connection.pipeline(keys.map((key) => ['PEXPIRETIME', key]))
      connection.close()
      replies.forEach((reply, index) => {
        if (typeof reply === 'number' && reply > 0) times.set(keys[index]!, reply)
      })
    }),
  )
  return times
}

/** One line for each key whose time was lost, came out of nothing, or is another one. */
export function shiftedExpiries(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): string[] {
  const keys = new Set([...before.keys(), ...after.keys()])
  return [...keys]
    .filter((key) => Math.abs((before.get(key) ?? 0) - (after.get(key) ?? 0)) > TOLERATED_MS)
    .map((key) => `expires at another time: ${key}: ${before.get(key) ?? 'never'} -> ${after.get(key) ?? 'never'}`)
}
