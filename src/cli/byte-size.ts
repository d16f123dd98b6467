/** Sizes as operators type them: `10MiB`, `50MB`, `1.5g`, `4096`. */

const POWERS: Readonly<Record<string, number>> = {'': 0, k: 1, m: 2, g: 3}

/** Bytes, at least 1; `undefined` when it is no size. With an `i` in powers of 1024, without one of 1000. */
export function parseByteSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(?:([kmg])(i?))?b?$/i.exec(text)
  if (match === null) return undefined
  const [, amount, prefix = '', binary = ''] = match
  const bytes = Math.round(Number(amount) * (binary === '' ? 1000 : 1024) ** POWERS[prefix.toLowerCase()]!)
  return Number.isSafeInteger(bytes) && bytes >= 1 ? bytes : undefined
}
