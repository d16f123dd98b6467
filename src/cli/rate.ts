/** Rates as they are typed: `50MB/s`, `512KiB/s`, `20000keys/s`. */

export type Rate = {readonly bytesPerSecond: number} | {readonly keysPerSecond: number}

const UNITS: ReadonlyMap<string, number> = new Map([
  ['B', 1],
  ['KB', 1e3],
  ['MB', 1e6],
  ['GB', 1e9],
  ['KIB', 1024],
  ['MIB', 1024 ** 2],
  ['GIB', 1024 ** 3],
])

/** `undefined` when it is none, or less than one a second. Units of bytes in any case; `keys` needs its `/s` as they do. */
export function parseRate(text: string): Rate | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(keys?|[kmg]?i?b)\/s$/i.exec(text)
  if (match === null) return undefined
  const unit = match[2]!.toUpperCase()
  const amount = Math.round(Number(match[1]) * (UNITS.get(unit) ?? 1))
  if (amount < 1 || !Number.isSafeInteger(amount)) return undefined
  if (unit.startsWith('KEY')) return {keysPerSecond: amount}
  return UNITS.has(unit) ? {bytesPerSecond: amount} : undefined
}
