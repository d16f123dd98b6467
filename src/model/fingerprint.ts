/** A short name for a long text: 64-bit FNV-1a in hex. Tells two pictures of a cluster apart; protects against nothing. */

const OFFSET_BASIS = 0xcbf29ce484222325n
const PRIME = 0x100000001b3n

export function fingerprint(text: string): string {
  let hash = OFFSET_BASIS
  for (let index = 0; index < text.length; index++) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(text.charCodeAt(index))) * PRIME)
  }
  return hash.toString(16).padStart(16, '0')
}
