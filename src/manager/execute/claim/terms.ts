/** How long things take that have to do with a claim. Each follows from the one before it. */

export interface ClaimTerms {
  /** The owner lets each node hear from it this often. */
  readonly beatMs: number
  /** An owner that had no answer for this long sends nothing before it has had one: another may have taken over. */
  readonly sureMs: number
  /** A claim of which no node has heard for this long is dead. Much longer: a node that hangs must not look like a dead owner. */
  readonly expiryMs: number
  /** A dead claim is looked at twice, this far apart: a node that hung itself hears its clients in any order afterwards. */
  readonly secondLookMs: number
}

export const CLAIM_TERMS: ClaimTerms = {beatMs: 2_000, sureMs: 6_000, expiryMs: 30_000, secondLookMs: 500}
