/** How fast keys may move: what the operator allows, as part of a plan and while it is carried out. */

export interface PaceLimits {
  /** What a PING to a source or a target may take, ms; `null`: whatever it takes. */
  readonly maxLatencyMs: number | null
  /** Of all lanes together, in bytes of memory at the sources; `null`: no limit. */
  readonly bytesPerSecond: number | null
  /** Of all lanes together; `null`: no limit. */
  readonly keysPerSecond: number | null
}

export const NO_LIMITS: PaceLimits = {maxLatencyMs: null, bytesPerSecond: null, keysPerSecond: null}

/** Nothing holds the lanes back. */
export function isUnlimited({maxLatencyMs, bytesPerSecond, keysPerSecond}: PaceLimits): boolean {
  return maxLatencyMs === null && bytesPerSecond === null && keysPerSecond === null
}
