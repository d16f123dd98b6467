/** Numbers on the command line. redis-cli reads `abc` as 0 and `20000` slots as all of them; here both are refused. */
import {ManagerError} from '../../manager/error.js'

export interface Range {
  readonly least: number
  readonly most: number
}

/**
 * `fallback` when the option is not there.
 * @throws ManagerError `usage` for what is no whole number in the range
 */
export function wholeNumber<Fallback>(
  values: ReadonlyMap<string, string>,
  option: string,
  {least, most}: Range,
  fallback: Fallback,
): number | Fallback {
  const text = values.get(option)
  if (text === undefined) return fallback
  const value = Number(text)
  if (/^[+-]?\d+$/.test(text) && value >= least && value <= most) return value
  throw new ManagerError('usage', `[ERR] Invalid ${option} '${text}': give a number from ${least} to ${most}`)
}

/** @throws ManagerError `usage` for what is no decimal number of at least 0 */
export function decimalNumber(values: ReadonlyMap<string, string>, option: string, fallback: number): number {
  const text = values.get(option)
  if (text === undefined) return fallback
  const value = parseDecimal(text)
  if (value !== undefined) return value
  throw new ManagerError('usage', `[ERR] Invalid ${option} '${text}': give a number, 0 or more`)
}

/** `1`, `.5`, `2.0`; `undefined` for anything else, signs included. */
export function parseDecimal(text: string): number | undefined {
  return /^(\d+(\.\d*)?|\.\d+)$/.test(text) ? Number(text) : undefined
}
