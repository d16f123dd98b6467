/** A command line as it may be kept and shown: without passwords. */

const SECRET_FLAGS: ReadonlySet<string> = new Set(['--pass', '--from-pass', '--cluster-from-pass'])
const MASK = '***'
/** `redis://user:password@host`. */
const PASSWORD_IN_URL = /^([a-z]+:\/\/[^/@]*?:)[^@]*@/i
/** `-a secret`, `-asecret`, and `-ya secret`: short flags may stand together. */
const SHORT_FLAGS = /^-[a-zA-Z]*?a/

/** The words, each in quotes where a shell would take it apart. */
export function shownCommand(words: readonly string[]): string {
  const shown: string[] = []
  let isSecret = false
  for (const word of words) {
    shown.push(isSecret ? MASK : quoted(masked(word)))
    isSecret = !isSecret && introducesSecret(word)
  }
  return ['tscluster', ...shown].join(' ')
}

/** Of two that are the same request: how they ask, and where they write, does not count. */
const NEUTRAL: ReadonlySet<string> = new Set([
  ...['--yes', '-y', '--cluster-yes', '--quiet', '-q', '--json', '--json-stream', '--color', '--no-color', '--explain'],
  ...['--no-auth-warning', '--scan-sizes', MASK],
])
const NEUTRAL_WITH_VALUE: ReadonlySet<string> = new Set([
  '--journal',
  '-a',
  '--pass',
  '--pass-file',
  '--user',
  '--timeout',
])

/** Whether two shown commands ask for the same. */
export function isSameRequest(one: string, other: string): boolean {
  return essence(one).join(' ') === essence(other).join(' ')
}

function essence(shown: string): string[] {
  const words = shown.split(' ')
  return words.filter((word, index) => {
    const before = words[index - 1] ?? ''
    const name = word.split('=')[0]!
    return !NEUTRAL.has(word) && !NEUTRAL_WITH_VALUE.has(name) && !NEUTRAL_WITH_VALUE.has(before)
  })
}

function masked(word: string): string {
  const name = word.split('=')[0]!
  if (word.includes('=') && SECRET_FLAGS.has(name)) return `${name}=${MASK}`
  const short = SHORT_FLAGS.exec(word)
  if (short !== null && word.length > short[0].length) return `${short[0]}${MASK}`
  return word.replace(PASSWORD_IN_URL, `$1${MASK}@`)
}

function introducesSecret(word: string): boolean {
  return SECRET_FLAGS.has(word) || SHORT_FLAGS.exec(word)?.[0] === word
}

function quoted(word: string): string {
  return /^[\w@%+=:,./*-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
