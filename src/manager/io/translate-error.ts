/** What ioredis and node:net throw → ManagerError. No error that leaves here carries a command's arguments: they may be secrets. */
import {formatAddress, type Address} from '../../model/address.js'
import {errorCode} from '../../model/redis-error.js'
import {ManagerError, type ManagerErrorCode} from '../error.js'
import type {Argument} from '../ports.js'

export function isReplyError(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ReplyError'
}

export function timedOut(address: Address, command: readonly Argument[], limitMs: number): ManagerError {
  return new ManagerError('timed-out', `${commandName(command)}: no answer within ${formatSeconds(limitMs)}`, {
    node: formatAddress(address),
    hint: 'the node hangs, is overloaded, or is no Redis server; --reply-timeout waits longer',
  })
}

export function handshakeTimedOut(address: Address): ManagerError {
  return new ManagerError('tls-failed', 'TLS failed: the port is open, but nobody answers the handshake', {
    node: formatAddress(address),
    hint: 'if the port speaks plain text, leave out --tls',
  })
}

/** @param hasAnswered the connection was good before: then it was lost, and not refused */
export function translateError(
  error: unknown,
  address: Address,
  command?: readonly Argument[],
  hasAnswered = false,
): ManagerError {
  if (error instanceof ManagerError) return error
  const node = formatAddress(address)
  const message = error instanceof Error ? error.message : String(error)
  if (isReplyError(error)) return fromReply(message, node, command)
  if (NOT_RESP.test(message)) {
    return new ManagerError('protocol', 'does not speak the Redis protocol', {
      node,
      hint: 'check the address; if the port wants TLS, add --tls',
    })
  }
  const known = CONNECTION_FAULTS.find(([pattern]) => pattern.test(`${codeOf(error)} ${message}`))
  if (known !== undefined) {
    const [, code, what, hint] = known
    return new ManagerError(code, what, {node, hint: hasAnswered && hint === CLOSED_HINT ? LOST_HINT : hint})
  }
  if (codeOf(error).startsWith('ERR_SSL') || codeOf(error) === 'EPROTO' || /certificate|SSL|TLS/i.test(message)) {
    return new ManagerError('tls-failed', `TLS failed: ${tlsReason(message)}`, {
      node,
      hint: 'check --tls, --cacert, --cert and --key against the server',
    })
  }
  return new ManagerError('unreachable', `connection failed: ${message}`, {node, hint: CHECK_ADDRESS})
}

/** What ioredis says of bytes that are no reply: which of them depends on its decoder. */
const NOT_RESP = /^(Protocol error|Unknown RESP type)/i

const CHECK_ADDRESS = 'check that the server runs and that the address is right'
const CLOSED = 'closed the connection'
const LOST_HINT = 'it went away in the middle: does the server still run?'
const CLOSED_HINT = 'if the port wants TLS, or a client certificate, add --tls, --cert and --key'

const CONNECTION_FAULTS: readonly (readonly [RegExp, ManagerErrorCode, string, string])[] = [
  [/ECONNREFUSED/, 'unreachable', 'connection refused', CHECK_ADDRESS],
  [/ETIMEDOUT/, 'unreachable', 'no connection: nothing answers at this address', CHECK_ADDRESS],
  [/ENOTFOUND|EAI_AGAIN/, 'unreachable', 'host name not found', 'check the spelling and the name server'],
  [/EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL/, 'unreachable', 'no route to this address', CHECK_ADDRESS],
  [/ECONNRESET|EPIPE/, 'unreachable', CLOSED, CLOSED_HINT],
  [/Connection is closed|Socket closed|Stream isn't writeable/, 'unreachable', CLOSED, CLOSED_HINT],
]

const LOGIN_HINT = 'give the password with --askpass, --pass-file or REDISCLI_AUTH, and the user with --user'

function fromReply(reply: string, node: string, command?: readonly Argument[]): ManagerError {
  const code = errorCode(reply)
  if (code === 'NOAUTH') {
    return new ManagerError('login-failed', 'wants a password', {node, reply, hint: LOGIN_HINT})
  }
  if (code === 'WRONGPASS' || command?.[0] === 'AUTH') {
    return new ManagerError('login-failed', `login refused: ${reply}`, {node, reply, hint: LOGIN_HINT})
  }
  if (code === 'NOPERM') {
    return new ManagerError('not-permitted', `${commandName(command)} refused: ${reply}`, {
      node,
      reply,
      hint: 'log in as a user who may run it (ACL SETUSER … +@all)',
    })
  }
  return new ManagerError('error-reply', `${commandName(command)} failed: ${reply}`, {node, reply})
}

const TWO_WORD_COMMANDS = new Set(['CLUSTER', 'CONFIG', 'FUNCTION', 'CLIENT', 'DEBUG', 'ACL', 'COMMAND'])

/** The command's name without arguments: `CLUSTER SETSLOT`, `MIGRATE`. */
function commandName(command: readonly Argument[] | undefined): string {
  if (command === undefined) return 'the command'
  const [name, sub] = command.map(String)
  const upper = name!.toUpperCase()
  return TWO_WORD_COMMANDS.has(upper) && sub !== undefined ? `${upper} ${sub.toUpperCase()}` : upper
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : ''
  return typeof code === 'string' ? code : ''
}

/** OpenSSL's words without its file names and numbers. */
function tlsReason(message: string): string {
  if (/wrong version number|packet length too long/i.test(message)) return 'the port speaks plain text, not TLS'
  return /:[\w ]+ routines:[^:]*:([^:]+)/.exec(message)?.[1] ?? message
}

function formatSeconds(ms: number): string {
  return ms >= 1000 ? `${Math.round(ms / 100) / 10} s` : `${ms} ms`
}
