/** Storing strings: SET and its elders, MSET, GETSET, GETEX. */
import {type Bytes} from '../ports.js'
import {type Call, type Handlers} from '../server/call.js'
import {readString, SYNTAX_ERROR} from './arguments.js'
import {expiryOrReply, formatMs, isPast, type TimeUnit} from './expiry-arguments.js'
import {replyString} from './string-reply.js'

const NX = 1
const XX = 2
const GET = 4
const KEEPTTL = 8
const PERSIST = 16
const EX = 32
const PX = 64
const EXAT = 128
const PXAT = 256
const TIMED = EX | PX | EXAT | PXAT

interface OptionRule {
  readonly flag: number
  /** Options that it cannot stand beside. */
  readonly refuses: number
}

const TIMES: readonly (readonly [string, OptionRule])[] = [
  ['ex', {flag: EX, refuses: KEEPTTL | PERSIST | (TIMED & ~EX)}],
  ['px', {flag: PX, refuses: KEEPTTL | PERSIST | (TIMED & ~PX)}],
  ['exat', {flag: EXAT, refuses: KEEPTTL | PERSIST | (TIMED & ~EXAT)}],
  ['pxat', {flag: PXAT, refuses: KEEPTTL | PERSIST | (TIMED & ~PXAT)}],
]
const SET_OPTIONS: ReadonlyMap<string, OptionRule> = new Map([
  ...TIMES,
  ['nx', {flag: NX, refuses: XX}],
  ['xx', {flag: XX, refuses: NX}],
  ['get', {flag: GET, refuses: 0}],
  ['keepttl', {flag: KEEPTTL, refuses: TIMED}],
])
const GETEX_OPTIONS: ReadonlyMap<string, OptionRule> = new Map([...TIMES, ['persist', {flag: PERSIST, refuses: TIMED}]])

interface Options {
  flags: number
  /** Where the time stands, when one of the flags has one. */
  timeAt: number
}

function parseOptions(call: Call, from: number, rules: ReadonlyMap<string, OptionRule>): Options | undefined {
  const {argv} = call
  const options: Options = {flags: 0, timeAt: 0}
  for (let at = from; at < argv.length; at++) {
    const rule = rules.get(argv[at]!.toLowerCase())
    const isTimed = rule !== undefined && (rule.flag & TIMED) !== 0
    if (rule === undefined || (options.flags & rule.refuses) !== 0 || (isTimed && at + 1 >= argv.length)) {
      call.reply.error(SYNTAX_ERROR)
      return undefined
    }
    options.flags |= rule.flag
    if (isTimed) options.timeAt = ++at
  }
  return options
}

/** Unix ms at which the key is to expire; 0 when the options name no time. */
function optionTimeOrReply(call: Call, {flags, timeAt}: Options): number | undefined {
  if ((flags & TIMED) === 0) return 0
  const unit: TimeUnit = (flags & (EX | EXAT)) !== 0 ? 's' : 'ms'
  return expiryOrReply(call, timeAt, unit, (flags & (EX | PX)) !== 0 ? call.nowMs : 0, true)
}

function set(call: Call): void {
  const {argv, db, reply} = call
  if (argv.length > 3) return setWithOptions(call)
  const key = argv[1]!
  db.set(key, argv[2]!)
  call.changed('$', 'set', key)
  reply.ok()
}

function setWithOptions(call: Call): void {
  const options = parseOptions(call, 3, SET_OPTIONS)
  if (options === undefined) return
  const expireAtMs = optionTimeOrReply(call, options)
  if (expireAtMs === undefined) return
  const {argv, db, reply} = call
  const {flags} = options
  const key = argv[1]!
  if ((flags & GET) !== 0 && !replyOld(call, key)) return
  const exists = db.get(key) !== undefined
  if (exists ? (flags & NX) !== 0 : (flags & XX) !== 0) {
    if ((flags & GET) === 0) reply.null()
    return
  }
  store(call, key, argv[2]!, expireAtMs, (flags & KEEPTTL) !== 0)
  if ((flags & GET) === 0) reply.ok()
  else if (expireAtMs === 0) call.propagateAs(...argv.filter((word, at) => at < 3 || word.toLowerCase() !== 'get'))
}

