/** Time that stands still until the test moves it; sleepers wake when it has come, or when their signal fires. */
import type {ManagerClock} from '../../src/manager/ports.js'

export interface SteppedClock extends ManagerClock {
  /** Moves time on, waking each sleeper at its own moment, and lets what they do settle. */
  advance(ms: number): Promise<void>
}

interface Sleeper {
  readonly untilMs: number
  readonly wake: () => void
}

export function steppedClock(): SteppedClock {
  let nowMs = 0
  const sleepers = new Set<Sleeper>()
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 50; turn++) await Promise.resolve()
  }
  return {
    nowMs: () => nowMs,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) return resolve()
        const sleeper: Sleeper = {
          untilMs: nowMs + ms,
          wake: () => {
            sleepers.delete(sleeper)
            signal?.removeEventListener('abort', sleeper.wake)
            resolve()
          },
        }
        sleepers.add(sleeper)
        signal?.addEventListener('abort', sleeper.wake, {once: true})
      }),
    async advance(ms) {
      const endMs = nowMs + ms
      await settle()
      for (;;) {
        const [next] = [...sleepers].filter(({untilMs}) => untilMs <= endMs).sort((a, b) => a.untilMs - b.untilMs)
        if (next === undefined) break
        nowMs = Math.max(nowMs, next.untilMs)
        next.wake()
        await settle()
      }
      nowMs = endMs
    },
  }
}
