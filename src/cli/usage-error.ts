/** What oclif's parser complains about, in one line, with a suggestion where a word was mistyped. */
import type {Command} from '@oclif/core'
import {distance} from 'fastest-levenshtein'
import type {ManagerError} from '../manager/error.js'
import {usage} from './flags.js'

/** A word further away than this was not meant. */
const NEAR = 3

/** `undefined` when the error is not about the invocation. */
export function usageErrorOf(error: Error, command: typeof Command): ManagerError | undefined {
  if (!isParserError(error)) return undefined
  const help = `see \`tscluster ${(command.id ?? '').replaceAll(':', ' ')} --help\``
  switch (error.constructor.name) {
    case 'NonExistentFlagsError':
      return unknownFlag(wordsOf(error, 'flags')[0] ?? '', command, help)
    case 'RequiredArgsError':
      return usage(`missing: ${wordsOf(error, 'args').join(' and ')}`, help)
    default:
      return usage(plain(error.message), help)
  }
}

/** The first word is no command: with the one that was meant, if any is near, or that stands further on. */
export function unknownCommand(word: string, others: readonly string[], known: readonly string[]): ManagerError {
  const help = 'see `tscluster --help`'
  if (word.startsWith('-')) {
    return usage(`unknown flag ${word} in place of a command`, `flags follow the command: ${help}`)
  }
  const near = nearest(word, known) ?? others.find((other) => known.includes(other))
  return usage(`unknown command "${word}"`, near === undefined ? help : `did you mean \`tscluster ${near}\`? ${help}`)
}

function unknownFlag(flag: string, command: typeof Command, help: string): ManagerError {
  const near = nearest(flag.replace(/^-+/, '').split('=')[0]!, Object.keys({...command.baseFlags, ...command.flags}))
  return usage(`unknown flag ${flag}`, near === undefined ? help : `did you mean --${near}? ${help}`)
}

export function nearest(word: string, known: readonly string[]): string | undefined {
  const [best] = known
    .map((name) => ({name, far: distance(word.toLowerCase(), name)}))
    .filter(({name, far}) => far <= Math.min(NEAR, Math.ceil(name.length / 2)))
    .sort((a, b) => a.far - b.far)
  return best?.name
}

/** Some of the parser's errors say so by what they carry, others are plain errors of oclif without a code. */
function isParserError(error: Error): boolean {
  return 'parse' in error || ('oclif' in error && !('code' in error && error.code !== undefined))
}

/** What the parser's error lists: flags as they were typed, arguments by their names. */
function wordsOf(error: Error, list: 'flags' | 'args'): string[] {
  const items: unknown = list in error ? error[list as keyof Error] : []
  if (!Array.isArray(items)) return []
  return (items as readonly (string | {readonly name: string})[]).map((item) =>
    typeof item === 'string' ? item : item.name.toUpperCase(),
  )
}

/** Several lines become one sentence, without what only introduces it. */
function plain(text: string): string {
  return text
    .replace(/See more help with --help/, '')
    .replace(/^The following errors? occurred:/, '')
    .replace(/^Unexpected argument/, 'unexpected argument')
    .replace(/^Flag --/, '--')
    .replace(/Missing required flag (\S+)/g, 'missing: --$1')
    .replace(/(--[\w-]+)=true\b/g, '$1')
    .split(/\n+/)
    .map((line) => line.replaceAll(/\s+/g, ' ').trim())
    .filter((line) => line !== '')
    .join('; ')
}
