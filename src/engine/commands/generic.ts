/** The generic commands: keys whatever they hold. One family out of several files. */
import {type Bytes} from '../ports.js'
import {type Database} from '../keyspace/database.js'
import {type Call, type CommandFamily} from '../server/call.js'
import {typeName, type Value} from '../values/value.js'
import {lookup, NO_SUCH_KEY, SYNTAX_ERROR} from './arguments.js'
import {copyValue} from './copy-value.js'
import {databaseOrReply} from './database-argument.js'
import {expiryHandlers} from './expiry.js'
import {lookAt} from './look-at.js'
import {objectHandlers} from './object.js'
import {scanHandlers} from './scan.js'
import {sortHandlers} from './sort.js'
import {genericFacts} from './specs/generic.js'

const SAME_OBJECT = 'ERR source and destination objects are the same'

/** DEL and UNLINK: memory is the garbage collector's business, so nothing is left for later in either. */
function del(call: Call): void {
  const {argv, db} = call
  let deleted = 0
  for (let at = 1; at < argv.length; at++) {
    const key = argv[at]!
    if (db.expireIfDue(key) || !db.delete(key)) continue
    call.changed('g', 'del', key)
    deleted++
  }
  call.reply.integer(deleted)
}

function exists(call: Call): void {
  let count = 0
  for (let at = 1; at < call.argv.length; at++) if (lookAt(call, call.argv[at]!) !== undefined) count++
  call.reply.integer(count)
}

function touch(call: Call): void {
  let count = 0
  for (let at = 1; at < call.argv.length; at++) if (lookup(call, call.argv[at]!) !== undefined) count++
  call.reply.integer(count)
}

function type(call: Call): void {
  const value = lookAt(call, call.argv[1]!)
  call.reply.status(value === undefined ? 'none' : typeName(value))
}

/** Expired keys are passed over; the last one that is left may be one on a replica, which cannot delete it. */
const MOST_TRIES = 100

function randomkey({server, db, reply}: Call): void {
  for (let tries = 0; ; tries++) {
    const key = db.randomKey(server.rng)
    if (key === undefined) return reply.null()
    if (db.expireIfDue(key) && tries < MOST_TRIES) continue
    return reply.bulk(key)
  }
}

function rename(call: Call): void {
  if (!renameOrReply(call, false)) return
  call.reply.ok()
}

function renamenx(call: Call): void {
  if (renameOrReply(call, true)) call.reply.integer(1)
}

/** @returns false when the reply was sent */
function renameOrReply(call: Call, onlyNew: boolean): boolean {
  const {argv, db, reply, server} = call
  const [, from, to] = argv as [Bytes, Bytes, Bytes]
  const value = db.get(from)
  if (value === undefined) {
    reply.error(NO_SUCH_KEY)
    return false
  }
  const isThere = db.get(to) !== undefined
  if (onlyNew && isThere) {
    reply.integer(0)
    return false
  }
  if (from === to) return true
  const expireAtMs = db.expiryOf(from)
  if (isThere) db.delete(to)
  db.delete(from)
  put(call, db, to, value, expireAtMs)
  db.modified(from)
  db.modified(to)
  server.notify('g', 'rename_from', from, db.index)
  server.notify('g', 'rename_to', to, db.index)
  server.dirty++
  return true
}

/** Stores a value that came from another key, with its expiry; whoever waits for such a key is served. */
function put(call: Call, db: Database, key: Bytes, value: Value, expireAtMs: number | undefined): void {
  db.set(key, value)
  if (expireAtMs !== undefined) db.setExpiry(key, expireAtMs)
  if (typeof value !== 'string') call.server.blocking.signal(db, key)
}

function move(call: Call): void {
  const {argv, db, reply, server} = call
  if (server.clusterEnabled) return reply.error('ERR MOVE is not allowed in cluster mode')
  const key = argv[1]!
  const target = databaseOrReply(call, 2)
  if (target === undefined) return
  if (target === db) return reply.error(SAME_OBJECT)
  const value = db.get(key)
  if (value === undefined || target.get(key) !== undefined) return reply.integer(0)
  const expireAtMs = db.expiryOf(key)
  db.delete(key)
  put(call, target, key, value, expireAtMs)
  db.modified(key)
  target.modified(key)
  server.notify('g', 'move_from', key, db.index)
  server.notify('g', 'move_to', key, target.index)
  server.dirty++
  reply.integer(1)
}

interface CopyOptions {
  target: Database
  replaces: boolean
}

function copyOptionsOrReply(call: Call): CopyOptions | undefined {
  const {argv, reply} = call
  const options: CopyOptions = {target: call.db, replaces: false}
  for (let at = 3; at < argv.length; at++) {
    const word = argv[at]!.toLowerCase()
    if (word === 'replace') options.replaces = true
    else if (word === 'db' && at + 1 < argv.length) {
      const target = databaseOrReply(call, ++at)
      if (target === undefined) return undefined
      options.target = target
    } else {
      reply.error(SYNTAX_ERROR)
      return undefined
    }
  }
  return options
}

function copy(call: Call): void {
  const {argv, db, reply, server} = call
  const options = copyOptionsOrReply(call)
  if (options === undefined) return
  const {target, replaces} = options
  const [, from, to] = argv as [Bytes, Bytes, Bytes]
  if (target === db && from === to) return reply.error(SAME_OBJECT)
  const value = lookup(call, from)
  if (value === undefined) return reply.integer(0)
  const isThere = target.get(to) !== undefined
  if (isThere && !replaces) return reply.integer(0)
  const expireAtMs = db.expiryOf(from)
  if (isThere) target.delete(to)
  put(call, target, to, copyValue(value, server.encodingLimits), expireAtMs)
  target.modified(to)
  server.notify('g', 'copy_to', to, target.index)
  server.dirty++
  reply.integer(1)
}

export const genericFamily: CommandFamily = {
  group: 'generic',
  facts: genericFacts,
  handlers: {
    ...expiryHandlers,
    ...objectHandlers,
    ...scanHandlers,
    ...sortHandlers,
    copy,
    del,
    exists,
    move,
    randomkey,
    rename,
    renamenx,
    touch,
    type,
    unlink: del,
  },
}
