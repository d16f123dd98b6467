/** A string value as a reply, and how long one may become. */
import {LIMITS} from '../limits.js'
import {type Call} from '../server/call.js'
import {type StringValue} from '../values/string.js'

/** From here on bytes go out as a chunk of their own instead of through a string. */
const LARGE_BYTES = 16 * 1024
/** The least that proto-max-bulk-len can be set to: below it there is nothing to look up. */
const LEAST_MOST_BYTES = 1024 * 1024

export const STRING_TOO_LONG = 'ERR string exceeds maximum allowed size (proto-max-bulk-len)'

export function replyString({reply}: Call, value: StringValue): void {
  if (typeof value === 'string') return reply.bulk(value)
  if (value.length < LARGE_BYTES) return reply.bulk(value.toBytes())
  reply.raw(`$${value.length}\r\n`)
  reply.rawBytes(new Uint8Array(value.view()))
  reply.raw('\r\n')
}

/** Whether a string may be this long; the error was sent when it may not. */
export function fitsOrReply({server, reply}: Call, bytes: number): boolean {
  if (bytes <= LEAST_MOST_BYTES) return true
  const configured = server.config.number('proto-max-bulk-len')
  if (bytes <= Math.min(configured > 0 ? configured : LIMITS.stringBytes, LIMITS.stringBytes)) return true
  reply.error(STRING_TOO_LONG)
  return false
}
