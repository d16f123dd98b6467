/** The forms that a directive's value can have: yes or no, a number, an amount of memory, one of some words, text. */

import {quote} from './quote.js'

export type ParsedValue = {readonly ok: true; readonly value: string} | {readonly ok: false; readonly error: string}

/** What a multi-part directive is added to. */
export interface Present {
  readonly value: string
  /** In a file `save` adds to the lines before it; CONFIG SET begins anew. */
  readonly isRepeated: boolean
}

export interface Directive {
  readonly name: string
  /** An older name (`slave-…`). */
  readonly alias?: string
  readonly default: string
  /** Only at start: CONFIG SET refuses it, in Redis too. */
  readonly immutable?: boolean
  /** CONFIG SET needs enable-protected-configs. */
  readonly isProtected?: boolean
  /** CONFIG SET to the value that it has counts as a change. */
  readonly isReapplied?: boolean
  /** Takes several words. */
  readonly takesWords?: boolean
  /** Known, settable, but not listed by a glob of CONFIG GET. */
  readonly isHidden?: boolean
  /** Checks the words and brings them into the form in which CONFIG GET prints them. */
  parse(words: readonly string[], present: Present): ParsedValue
  /** What CONFIG GET and CONFIG REWRITE tell of the value, where that is not all of it. */
  readonly told?: (value: string) => string
  /** What redis.conf has behind the name, a text for each line; without it the value stands there as it is. */
  readonly lines?: (value: string) => readonly string[]
  /** Of several lines only those are added to a file that differ from the defaults. */
  readonly keepsUsualLinesOut?: boolean
  /** CONFIG REWRITE writes it even with its default value. */
  readonly isAlwaysWritten?: boolean
}

export interface Traits {
  readonly alias?: string
  readonly immutable?: boolean
  readonly isProtected?: boolean
  readonly isHidden?: boolean
  readonly isReapplied?: boolean
  /** The values that need nothing we lack; all others are refused. Without it every value is fine. */
  readonly supported?: readonly string[]
}

export const INT_MAX = 2_147_483_647
export const UINT_MAX = 4_294_967_295
export const INT64_MAX = 9_223_372_036_854_775_807n
export const UINT64_MAX = 18_446_744_073_709_551_615n

export function accept(value: string): ParsedValue {
  return {ok: true, value}
}

export function refuse(error: string): ParsedValue {
  return {ok: false, error}
}

/** A directive of one word. */
function single(name: string, initial: string, parse: (text: string) => ParsedValue, traits: Traits): Directive {
  const {supported, ...rest} = traits
  return {
    name,
    default: initial,
    ...rest,
    parse: (words) => {
      const parsed = words.length === 1 ? parse(words[0]!) : refuse('wrong number of arguments')
      if (!parsed.ok || supported === undefined || supported.includes(parsed.value)) return parsed
      const wanted = supported.map((value) => `'${value}'`).join(' or ')
      return refuse(`'${parsed.value}' is not supported by the tscluster engine: only ${wanted}`)
    },
  }
}

export function flag(name: string, initial: 'yes' | 'no', traits: Traits = {}): Directive {
  const parse = (text: string): ParsedValue =>
    /^(?:yes|no)$/i.test(text) ? accept(text.toLowerCase()) : refuse("argument must be 'yes' or 'no'")
  return single(name, initial, parse, traits)
}

function bounded(value: bigint, from: bigint, to: bigint): ParsedValue {
  if (value < from || value > to) return refuse(`argument must be between ${from} and ${to} inclusive`)
  return accept(String(value))
}

/** A decimal integer. */
export function integer(
  name: string,
  initial: number,
  from: number,
  to: number | bigint,
  traits: Traits = {},
): Directive {
  const parse = (text: string): ParsedValue => {
    if (!/^(?:0|-?[1-9]\d{0,18})$/.test(text)) return refuse("argument couldn't be parsed into an integer")
    return bounded(BigInt(text), BigInt(from), BigInt(to))
  }
  return single(name, String(initial), parse, traits)
}

const UNITS: Readonly<Record<string, bigint>> = {
  '': 1n,
  b: 1n,
  k: 1000n,
  kb: 1024n,
  m: 1_000_000n,
  mb: 1024n ** 2n,
  g: 1_000_000_000n,
  gb: 1024n ** 3n,
}

