/** A manual failover as an operator does it: Redis gives one up after 5 s, for example when a voter does not know of the latest epochs yet. */
import {command, type RespTarget} from './resp.js'
import {until} from './until.js'

const ASK_AGAIN_MS = 6_000

/** @param isDone tells that it has happened @param what is waited for, for the message */
export async function failOver(replica: RespTarget, isDone: () => Promise<boolean>, what: string): Promise<void> {
  let askedMs = -Infinity
  const asked = async (): Promise<boolean> => {
    if (await isDone()) return true
    if (performance.now() - askedMs > ASK_AGAIN_MS) {
      askedMs = performance.now()
      // It may have become primary this very moment.
      await command(replica, 'CLUSTER', 'FAILOVER').catch(() => undefined)
    }
    return false
  }
  await until(asked, {what, timeoutMs: 30_000})
}
