/** Amounts of memory for people: `1.50M`. */

/** Source: Redis' bytesToHuman. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes}B`
  const units = ['K', 'M', 'G', 'T', 'P']
  let value = bytes / 1024
  let at = 0
  while (value >= 1024 && at < units.length - 1) {
    value /= 1024
    at++
  }
  return `${value.toFixed(2)}${units[at]!}`
}