/** Bytes: `64mb`, `1k` (1000), `1kb` (1024). @returns undefined for anything else. Source: Redis' memtoull. */
export function parseMemory(text: string): bigint | undefined {
  if (text === '') return 0n
  const [, digits, unit] = /^(\d{1,20})([a-z]*)$/i.exec(text) ?? []
  const factor = unit === undefined ? undefined : UNITS[unit.toLowerCase()]
  if (digits === undefined || factor === undefined) return undefined
  const value = BigInt(digits) * factor
  return value > UINT64_MAX ? UINT64_MAX : value
}

/** An amount of memory, in bytes when printed. */
export function memory(name: string, initial: number, from: number, to: bigint, traits: Traits = {}): Directive {
  const parse = (text: string): ParsedValue => {
    const isNegative = from < 0 && /^-\d{1,18}$/.test(text)
    const bytes = isNegative ? BigInt(text) : parseMemory(text)
    return bytes === undefined ? refuse('argument must be a memory value') : bounded(bytes, BigInt(from), to)
  }
  return {...single(name, String(initial), parse, traits), lines: (value) => [formatMemory(value)]}
}

/** `1048576` as `1mb`: the largest unit that divides it. Source: Redis' rewriteConfigFormatMemory. */
export function formatMemory(value: string): string {
  const bytes = BigInt(value)
  for (const unit of ['gb', 'mb', 'kb']) {
    const factor = UNITS[unit]!
    if (bytes > 0n && bytes % factor === 0n) return `${bytes / factor}${unit}`
  }
  return value
}

/** An amount of memory, or a share of maxmemory: `5%`. */
export function memoryOrPercent(name: string, initial: string, traits: Traits = {}): Directive {
  const parse = (text: string): ParsedValue => {
    const percent = /^(\d{1,9})%$/.exec(text)?.[1]
    if (percent !== undefined) {
      return Number(percent) <= 100 ? accept(text) : refuse('percentage argument must be less or equal to 100')
    }
    const bytes = parseMemory(text)
    return bytes === undefined ? refuse('argument must be a memory or percent value') : bounded(bytes, 0n, INT64_MAX)
  }
  return single(name, initial, parse, traits)
}

/** Permissions of a file. */
export function octal(name: string, initial: string, traits: Traits = {}): Directive {
  const parse = (text: string): ParsedValue => {
    if (!/^-?[0-7]{0,9}$/.test(text)) return refuse("argument couldn't be parsed as an octal number")
    const value = text === '' ? 0 : Number.parseInt(text, 8)
    return value < 0 || value > 0o777
      ? refuse('argument must be between 0 and 777 inclusive')
      : accept(value.toString(8))
  }
  return single(name, initial, parse, traits)
}

/** Any text; `check` may refuse it. */
export function text(
  name: string,
  initial: string,
  traits: Traits = {},
  check: (value: string) => string | undefined = () => undefined,
): Directive {
  const parse = (value: string): ParsedValue => {
    const error = check(value)
    return error === undefined ? accept(value) : refuse(error)
  }
  return {...single(name, initial, parse, traits), lines: (value) => (value === '' ? [] : [quote(value)])}
}

/** One of some words. */
export function choice(name: string, initial: string, words: readonly string[], traits: Traits = {}): Directive {
  const parse = (value: string): ParsedValue =>
    words.includes(value.toLowerCase())
      ? accept(value.toLowerCase())
      : refuse(`argument(s) must be one of the following: ${words.join(', ')}`)
  return single(name, initial, parse, traits)
}

/** How to shut down: several words; the first of `words` stands alone. */
export function shutdownWords(name: string, words: readonly string[], traits: Traits = {}): Directive {
  const error = `argument(s) must be one of the following: ${words.join(', ')}`
  const parse: Directive['parse'] = (given) => {
    const wanted = given.map((word) => word.toLowerCase()).filter((word) => word !== '')
    if (wanted.length === 0 || wanted.some((word) => !words.includes(word))) return refuse(error)
    const named = words.slice(1).filter((word) => wanted.includes(word))
    if (named.includes('save') && named.includes('nosave')) {
      return refuse("shutdown options SAVE and NOSAVE can't be used simultaneously")
    }
    return accept(named.length === 0 ? words[0]! : named.join(' '))
  }
  return {name, default: words[0]!, takesWords: true, ...traits, parse}
}
