/** Text in double quotes as Redis prints it: MONITOR, redis.conf, error messages. */
import {type Bytes} from '../ports.js'

const NAMED: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '"': '\\"',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\x07': '\\a',
  '\b': '\\b',
}

/** Source: Redis' sdscatrepr. What is not printable ASCII becomes `\xHH`. */
export function quote(text: Bytes): string {
  if (/^[ !#-[\]-~]*$/.test(text)) return `"${text}"`
  const escaped = text.replace(
    /[^ !#-[\]-~]/g,
    (char) => NAMED[char] ?? `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
  return `"${escaped}"`
}
