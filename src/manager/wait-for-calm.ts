/** A cluster that is still in motion by itself is waited for: what is decided in the middle of a failover is decided wrongly. */
import {isManagerError} from './error.js'
import type {ManagerClock} from './ports.js'

const PAUSE_MS = 100
const TOLD_AFTER_MS = 1_000

/** Whom to tell what is waited for. */
export interface Teller {
  /** For as long as it lasts. */
  busy(what: string): void
  idle(): void
  /** For good. */
  note(message: string): void
}

export interface Calm<Seen> {
  readonly look: () => Promise<Seen>
  /** What is still in motion; `undefined` when nothing is. */
  readonly unrest: (seen: Seen) => string | undefined
  /** It is given up after this long, ms; what then is seen is what there is. */
  readonly limitMs: number
  /** What nobody answers for at the first look is an error: it may never have been there. */
  readonly isStrange?: boolean
}

/**
 * Looks until all is quiet, or as good as it gets.
 * @throws whatever `look` throws when it still does so in the end
 */
export async function waitForCalm<Seen>(
  clock: ManagerClock,
  teller: Teller,
  {look, unrest, limitMs, isStrange = false}: Calm<Seen>,
): Promise<Seen> {
  const startedMs = clock.nowMs()
  const isOver = (): boolean => clock.nowMs() - startedMs > limitMs
  let told = ''
  let isKnown = !isStrange
  const tell = (reason: string): void => {
    // Gossip settles most of it before anybody could read about it.
    if (clock.nowMs() - startedMs < TOLD_AFTER_MS) return teller.busy(`waiting: ${reason}`)
    if (told === '') teller.note(`waiting: ${reason}`)
    told = reason
  }
  for (;;) {
    try {
      const seen = await look()
      isKnown = true
      const reason = unrest(seen)
      if (reason === undefined || isOver()) {
        teller.idle()
        return seen
      }
      tell(reason)
    } catch (error) {
      if (!isKnown || isOver() || !isManagerError(error, 'unreachable', 'timed-out')) throw error
      tell(`${error.node ?? ''} ${error.message}`.trim())
    }
    await clock.sleep(PAUSE_MS)
  }
}
