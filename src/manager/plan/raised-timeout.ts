/**
 * Node timeouts that are raised for a while. A raised value tells by its last digits what it was before: when the program is
 * killed before it can restore it, whoever meets it next, from any machine, knows that and names the old one.
 */

/** Seconds enough: an even step leaves the digits below it free for what is to be remembered. */
const STEP_MS = 10_000
/** The old timeout is remembered in tenths of a second, three digits of them. */
const UNIT_MS = 100
const MOST_UNITS = 999

/**
 * At least `neededMs`, at most STEP_MS more: `s` steps, then the old timeout in units of 100 ms (rounded down), then a check
 * digit. 15,000 ms raised to at least 24,000 is 31,503.
 */
export function raisedTimeoutMs(ownMs: number, neededMs: number): number {
  const steps = Math.ceil(Math.max(neededMs, ownMs) / STEP_MS)
  const units = Math.min(MOST_UNITS, Math.max(1, Math.floor(ownMs / UNIT_MS)))
  return steps * STEP_MS + units * 10 + checkDigit(steps, units)
}

/** What a raised timeout was before, ms; `undefined` when nothing says that it was raised by us. */
export function timeoutBeforeRaise(nowMs: number): number | undefined {
  const steps = Math.floor(nowMs / STEP_MS)
  const units = Math.floor((nowMs % STEP_MS) / 10)
  const ownMs = units * UNIT_MS
  // A timeout that somebody chose is a round number: its digits do not agree with the check digit by chance alone.
  if (units === 0 || steps === 0 || nowMs % 10 !== checkDigit(steps, units) || ownMs >= nowMs) return undefined
  return ownMs
}

/** Never 0, which is what the last digit of a timeout usually is. */
function checkDigit(steps: number, units: number): number {
  const digits = [...String(steps), ...String(units)].map(Number)
  return 1 + (digits.reduce((sum, digit, place) => sum + digit * (place + 3), 0) % 9)
}
