/** Replies, read with suspicion: a node that answers something else than the documented shape is named, not trusted. */
import {formatAddress} from '../model/address.js'
import {ManagerError} from './error.js'
import type {NodeClient, Reply} from './ports.js'

export function textReply(reply: Reply | Error, node: NodeClient): string {
  if (reply instanceof Error) throw reply
  if (typeof reply === 'string') return reply
  if (Buffer.isBuffer(reply)) return reply.toString()
  throw unexpected(node)
}

export function numberReply(reply: Reply | Error, node: NodeClient): number {
  if (reply instanceof Error) throw reply
  if (typeof reply === 'number') return reply
  throw unexpected(node)
}

export function listReply(reply: Reply | Error, node: NodeClient): readonly Reply[] {
  if (reply instanceof Error) throw reply
  if (Array.isArray(reply)) return reply as readonly Reply[]
  throw unexpected(node)
}

/** For commands whose `OK` tells nothing: throws the first error of a pipeline. */
export function allOk(replies: readonly (Reply | Error)[]): void {
  for (const reply of replies) if (reply instanceof Error) throw reply
}

export function unexpected(node: NodeClient): ManagerError {
  return new ManagerError('protocol', 'gave an answer that cannot be read', {
    node: formatAddress(node.address),
    hint: 'is this a Redis or Valkey server?',
  })
}
