/** What it means that the engine knows a command by name only. */
import {type Call, type CommandSpec} from '../server/call.js'

/** The one wording for a command that we do not have. */
export function unsupportedError({fullName}: CommandSpec): string {
  return `ERR ${fullName.replace('|', ' ').toUpperCase()} is not supported by the tscluster engine`
}

export function unsupported({reply, spec}: Call): void {
  reply.error(unsupportedError(spec))
}

/** Such commands are answered, but COMMAND does not list them; a container is one when all of its subcommands are. */
export function isUnsupported(spec: CommandSpec): boolean {
  if (spec.handler === unsupported) return true
  if (spec.subcommands === undefined) return false
  for (const each of spec.subcommands.values()) if (!isUnsupported(each)) return false
  return true
}
