/** What a server tells of its files. */
import {command, type RespTarget} from '../../support/resp.js'

/** INFO persistence, field by field. */
export async function persistenceOf(target: RespTarget): Promise<Readonly<Record<string, string>>> {
  const text = String(await command(target, 'INFO', 'persistence'))
  const lines = text.split('\r\n').filter((line) => line.includes(':'))
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]))
}
