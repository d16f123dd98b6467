/** The bytes of a file on their way to whoever loads it: a few pieces at a time, for a file may be larger than any array. */

/** Draws no more than it is asked for. A piece that comes out belongs to whoever drew it. */
export class FilePieces {
  readonly #pieces: Iterator<Uint8Array>
  /** Drawn, and given back. */
  #ahead: Uint8Array | undefined
  #drawn = 0

  constructor(pieces: Iterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.iterator]()
  }

  /** How many bytes of the file were drawn and not given back. */
  get drawn(): number {
    return this.#drawn
  }

  /** Undefined when the file is at its end. */
  next(): Uint8Array | undefined {
    const piece = this.#ahead ?? this.#draw()
    this.#ahead = undefined
    this.#drawn += piece?.length ?? 0
    return piece
  }

  /** What was drawn last and is somebody else's: it is the next piece. */
  putBack(rest: Uint8Array): void {
    this.#drawn -= rest.length
    if (rest.length > 0) this.#ahead = rest
  }

  /** How the file begins, as text; nothing is drawn. */
  head(bytes: number): string {
    const piece = this.next()
    if (piece !== undefined) this.putBack(piece)
    return Buffer.from((piece ?? []).slice(0, bytes)).toString('latin1')
  }

  #draw(): Uint8Array | undefined {
    const next = this.#pieces.next()
    return next.done === true ? undefined : next.value
  }
}
