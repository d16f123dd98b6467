/** A short name for a long text: 64-bit FNV-1a in hex. Tells two pictures of a cluster apart; protects against nothing. */

/** The offset basis, 0xcbf29ce484222325, in two halves: bigints would cost a hundred times as much. */
const BASIS_HIGH = 0xcbf29ce4
const BASIS_LOW = 0x84222325
/** The prime is 2^40 + this: multiplying by it is a shift and a small product, which a double holds exactly; `>>> 0` cuts it to 32 bits. */
const PRIME_LOW = 0x1b3
const WORD = 2 ** 32

export function fingerprint(text: string): string {
  let [high, low] = [BASIS_HIGH, BASIS_LOW]
  for (let index = 0; index < text.length; index++) {
    const mixed = (low ^ text.charCodeAt(index)) >>> 0
    const product = mixed * PRIME_LOW
    high = (high * PRIME_LOW + Math.floor(product / WORD) + ((mixed << 8) >>> 0)) >>> 0
    low = product >>> 0
  }
  return hex(high) + hex(low)
}

function hex(word: number): string {
  return word.toString(16).padStart(8, '0')
}
