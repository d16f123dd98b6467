/** What COMMAND DOCS tells of a command besides its facts, read from the notation in which it is recorded. */
import {RECORDED_DOCS} from './recorded-docs.js'

export interface CommandDoc {
  readonly flags: readonly string[]
  readonly deprecated?: {readonly since: string; readonly by: string}
  readonly history: readonly (readonly [version: string, change: string])[]
  readonly arguments: readonly ArgumentDoc[]
}

export interface ArgumentDoc {
  readonly name: string
  readonly type: string
  /** Which of the command's key specifications it belongs to. */
  readonly keySpec?: number
  readonly token?: string
  readonly since?: string
  readonly deprecatedSince?: string
  readonly flags: readonly string[]
  /** Of `oneof` and `block`; else empty. */
  readonly arguments: readonly ArgumentDoc[]
}

const FLAGS: Readonly<Record<string, string>> = {'?': 'optional', '*': 'multiple', '+': 'multiple_token'}

const ITEM = new RegExp(
  [
    /(?<name>[\w/:-]+)=(?<type>[a-z-]+)/,
    /(?:@(?<keySpec>\d+))?/,
    /(?:"(?<token>[^"]*)")?/,
    /(?:\^(?<since>[\d.]+))?/,
    /(?:!(?<deprecatedSince>[\d.]+))?/,
    /(?<flags>[?*+]*)(?<opens>\(?)/,
    /|(?<closes>\))/,
  ]
    .map(({source}) => source)
    .join(''),
  'g',
)

/**
 * Arguments side by side, each `name=type`, then what it has of: `@` and the number of its key specification, its token in quotes,
 * `^` since, `!` deprecated since, `?` optional, `*` multiple, `+` multiple with its token, and in brackets the arguments inside.
 */
export function parseArgumentDocs(text: string): ArgumentDoc[] {
  const outermost: ArgumentDoc[] = []
  const open: ArgumentDoc[][] = [outermost]
  for (const {groups} of text.matchAll(ITEM)) {
    const {name, type, keySpec, token, since, deprecatedSince, flags = '', opens, closes} = groups!
    if (closes !== undefined) {
      open.pop()
      continue
    }
    const inner: ArgumentDoc[] = []
    open.at(-1)!.push({
      name: name!,
      type: type!,
      ...(keySpec !== undefined && {keySpec: Number(keySpec)}),
      ...(token !== undefined && {token}),
      ...(since !== undefined && {since}),
      ...(deprecatedSince !== undefined && {deprecatedSince}),
      flags: [...flags].map((sign) => FLAGS[sign]!),
      arguments: inner,
    })
    if (opens === '(') open.push(inner)
  }
  return outermost
}

/** Where the lines of a command begin, by its full name. Made when somebody asks: most nodes are never asked. */
let lineOf: ReadonlyMap<string, number> | undefined

/** @param fullName `get`, `config|get` */
export function recordedDoc(fullName: string): CommandDoc {
  lineOf ??= new Map(RECORDED_DOCS.map((line, at) => [line.split(' ', 1)[0]!, at]))
  const at = lineOf.get(fullName)
  if (at === undefined) return {flags: [], history: [], arguments: []}
  const end = RECORDED_DOCS.findIndex((line, index) => index > at && !line.startsWith(' '))
  return parseDoc(RECORDED_DOCS.slice(at, end < 0 ? undefined : end))
}

/** The first line is the name and the arguments; the others begin with a space and the word for what they tell. */
function parseDoc([first = '', ...others]: readonly string[]): CommandDoc {
  const told = (kind: string): string[] =>
    others.filter((line) => line.startsWith(` ${kind} `)).map((line) => line.slice(kind.length + 2))
  const [deprecated] = told('deprecated').map(cutAtSpace)
  return {
    flags: told('flag'),
    ...(deprecated !== undefined && {deprecated: {since: deprecated[0], by: deprecated[1]}}),
    history: told('change').map(cutAtSpace),
    arguments: parseArgumentDocs(first.slice(first.split(' ', 1)[0]!.length)),
  }
}

function cutAtSpace(text: string): readonly [string, string] {
  const at = text.indexOf(' ')
  return [text.slice(0, at), text.slice(at + 1)]
}
