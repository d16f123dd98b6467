// Records what COMMAND DOCS of a Redis 7.0 tells of the commands that the engine has, as src/engine/commands/recorded-docs.ts.
// Summaries are our own (src/engine/commands/summaries.ts): they also say which commands those are.
//
//   node scripts/record-command-docs.js host:port        # then: npx prettier --write src/engine/commands/recorded-docs.ts
import {readFileSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {Redis} from 'ioredis'
import {ROOT} from './project.js'

const COMMANDS = path.join(ROOT, 'src', 'engine', 'commands')
const FLAG_SIGNS = {optional: '?', multiple: '*', multiple_token: '+'}

/** RESP2 tells a map as a list of names and values. */
function toObject(list) {
  return Object.fromEntries(list.flatMap((name, at) => (at % 2 === 0 ? [[name, list[at + 1]]] : [])))
}

/** In the notation that command-doc.ts reads. */
function argumentText(list) {
  const {name, type, ...rest} = toObject(list)
  const {key_spec_index: key, token, since, deprecated_since: deprecated, flags = [], arguments: inner} = rest
  return [
    `${name}=${type}`,
    key === undefined ? '' : `@${key}`,
    token === undefined ? '' : `"${token}"`,
    since === undefined ? '' : `^${since}`,
    deprecated === undefined ? '' : `!${deprecated}`,
    flags.map((flag) => FLAG_SIGNS[flag]).join(''),
    inner === undefined ? '' : `(${inner.map(argumentText).join(' ')})`,
  ].join('')
}

/** A line for the command with its arguments, and one more, with a space in front, for each other thing that is not in its facts. */
function linesOf(name, facts) {
  const {doc_flags: flags = [], deprecated_since: since, replaced_by: by, history = [], arguments: args = []} = facts
  return [
    [name, ...args.map(argumentText)].join(' '),
    ...flags.map((flag) => ` flag ${flag}`),
    ...(since === undefined ? [] : [` deprecated ${since} ${by}`]),
    ...history.map(([version, change]) => ` change ${version} ${change}`),
  ]
}

function* withSubcommands(reply) {
  for (const [name, list] of Object.entries(toObject(reply))) {
    const facts = toObject(list)
    yield [name, facts]
    if (facts.subcommands !== undefined) yield* withSubcommands(facts.subcommands)
  }
}

const summaries = readFileSync(path.join(COMMANDS, 'summaries.ts'), 'utf8')
const ours = new Set([...summaries.matchAll(/^ {2}'?([\w|-]+)'?: /gm)].map(([, name]) => name))
const [host, port] = (process.argv[2] ?? '127.0.0.1:6379').split(':')
const redis = new Redis(Number(port), host)
const docs = []
for (const [name, facts] of withSubcommands(await redis.call('COMMAND', 'DOCS'))) {
  if (ours.has(name)) docs.push(linesOf(name, facts))
}
redis.disconnect()
// Of a command of which nothing is told nothing is kept.
const lines = docs
  .filter((each) => each.length > 1 || each[0].includes(' '))
  .sort(([one], [other]) => (one < other ? -1 : 1))
  .flat()
const text = `/** Recorded by scripts/record-command-docs.js: COMMAND DOCS of Redis 7.0, in the notation that command-doc.ts reads. */
export const RECORDED_DOCS: readonly string[] = ${JSON.stringify(lines, null, 2)}
`
writeFileSync(path.join(COMMANDS, 'recorded-docs.ts'), text)
