/** Names of keys, for people. */

/** Quotes, and control characters as escapes: a key may hold anything, and must not draw on the terminal. */
export function quoted(key: string): string {
  return [...JSON.stringify(key)].map((each) => (isControl(each) ? `\\u${hex(each)}` : each)).join('')
}

function isControl(character: string): boolean {
  const code = character.codePointAt(0)!
  return code < 0x20 || (code >= 0x7f && code < 0xa0)
}

function hex(character: string): string {
  return character.codePointAt(0)!.toString(16).padStart(4, '0')
}
