/**
 * Whether a claim that was taken is still held, from what its connections do.
 *
 * Who takes over ends all connections of the claim first. So as long as one of them has never broken, nobody can have taken over,
 * and one that broke (its node was restarted) may be opened anew beside it. The new one counts only when an old one has answered
 * after it was there: both may have been ended at the same time, and the old one not yet been noticed.
 */

type Standing =
  /** A chain of unbroken connections leads from here to the moment when the claim was taken. */
  {readonly kind: 'firm'} | {readonly kind: 'renewed'; readonly inRound: number} | {readonly kind: 'broken'}

const FIRM: Standing = {kind: 'firm'}
const BROKEN: Standing = {kind: 'broken'}

export class Tenure {
  readonly #standings: Standing[]
  #heardMs: number
  #round = 0

  /** @param places how many connections there are, all of them sound */
  constructor(places: number, nowMs: number) {
    this.#standings = Array.from({length: places}, () => FIRM)
    this.#heardMs = nowMs
  }

  /** Nobody can have taken over before this moment. */
  get heardMs(): number {
    return this.#heardMs
  }

  get isLost(): boolean {
    return this.#standings.length > 0 && !this.#standings.some(({kind}) => kind === 'firm')
  }

  isBroken(place: number): boolean {
    return this.#standings[place]!.kind === 'broken'
  }

  /** @returns the number of the round; what is asked from now on belongs to it */
  beginRound(): number {
    return ++this.#round
  }

  /** @param sentMs when the question was sent: the answer may have been under way for long */
  answered(place: number, round: number, sentMs: number): void {
    if (this.#standings[place]!.kind !== 'firm') return
    this.#heardMs = Math.max(this.#heardMs, sentMs)
    for (const [other, standing] of this.#standings.entries()) {
      if (standing.kind === 'renewed' && standing.inRound < round) this.#standings[other] = FIRM
    }
  }

  broke(place: number): void {
    this.#standings[place] = BROKEN
  }

  /** The flag is up again on a new connection. */
  renewed(place: number): void {
    this.#standings[place] = {kind: 'renewed', inRound: this.#round}
  }
}
