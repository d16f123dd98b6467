/** Error replies as the servers word them: an upper-case code, then text. */
import type {SlotId} from './slot.js'

/** The first word of an error reply: `MOVED`, `BUSYKEY`, `ERR`… Empty when the reply has none. */
export function errorCode(message: string): string {
  return /^[A-Z][A-Z0-9]*(?= |$)/.exec(message)?.[0] ?? ''
}

/**
 * What the target said when it refused a key: MIGRATE wraps the target's own error reply in one of the source's
 * (`ERR Target instance replied with error: BUSYKEY …`). `undefined` when the error is the source's own.
 */
export function targetError(message: string): string | undefined {
  return /Target instance replied with error: (.*)$/s.exec(message)?.[1]
}

export interface Redirection {
  readonly kind: 'moved' | 'ask'
  readonly slot: SlotId
  readonly endpoint: string
}

/** `MOVED 3999 127.0.0.1:6381` or `ASK …`; `undefined` for any other error. */
export function parseRedirection(message: string): Redirection | undefined {
  const match = /^(MOVED|ASK) (\d+) (\S+)/.exec(message)
  if (match === null) return undefined
  return {kind: match[1] === 'MOVED' ? 'moved' : 'ask', slot: Number(match[2]), endpoint: match[3]!}
}
