/** As CLAIM_TERMS, but for tests that wait until a claim expires. Servers count whole seconds. */
import type {ClaimTerms} from '../../src/manager/execute/claim/terms.js'

export const QUICK_TERMS: ClaimTerms = {beatMs: 200, sureMs: 600, expiryMs: 3_000, secondLookMs: 100}
