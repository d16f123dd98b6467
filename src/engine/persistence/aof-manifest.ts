/** The list of files that make up an AOF: one line each, `file <name> seq <n> type <b|h|i>`. */
import {splitInline} from '../resp/request-parser.js'

export interface AofFile {
  readonly name: string
  readonly sequence: number
}

export interface AofManifest {
  readonly base: AofFile | undefined
  readonly increments: readonly AofFile[]
  /** Left over from a rewrite: to be deleted. */
  readonly history: readonly AofFile[]
}

export type ParsedManifest =
  | {readonly ok: true; readonly manifest: AofManifest}
  /** In the words of a real server's log. */
  | {readonly ok: false; readonly error: string}

const INVALID = 'Invalid AOF manifest file format'

/** Names with blanks or quotes stand in quotes. */
export function formatManifest({base, increments, history}: AofManifest): string {
  const line = ({name, sequence}: AofFile, type: string): string => {
    const quoted = /[\s"'\\]/.test(name) ? `"${name.replace(/["\\]/g, (char) => `\\${char}`)}"` : name
    return `file ${quoted} seq ${sequence} type ${type}\n`
  }
  const lines = [
    ...(base === undefined ? [] : [line(base, 'b')]),
    ...history.map((file) => line(file, 'h')),
    ...increments.map((file) => line(file, 'i')),
  ]
  return lines.join('')
}

/** Unknown pairs of words are passed over, comments too. Source: persistence.md §8. */
export function parseManifest(text: string): ParsedManifest {
  if (text === '') return {ok: false, error: 'Found an empty AOF manifest'}
  if (!text.endsWith('\n')) return {ok: false, error: 'The AOF manifest file contains too long line'}
  let base: AofFile | undefined
  const increments: AofFile[] = []
  const history: AofFile[] = []
  for (const line of text.slice(0, -1).split('\n')) {
    if (line.startsWith('#')) continue
    const parsed = parseLine(line)
    if (typeof parsed === 'string') return {ok: false, error: parsed}
    const {file, type} = parsed
    if (type === 'h') history.push(file)
    else if (type === 'b') {
      if (base !== undefined) return {ok: false, error: 'Found duplicate base file information'}
      base = file
    } else {
      const last = increments.at(-1)
      if (last !== undefined && file.sequence <= last.sequence) {
        return {ok: false, error: 'Found a non-monotonic sequence number'}
      }
      increments.push(file)
    }
  }
  return {ok: true, manifest: {base, increments, history}}
}

function parseLine(line: string): {readonly file: AofFile; readonly type: 'b' | 'h' | 'i'} | string {
  const words = splitInline(line)
  if (words === undefined || words.length < 6 || words.length % 2 !== 0) return INVALID
  const pairs = new Map<string, string>()
  for (let at = 0; at < words.length; at += 2) pairs.set(words[at]!.toLowerCase(), words[at + 1]!)
  const [name, sequence, type] = [pairs.get('file'), Number(pairs.get('seq')), pairs.get('type')]
  if (name === undefined || !Number.isSafeInteger(sequence) || sequence <= 0) return INVALID
  if (name.includes('/')) return "File can't be a path, just a filename"
  if (type !== 'b' && type !== 'h' && type !== 'i') return 'Unknown AOF file type'
  return {file: {name, sequence}, type}
}
