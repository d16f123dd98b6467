/** The bounds of ranges in sorted sets as arguments. */
import {type Bytes} from '../ports.js'
import {parseDouble} from '../resp/numbers.js'
import {type Call} from '../server/call.js'
import {type LexRange, parseLexBound, type ScoreRange} from '../values/sorted-set.js'

export const BAD_SCORE_RANGE = 'ERR min or max is not a float'
export const BAD_LEX_RANGE = 'ERR min or max not valid string range item'

/** What does not fit a double: strtod gives an infinity, or zero, and ZADD refuses both; a bound may be either. */
const LEADING_BLANKS = /^[ \t\n\v\f\r]+/

function parseScoreBound(text: Bytes): {score: number; exclusive: boolean} | undefined {
  const exclusive = text.startsWith('(')
  const digits = (exclusive ? text.slice(1) : text).replace(LEADING_BLANKS, '')
  // strtod takes nothing at all for a zero; only here does Redis not mind.
  const score = digits === '' ? 0 : (parseDouble(digits) ?? outOfRange(digits))
  return score === undefined ? undefined : {score, exclusive}
}

/** A number too large or too small for a double. */
function outOfRange(text: Bytes): number | undefined {
  return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) ? Number(text) : undefined
}

export function scoreRangeOrReply(call: Call, minAt: number, maxAt: number): ScoreRange | undefined {
  const min = parseScoreBound(call.argv[minAt]!)
  const max = min && parseScoreBound(call.argv[maxAt]!)
  if (min !== undefined && max !== undefined) {
    return {min: min.score, minExclusive: min.exclusive, max: max.score, maxExclusive: max.exclusive}
  }
  call.reply.error(BAD_SCORE_RANGE)
  return undefined
}

export function lexRangeOrReply(call: Call, minAt: number, maxAt: number): LexRange | undefined {
  const min = parseLexBound(call.argv[minAt]!)
  const max = min && parseLexBound(call.argv[maxAt]!)
  if (min !== undefined && max !== undefined) return {min, max}
  call.reply.error(BAD_LEX_RANGE)
  return undefined
}
