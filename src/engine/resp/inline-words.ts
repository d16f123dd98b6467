/** Words of a line of text: inline commands, and the lines of redis.conf. */
import {type Bytes} from '../ports.js'

const ESCAPES: Readonly<Record<string, string>> = {n: '\n', r: '\r', t: '\t', b: '\b', a: '\x07'}

/**
 * The words of an inline command or of a line of redis.conf: blanks divide, "double" quotes know \xHH and \n, 'single' ones only \'.
 * `undefined` when a quote is not closed or is followed by something other than a blank. Source: Redis' sdssplitargs.
 */
export function splitInline(line: string): Bytes[] | undefined {
  const words: Bytes[] = []
  let at = 0
  for (;;) {
    while (at < line.length && isBlank(line[at]!)) at++
    if (at >= line.length) return words
    const word = readWord(line, at)
    if (word === undefined) return undefined
    words.push(word.text)
    at = word.end
  }
}

function readWord(line: string, from: number): {text: string; end: number} | undefined {
  let text = ''
  let at = from
  while (at < line.length && !isBlank(line[at]!)) {
    const quote = line[at]!
    if (quote !== '"' && quote !== "'") {
      text += quote
      at++
      continue
    }
    const quoted = quote === '"' ? readDoubleQuoted(line, at + 1) : readSingleQuoted(line, at + 1)
    if (quoted === undefined) return undefined
    if (quoted.end < line.length && !isBlank(line[quoted.end]!)) return undefined
    return {text: text + quoted.text, end: quoted.end}
  }
  return {text, end: at}
}

function readDoubleQuoted(line: string, from: number): {text: string; end: number} | undefined {
  let text = ''
  for (let at = from; at < line.length; at++) {
    const char = line[at]!
    if (char === '"') return {text, end: at + 1}
    if (char !== '\\' || at + 1 >= line.length) {
      text += char
      continue
    }
    const hex = /^x([0-9a-fA-F]{2})/.exec(line.slice(at + 1, at + 4))
    if (hex !== null) {
      text += String.fromCharCode(Number.parseInt(hex[1]!, 16))
      at += 3
    } else {
      at++
      text += ESCAPES[line[at]!] ?? line[at]!
    }
  }
  return undefined
}

function readSingleQuoted(line: string, from: number): {text: string; end: number} | undefined {
  let text = ''
  for (let at = from; at < line.length; at++) {
    if (line[at] === '\\' && line[at + 1] === "'") {
      text += "'"
      at++
    } else if (line[at] === "'") {
      return {text, end: at + 1}
    } else {
      text += line[at]!
    }
  }
  return undefined
}

function isBlank(char: string): boolean {
  return (
    char === ' ' || char === '\t' || char === '\n' || char === '\r' || char === '\v' || char === '\f' || char === '\0'
  )
}
