/** Errors in redis-cli's words, and on the stream where redis-cli writes them. */
import type {ManagerError} from '../../manager/error.js'
import type {ErrorInfo} from '../../manager/error-info.js'
import {formatPlainAddress, parseAddress} from '../../model/address.js'
import {errorCode} from '../../model/redis-error.js'
import type {Printer} from './printer.js'
import type {Words} from './words.js'

const VERIFY_FAILED = 'SSL_connect failed: certificate verify failed'

/** strerror() and getaddrinfo() say it so; our own words say the rest. */
const SYSTEM_WORDS: readonly (readonly [RegExp, string])[] = [
  [/^connection refused/, 'Connection refused'],
  [/^host name not found/, 'Name or service not known'],
  [/^no connection: nothing answers/, 'Connection timed out'],
  [/^no route to this address/, 'No route to host'],
  [/self.signed certificate|unable to (get|verify)|certificate verify failed|certificate has expired/i, VERIFY_FAILED],
]

/** `Could not connect to Redis at 127.0.0.1:7000: Connection refused` */
export function couldNotConnect({node, message}: Pick<ErrorInfo, 'node' | 'message'>, words: Words): string {
  const reason = SYSTEM_WORDS.find(([pattern]) => pattern.test(message))?.[1] ?? message
  return `Could not connect to ${words.product} at ${plainAddress(node)}: ${reason}`
}

/** Says why a command ended. A refused login and an error reply are the node's own words, as redis-cli repeats them. */
export function printFailure(error: ManagerError, print: Printer, words: Words): void {
  const node = plainAddress(error.node)
  switch (error.code) {
    case 'usage':
      return print.complain(error.message)
    case 'unreachable':
    case 'tls-failed':
      return print.complain(couldNotConnect(error, words))
    case 'not-a-cluster-node':
      return print.error(`[ERR] Node ${node} is not configured as a cluster node.`)
    case 'login-failed':
      return printReply(error, errorCode(error.reply ?? '') === 'NOAUTH', print)
    case 'error-reply':
    case 'not-permitted':
      return printReply(error, false, print)
    case 'timed-out':
      // Its hint names an option that redis-cli does not have.
      return print.error(`[ERR] Node ${node} ${error.message}`)
    case 'claimed':
      // redis-cli has no word for it; the option is named as it is spelled here.
      return print.error(`[ERR] ${error.message}${hintOf(error).replace('--force', '--cluster-force')}`)
    default:
      print.error(`[ERR] ${node === '' ? '' : `Node ${node} `}${error.message}${hintOf(error)}`)
  }
}

/** `Node H:P replied with error:` and the node's words on a line of their own. */
export function printReply(error: ManagerError, onOneLine: boolean, print: Printer): void {
  const node = plainAddress(error.node)
  const reply = error.reply ?? error.message
  if (onOneLine) print.error(`[ERR] Node ${node} ${reply}`)
  else print.error(`Node ${node} replied with error:\n${reply}`)
}

function hintOf({hint}: ManagerError): string {
  return hint === undefined ? '' : ` (${hint})`
}

/** redis-cli writes IPv6 addresses without brackets. */
function plainAddress(node: string | undefined): string {
  if (node === undefined) return ''
  const parsed = parseAddress(node)
  return parsed === undefined ? node : formatPlainAddress(parsed)
}
