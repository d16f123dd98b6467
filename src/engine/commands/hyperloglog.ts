/** PFADD, PFCOUNT, PFMERGE. */
import {type Bytes} from '../ports.js'
import {type Call, type CommandFamily} from '../server/call.js'
import {
  addElement,
  cachedCount,
  createHyperLogLog,
  DEFAULT_SPARSE_MAX_BYTES,
  estimateCount,
  hyperLogLogEncoding,
  invalidateCount,
  isHyperLogLog,
  mergeInto,
  raiseRegisters,
  REGISTERS,
  storeCount,
} from '../values/hyperloglog.js'
import {type MutableString, toMutable} from '../values/string.js'
import {findString, type FoundString, readString} from './arguments.js'
import {type StringValue} from '../values/string.js'
import {hyperloglogFacts} from './specs/hyperloglog.js'

const NOT_A_COUNTER = 'WRONGTYPE Key is not a valid HyperLogLog string value.'
const CORRUPT = 'INVALIDOBJ Corrupted HLL object detected'

/** A counter among the strings; any other string is an error, which was sent. */
function checked(call: Call, value: FoundString): FoundString {
  if (value === undefined || value === null || isHyperLogLog(value)) return value
  call.reply.error(NOT_A_COUNTER)
  return null
}

function sparseMaxBytes({server}: Call): number {
  const text = server.config.text('hll-sparse-max-bytes')
  return text === '' ? DEFAULT_SPARSE_MAX_BYTES : Number(text)
}

/** The counter of a key, made if there is none, ready to be changed in place. */
function openCounter({db}: Call, key: Bytes, found: StringValue | undefined): MutableString {
  const counter = found === undefined ? createHyperLogLog() : toMutable(found)
  if (counter !== found) db.setKeepingExpiry(key, counter)
  return counter
}

function pfadd(call: Call): void {
  const {argv, reply} = call
  const key = argv[1]!
  const found = checked(call, findString(call, key))
  if (found === null) return
  const counter = openCounter(call, key, found)
  const most = sparseMaxBytes(call)
  let changes = found === undefined ? 1 : 0
  for (let at = 2; at < argv.length; at++) {
    const change = addElement(counter, argv[at]!, most)
    if (change === 'corrupt') return reply.error(CORRUPT)
    if (change === 'changed') changes++
  }
  if (changes > 0) {
    invalidateCount(counter)
    call.changed('$', 'pfadd', key, changes)
  }
  reply.integer(changes > 0 ? 1 : 0)
}

function pfcount(call: Call): void {
  const {argv, reply} = call
  if (argv.length > 2) return countUnion(call)
  const key = argv[1]!
  const found = checked(call, readString(call, key))
  if (found === null) return
  if (found === undefined) return reply.integer(0)
  const cached = cachedCount(found)
  if (cached !== undefined) return reply.integer(cached)
  const registers = new Uint8Array(REGISTERS)
  if (!mergeInto(registers, found)) return reply.error(CORRUPT)
  const count = estimateCount(registers)
  // The count is kept inside the string: a change, which replicas and the AOF must have as well.
  storeCount(openCounter(call, key, found), count)
  call.db.modified(key)
  call.server.dirty++
  call.propagateAs(...argv)
  reply.integer(count)
}

function countUnion(call: Call): void {
  const registers = new Uint8Array(REGISTERS)
  for (let at = 1; at < call.argv.length; at++) {
    const found = checked(call, readString(call, call.argv[at]!))
    if (found === null) return
    if (found !== undefined && !mergeInto(registers, found)) return call.reply.error(CORRUPT)
  }
  call.reply.integer(estimateCount(registers))
}

/** The target is a source too. The result is dense as soon as one of them is. */
function pfmerge(call: Call): void {
  const {argv, reply} = call
  const registers = new Uint8Array(REGISTERS)
  let dense = false
  for (let at = 1; at < argv.length; at++) {
    const found = checked(call, readString(call, argv[at]!))
    if (found === null) return
    if (found === undefined) continue
    dense ||= hyperLogLogEncoding(toMutable(found)) === 'dense'
    if (!mergeInto(registers, found)) return reply.error(CORRUPT)
  }
  const target = argv[1]!
  const found = findString(call, target)
  if (found === null) return
  const counter = openCounter(call, target, found)
  if (!raiseRegisters(counter, registers, dense, sparseMaxBytes(call))) return reply.error(CORRUPT)
  invalidateCount(counter)
  call.changed('$', 'pfadd', target)
  reply.ok()
}

export const hyperloglogFamily: CommandFamily = {
  group: 'hyperloglog',
  facts: hyperloglogFacts,
  handlers: {pfadd, pfcount, pfmerge},
}
