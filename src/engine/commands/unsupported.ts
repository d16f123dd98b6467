/** Commands of Redis 7.0 that this engine knows by name only: streams, scripts, functions, ACL rules, modules. */
import {type CommandFamily, type Handlers} from '../server/call.js'
import {type CommandFacts} from '../server/spec.js'
import {aclHandlers} from './acl.js'
import {unsupported} from './known-only.js'
import {moduleHandlers} from './module.js'
import {scriptingHandlers} from './scripting.js'
import {scriptingFacts} from './specs/scripting.js'
import {serverFacts} from './specs/server.js'
import {streamFacts} from './specs/stream.js'

/** Every command and subcommand of `facts` that `supported` has no handler for. */
function fillIn(facts: readonly CommandFacts[], supported: Handlers): Handlers {
  const handlers: Record<string, Handlers[string]> = {...supported}
  for (const {name, subcommands} of facts) {
    if (subcommands === undefined) handlers[name] ??= unsupported
    for (const each of subcommands ?? []) handlers[`${name}|${each.name}`] ??= unsupported
  }
  return handlers
}

const securityFacts = serverFacts.filter(({name}) => name === 'acl' || name === 'module')

export const streamFamily: CommandFamily = {group: 'stream', facts: streamFacts, handlers: fillIn(streamFacts, {})}

export const scriptingFamily: CommandFamily = {
  group: 'scripting',
  facts: scriptingFacts,
  handlers: fillIn(scriptingFacts, scriptingHandlers),
}

export const securityFamily: CommandFamily = {
  group: 'server',
  facts: securityFacts,
  handlers: fillIn(securityFacts, {...aclHandlers, ...moduleHandlers}),
}
