/** What a command may show of itself: passwords are left out of MONITOR and of the slow log. */
import {type Bytes} from '../ports.js'

const HIDDEN = '(redacted)'
const SECRET_DIRECTIVES = new Set(['requirepass', 'masterauth', 'masteruser', 'tls-key-file-pass'])

/** `argv` itself where there is nothing to hide. `fullName`: `auth`, `config|set`. */
export function redact(fullName: string, argv: readonly Bytes[]): readonly Bytes[] {
  switch (fullName) {
    case 'auth':
      return argv.map((word, at) => (at === 0 ? word : HIDDEN))
    case 'hello':
      return redactAfter(argv, 2, {auth: 2})
    case 'migrate':
      return redactAfter(argv, 6, {auth: 1, auth2: 2})
    case 'config|set':
      return argv.map((word, at) =>
        at > 2 && at % 2 === 1 && SECRET_DIRECTIVES.has(argv[at - 1]!.toLowerCase()) ? HIDDEN : word,
      )
    default:
      return argv
  }
}

/** Hides so many words behind each of the named options. */
function redactAfter(argv: readonly Bytes[], from: number, options: Readonly<Record<string, number>>): Bytes[] {
  const shown = argv.slice()
  for (let at = from; at < shown.length; at++) {
    const count = options[shown[at]!.toLowerCase()] ?? 0
    for (let hidden = 1; hidden <= count && at + hidden < shown.length; hidden++) shown[at + hidden] = HIDDEN
    at += count
  }
  return shown
}
