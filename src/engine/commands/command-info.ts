/** COMMAND INFO: what a node tells clients of its commands. */
import {type ReplyWriter} from '../resp/reply-writer.js'
import {type CommandSpec} from '../server/call.js'
import {type KeySpec} from '../server/key-spec.js'
import {isUnsupported} from './known-only.js'

/** Subcommands that we have. */
export function subcommandsOf(spec: CommandSpec): CommandSpec[] {
  return [...(spec.subcommands?.values() ?? [])].filter((each) => !isUnsupported(each))
}

/** The ten elements of COMMAND INFO. */
export function sendCommandInfo(reply: ReplyWriter, spec: CommandSpec): void {
  const {first, last, step} = legacyRange(spec.keys)
  reply.array(10)
  reply.bulk(spec.fullName)
  reply.integer(spec.arity)
  sendStatuses(reply, [...spec.flags])
  reply.integer(first)
  reply.integer(last)
  reply.integer(step)
  sendStatuses(reply, spec.facts.categories)
  const tips = spec.facts.tips ?? []
  reply.set(tips.length)
  for (const tip of tips) reply.bulk(tip)
  reply.set(spec.keys.length)
  for (const key of spec.keys) sendKeySpec(reply, key)
  const subcommands = subcommandsOf(spec)
  reply.set(subcommands.length)
  for (const each of subcommands) sendCommandInfo(reply, each)
}

function sendStatuses(reply: ReplyWriter, words: readonly string[]): void {
  reply.set(words.length)
  for (const word of words) reply.status(word)
}

/** First key, last key, step, as they were told before there were key specifications. */
export function legacyRange(keys: readonly KeySpec[]): {first: number; last: number; step: number} {
  const [only] = keys
  if (only !== undefined && keys.length === 1 && typeof only.begin === 'number' && only.find.kind === 'range') {
    const {last, step} = only.find
    return {first: only.begin, last: last >= 0 ? only.begin + last : last, step}
  }
  let first = 0
  let last = 0
  let previous = 0
  for (const {begin, find} of keys) {
    if (typeof begin !== 'number' || find.kind !== 'range') continue
    if (find.step !== 1 || (previous !== 0 && previous !== begin - 1)) continue
    const end = find.last >= 0 ? find.last + begin : find.last
    if (first === 0 || begin < first) first = begin
    // A negative end counts from the last word: it is beyond every other.
    last = end < 0 || last < 0 ? Math.min(end, last) : Math.max(end, last)
    previous = last
  }
  return first === 0 ? {first: 0, last: 0, step: 0} : {first, last, step: 1}
}

function sendKeySpec(reply: ReplyWriter, {begin, find, flags, notes}: KeySpec): void {
  reply.map(notes === '' ? 3 : 4)
  if (notes !== '') {
    reply.bulk('notes')
    reply.bulk(notes)
  }
  reply.bulk('flags')
  sendStatuses(reply, flags.split(' '))
  reply.bulk('begin_search')
  if (begin === 'unknown') sendVariant(reply, 'unknown', [])
  else if (typeof begin === 'number') sendVariant(reply, 'index', [['index', begin]])
  else {
    sendVariant(reply, 'keyword', [
      ['keyword', begin.keyword],
      ['startfrom', begin.from],
    ])
  }
  reply.bulk('find_keys')
  if (find.kind === 'unknown') sendVariant(reply, 'unknown', [])
  else if (find.kind === 'range') {
    sendVariant(reply, 'range', [
      ['lastkey', find.last],
      ['keystep', find.step],
      ['limit', find.limit],
    ])
  } else {
    sendVariant(reply, 'keynum', [
      ['keynumidx', find.countAt],
      ['firstkey', find.firstAt],
      ['keystep', find.step],
    ])
  }
}

function sendVariant(reply: ReplyWriter, type: string, fields: readonly (readonly [string, string | number])[]): void {
  reply.map(2)
  reply.bulk('type')
  reply.bulk(type)
  reply.bulk('spec')
  reply.map(fields.length)
  for (const [name, value] of fields) {
    reply.bulk(name)
    if (typeof value === 'number') reply.integer(value)
    else reply.bulk(value)
  }
}
