/** Members and scores as replies. */
import {type ReplyWriter} from '../resp/reply-writer.js'
import {type Call} from '../server/call.js'
import {type ScoredMember, SortedSetValue} from '../values/sorted-set.js'
import {addKey} from './collection.js'
import {type Bytes} from '../ports.js'

/** A list of members; with their scores it is flat in RESP2 and made of pairs in RESP3. */
export function replyScored(reply: ReplyWriter, entries: readonly ScoredMember[], withScores: boolean): void {
  const paired = withScores && reply.protocol === 3
  reply.array(withScores && !paired ? entries.length * 2 : entries.length)
  for (const {member, score} of entries) {
    if (paired) reply.array(2)
    reply.bulk(member)
    if (withScores) reply.double(score)
  }
}

/** Pairs in any protocol: ZMPOP. */
export function replyPairs(reply: ReplyWriter, entries: readonly ScoredMember[]): void {
  reply.array(entries.length)
  for (const {member, score} of entries) {
    reply.array(2)
    reply.bulk(member)
    reply.double(score)
  }
}

export function replyDoubleOrNull(reply: ReplyWriter, score: number | undefined): void {
  if (score === undefined) reply.null()
  else reply.double(score)
}

/** A new sorted set, which must get its first member at once. */
export function addSortedSet(call: Call, key: Bytes): SortedSetValue {
  const made = new SortedSetValue(call.server.encodingLimits)
  addKey(call, key, made)
  return made
}
