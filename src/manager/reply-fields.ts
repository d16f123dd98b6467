/** Maps as RESP2 sends them: keys and values in turn. */
import type {Reply} from './ports.js'

/** Empty for what is no list. */
export function fieldsOf(row: Reply): ReadonlyMap<string, string> {
  const fields = new Map<string, string>()
  if (!Array.isArray(row)) return fields
  for (let index = 0; index + 1 < row.length; index += 2) fields.set(String(row[index]), String(row[index + 1]))
  return fields
}
