/** Redis' glob patterns: `*`, `?`, `[a-c]`, `[^x]`, `\` before a character that is meant as it is. */
import {type Bytes} from '../ports.js'

const STAR = 42
const QUESTION = 63
const OPEN = 91
const CLOSE = 93
const CARET = 94
const MINUS = 45
const BACKSLASH = 92

/**
 * Whether the whole text matches. Goes back to the latest star only, so that no pattern takes longer than both lengths multiplied.
 * Source: Redis 7.0's stringmatchlen; as there, an empty text matches nothing but the empty pattern.
 */
export function matchesGlob(pattern: Bytes, text: Bytes): boolean {
  if (text.length === 0) return pattern.length === 0
  let at = 0
  let textAt = 0
  let starAt = -1
  let starText = 0
  while (textAt < text.length) {
    if (at < pattern.length && pattern.charCodeAt(at) === STAR) {
      starAt = at++
      starText = textAt
      continue
    }
    const next = at < pattern.length ? matchOne(pattern, at, text.charCodeAt(textAt)) : -1
    if (next >= 0) {
      at = next
      textAt++
    } else if (starAt >= 0) {
      at = starAt + 1
      textAt = ++starText
    } else {
      return false
    }
  }
  while (at < pattern.length && pattern.charCodeAt(at) === STAR) at++
  return at === pattern.length
}

/** @returns where the pattern goes on behind the element at `at`, or -1 when that does not match the character */
function matchOne(pattern: Bytes, at: number, char: number): number {
  const code = pattern.charCodeAt(at)
  if (code === QUESTION) return at + 1
  if (code === OPEN) return matchClass(pattern, at + 1, char)
  if (code === BACKSLASH && at + 1 < pattern.length) return pattern.charCodeAt(at + 1) === char ? at + 2 : -1
  return code === char ? at + 1 : -1
}

/** A class that is not closed ends with the pattern. */
function matchClass(pattern: Bytes, from: number, char: number): number {
  let at = from
  const isNegated = pattern.charCodeAt(at) === CARET
  if (isNegated) at++
  let isMember = false
  for (;;) {
    if (at >= pattern.length) return isMember === isNegated ? -1 : pattern.length
    const code = pattern.charCodeAt(at)
    if (code === CLOSE) return isMember === isNegated ? -1 : at + 1
    if (code === BACKSLASH && at + 1 < pattern.length) {
      if (pattern.charCodeAt(at + 1) === char) isMember = true
      at += 2
    } else if (at + 2 < pattern.length && pattern.charCodeAt(at + 1) === MINUS) {
      const start = signed(code)
      const end = signed(pattern.charCodeAt(at + 2))
      if (signed(char) >= Math.min(start, end) && signed(char) <= Math.max(start, end)) isMember = true
      at += 3
    } else {
      if (code === char) isMember = true
      at++
    }
  }
}

/** Ends of a range are C's `char`: bytes from 0x80 stand before all others. */
function signed(byte: number): number {
  return (byte << 24) >> 24
}
