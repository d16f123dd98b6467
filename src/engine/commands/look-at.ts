/** Looking at a key without using it. */
import {type Bytes} from '../ports.js'
import {type Call} from '../server/call.js'
import {type Value} from '../values/value.js'

/** As `lookup`, hits and misses counted, but the key's idle time goes on. What it gives must not be changed. */
export function lookAt(call: Call, key: Bytes): Value | undefined {
  const value = call.db.look(key)
  if (value === undefined) {
    call.server.stats.keyspaceMisses++
    call.server.notify('m', 'keymiss', key, call.db.index)
  } else {
    call.server.stats.keyspaceHits++
  }
  return value
}
