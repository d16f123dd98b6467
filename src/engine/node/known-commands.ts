/** The names of all commands, before `rename-command`. */
import {makeCommandTable} from '../commands/families.js'

let table: ReturnType<typeof makeCommandTable> | undefined

/** Is there a command of this name, whatever its case? Asked when a redis.conf is read. */
export function isKnownCommand(name: string): boolean {
  return (table ??= makeCommandTable()).find(name) !== undefined
}
