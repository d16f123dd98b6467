/** `-u redis://user:password@host:port/db`: only the login and the scheme count, as in redis-cli. */

export interface UriLogin {
  readonly user: string | undefined
  readonly password: string | undefined
  readonly tls: boolean
}

/**
 * What stands before the `@` is `user:password`, or a password alone. An empty user is none (redis-cli sends it, and is
 * refused). `undefined` for a scheme that is none of ours.
 */
export function parseUri(text: string): UriLogin | undefined {
  const match = /^(?:redis|valkey)(s?):\/\/(?:([^@]*)@)?/i.exec(text)
  if (match === null) return undefined
  const tls = match[1] !== ''
  const login = match[2]
  if (login === undefined) return {user: undefined, password: undefined, tls}
  const colon = login.indexOf(':')
  const user = colon > 0 ? percentDecode(login.slice(0, colon)) : undefined
  return {user, password: percentDecode(login.slice(colon + 1)), tls}
}

/** A stray percent sign stands for itself. */
function percentDecode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
