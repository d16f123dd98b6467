/** Rates as they are typed: `50MB/s`, `512KiB/s`, `20000keys/s`. */
import {parseByteSize} from './byte-size.js'

export type Rate = {readonly bytesPerSecond: number} | {readonly keysPerSecond: number}

/** `undefined` when it is none, or less than one a second. Units of bytes in any case; `keys` needs its `/s` as they do. */
export function parseRate(text: string): Rate | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(?:(keys?)|([kmg]?i?b))\/s$/i.exec(text)
  if (match === null) return undefined
  const [, amount, keys, unit] = match
  if (keys === undefined) {
    const bytesPerSecond = parseByteSize(`${amount}${unit}`)
    return bytesPerSecond === undefined ? undefined : {bytesPerSecond}
  }
  const keysPerSecond = Math.round(Number(amount))
  return keysPerSecond >= 1 && Number.isSafeInteger(keysPerSecond) ? {keysPerSecond} : undefined
}
