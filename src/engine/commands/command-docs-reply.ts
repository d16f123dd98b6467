/** COMMAND DOCS: what a command is for, how it is called, and how it came to be so. */
import {type ReplyWriter} from '../resp/reply-writer.js'
import {type CommandSpec} from '../server/call.js'
import {type ArgumentDoc, type CommandDoc, recordedDoc} from './command-doc.js'
import {subcommandsOf} from './command-info.js'
import {summaryOf} from './summaries.js'

/** A field of a reply: its name, and what writes its value. */
type Field = readonly [name: string, write: (reply: ReplyWriter) => void]

/** The name and what is told of it. Source: addReplyCommandDocs of Redis 7.0, which sets the order of the fields. */
export function sendCommandDocs(reply: ReplyWriter, spec: CommandSpec): void {
  const {since, complexity} = spec.facts
  const subcommands = subcommandsOf(spec)
  reply.bulk(spec.fullName)
  sendFields(reply, [
    text('summary', summaryOf(spec.fullName)),
    text('since', since),
    text('group', spec.group),
    ...(complexity === '' ? [] : [text('complexity', complexity)]),
    ...docFields(recordedDoc(spec.fullName)),
    ...(subcommands.length === 0 ? [] : [subcommandField(subcommands)]),
  ])
}

function docFields({flags, deprecated, history, arguments: args}: CommandDoc): Field[] {
  const fields: Field[] = []
  if (flags.length > 0) fields.push(['doc_flags', (reply) => sendWords(reply, flags)])
  if (deprecated !== undefined) {
    fields.push(text('deprecated_since', deprecated.since), text('replaced_by', deprecated.by))
  }
  if (history.length > 0) fields.push(['history', (reply) => sendHistory(reply, history)])
  if (args.length > 0) fields.push(['arguments', (reply) => sendArguments(reply, args)])
  return fields
}

function subcommandField(subcommands: readonly CommandSpec[]): Field {
  return [
    'subcommands',
    (reply) => {
      reply.map(subcommands.length)
      for (const each of subcommands) sendCommandDocs(reply, each)
    },
  ]
}

function sendHistory(reply: ReplyWriter, history: CommandDoc['history']): void {
  reply.set(history.length)
  for (const change of history) reply.bulks(change)
}

function sendArguments(reply: ReplyWriter, args: readonly ArgumentDoc[]): void {
  reply.array(args.length)
  for (const each of args) sendFields(reply, argumentFields(each))
}

function argumentFields(doc: ArgumentDoc): Field[] {
  const {name, type, keySpec, token, since, deprecatedSince, flags, arguments: inner} = doc
  const fields: Field[] = [text('name', name), text('type', type)]
  if (keySpec !== undefined) fields.push(['key_spec_index', (reply) => reply.integer(keySpec)])
  if (token !== undefined) fields.push(text('token', token))
  if (since !== undefined) fields.push(text('since', since))
  if (deprecatedSince !== undefined) fields.push(text('deprecated_since', deprecatedSince))
  if (flags.length > 0) fields.push(['flags', (reply) => sendWords(reply, flags)])
  if (inner.length > 0) fields.push(['arguments', (reply) => sendArguments(reply, inner)])
  return fields
}

function sendFields(reply: ReplyWriter, fields: readonly Field[]): void {
  reply.map(fields.length)
  for (const [name, write] of fields) {
    reply.bulk(name)
    write(reply)
  }
}

function text(name: string, value: string): Field {
  return [name, (reply) => reply.bulk(value)]
}

function sendWords(reply: ReplyWriter, words: readonly string[]): void {
  reply.set(words.length)
  for (const word of words) reply.status(word)
}
