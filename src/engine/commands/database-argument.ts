/** The number of a database as an argument. */
import {type Database} from '../keyspace/database.js'
import {parseInteger, parseSafeInteger} from '../resp/numbers.js'
import {type Call} from '../server/call.js'
import {NOT_AN_INTEGER} from './arguments.js'

const INT_MAX = 2_147_483_647
const INT_MIN = -2_147_483_648
const NOT_AN_INT = `ERR value is out of range, value must between ${INT_MIN} and ${INT_MAX}`

/** What Redis takes for a C int; undefined for anything else. */
export function parseDatabaseIndex(call: Call, at: number): number | undefined {
  const index = parseSafeInteger(call.argv[at]!)
  return index === undefined || index > INT_MAX || index < INT_MIN ? undefined : index
}

/** The database whose number stands at `at`; the error was sent when there is none. */
export function databaseOrReply(call: Call, at: number): Database | undefined {
  const index = parseDatabaseIndex(call, at)
  if (index === undefined) {
    const isInteger = parseInteger(call.argv[at]!) !== undefined
    call.reply.error(isInteger ? NOT_AN_INT : NOT_AN_INTEGER)
    return undefined
  }
  const database = call.server.databases[index]
  if (database === undefined) call.reply.error('ERR DB index is out of range')
  return database
}
