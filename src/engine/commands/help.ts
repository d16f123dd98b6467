/** The HELP subcommand of a container command, in Redis' form. */
import {type Call} from '../server/call.js'

/** The head line, the given lines, and HELP's own two. Source: Redis' addReplyHelp. */
export function sendHelp({reply}: Call, command: string, lines: readonly string[]): void {
  reply.array(lines.length + 3)
  reply.status(`${command} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:`)
  for (const line of lines) reply.status(line)
  reply.status('HELP')
  reply.status('    Prints this help.')
}
