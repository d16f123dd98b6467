/** Waiting for a named condition, with a bound: the only way for a test to let time pass. */
import {setTimeout as sleep} from 'node:timers/promises'

export interface UntilOptions {
  /** Default 10,000 ms. */
  readonly timeoutMs?: number
  /** The condition in words, for the error: "node 2 to be seen as failed". */
  readonly what: string
  /** An error of this class ends the waiting: the condition can no longer come true. */
  readonly giveUpOn?: abstract new (...args: never[]) => Error
}

const FIRST_PAUSE_MS = 4
const LONGEST_PAUSE_MS = 50

/**
 * Asks again and again, at growing intervals, until the answer is neither `undefined`, `null` nor `false`, and returns it.
 * @throws Error that names the condition when the time is over; what `condition` throws counts as "not yet" and is quoted.
 */
export async function until<T>(
  condition: () => T | null | undefined | false | Promise<T | null | undefined | false>,
  {timeoutMs = 10_000, what, giveUpOn}: UntilOptions,
): Promise<T> {
  const deadline = Date.now() + timeoutMs
  let pauseMs = FIRST_PAUSE_MS
  let lastError: unknown
  for (;;) {
    try {
      const answer = await condition()
      if (answer !== undefined && answer !== null && answer !== false) return answer
      lastError = undefined
    } catch (error) {
      if (giveUpOn !== undefined && error instanceof giveUpOn) throw error
      lastError = error
    }
    if (Date.now() >= deadline) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`, {cause: lastError})
    await sleep(pauseMs)
    pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 1.5)
  }
}
