/** Assertions are for our own bugs only: what a user or the network can cause is returned or thrown as a typed error. */

export function assert(condition: boolean, rule: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${rule}`)
}

/** For the default branch of an exhaustive switch: does not compile while a case is missing. */
export function unreachable(value: never): never {
  throw new Error(`assertion failed: unreachable ${JSON.stringify(value)}`)
}