/** The value there was, or null, as the reply; false when it is no string. */
function replyOld(call: Call, key: Bytes): boolean {
  const old = readString(call, key)
  if (old === null) return false
  if (old === undefined) call.reply.null()
  else replyString(call, old)
  return true
}

/** With a time the stream gets an absolute one, so that a replica that is late expires the key no later. */
function store(call: Call, key: Bytes, value: Bytes, expireAtMs: number, keepsExpiry: boolean): void {
  const {db} = call
  if (keepsExpiry) db.setKeepingExpiry(key, value)
  else db.set(key, value)
  call.changed('$', 'set', key)
  if (expireAtMs === 0) return
  db.setExpiry(key, expireAtMs)
  call.server.notify('g', 'expire', key, db.index)
  call.propagateAs('SET', key, value, 'PXAT', formatMs(expireAtMs))
}

function setnx(call: Call): void {
  const {argv, db, reply} = call
  const key = argv[1]!
  if (db.get(key) !== undefined) return reply.integer(0)
  store(call, key, argv[2]!, 0, false)
  reply.integer(1)
}

function setWithTime(call: Call, unit: TimeUnit): void {
  const {argv, reply} = call
  const expireAtMs = expiryOrReply(call, 2, unit, call.nowMs, true)
  if (expireAtMs === undefined) return
  store(call, argv[1]!, argv[3]!, expireAtMs, false)
  reply.ok()
}

function getset(call: Call): void {
  const {argv} = call
  const key = argv[1]!
  if (!replyOld(call, key)) return
  store(call, key, argv[2]!, 0, false)
  call.propagateAs('SET', key, argv[2]!)
}

function getdel(call: Call): void {
  const {argv, db} = call
  const key = argv[1]!
  if (!replyOld(call, key) || !db.delete(key)) return
  call.propagateAs('DEL', key)
  call.changed('g', 'del', key)
}

function getex(call: Call): void {
  const options = parseOptions(call, 2, GETEX_OPTIONS)
  if (options === undefined) return
  const {argv, db, reply} = call
  const key = argv[1]!
  const value = readString(call, key)
  if (value === null) return
  if (value === undefined) return reply.null()
  const expireAtMs = optionTimeOrReply(call, options)
  if (expireAtMs === undefined) return
  replyString(call, value)
  if ((options.flags & (EXAT | PXAT)) !== 0 && isPast(call, expireAtMs)) {
    db.delete(key)
    call.propagateAs('DEL', key)
    call.changed('g', 'del', key)
  } else if (expireAtMs !== 0) {
    db.setExpiry(key, expireAtMs)
    call.propagateAs('PEXPIREAT', key, formatMs(expireAtMs))
    call.changed('g', 'expire', key)
  } else if ((options.flags & PERSIST) !== 0 && db.removeExpiry(key)) {
    call.propagateAs('PERSIST', key)
    call.changed('g', 'persist', key)
  }
}

/** Whether every key has its value. */
function hasPairs(call: Call): boolean {
  if (call.argv.length % 2 === 1) return true
  call.reply.error(`ERR wrong number of arguments for '${call.spec.fullName}' command`)
  return false
}

function storePairs({argv, db, server}: Call): void {
  for (let at = 1; at < argv.length; at += 2) {
    const key = argv[at]!
    db.set(key, argv[at + 1]!)
    db.modified(key)
    server.notify('$', 'set', key, db.index)
  }
  server.dirty += (argv.length - 1) / 2
}

function mset(call: Call): void {
  if (!hasPairs(call)) return
  storePairs(call)
  call.reply.ok()
}

function msetnx(call: Call): void {
  if (!hasPairs(call)) return
  const {argv, db, reply} = call
  for (let at = 1; at < argv.length; at += 2) if (db.get(argv[at]!) !== undefined) return reply.integer(0)
  storePairs(call)
  reply.integer(1)
}

export const stringSetHandlers: Handlers = {
  set,
  setnx,
  setex: (call) => setWithTime(call, 's'),
  psetex: (call) => setWithTime(call, 'ms'),
  getset,
  getdel,
  getex,
  mset,
  msetnx,
}
