/** OBJECT: how a value is held. */
import {type Call, type Handlers} from '../server/call.js'
import {isCanonicalInteger} from '../values/integer.js'
import {encodingName, type Value} from '../values/value.js'
import {sendHelp} from './help.js'

/** Redis holds the integers below once for all keys, and shows them with this count. */
const SHARED_INTEGERS = 10_000
const SHARED_COUNT = 2_147_483_647

const HELP = [
  'ENCODING <key>',
  '    Return the kind of internal representation used in order to store the value',
  '    associated with a <key>.',
  'FREQ <key>',
  '    Return the access frequency index of the <key>. The returned integer is',
  '    proportional to the logarithm of the recent access frequency of the key.',
  'IDLETIME <key>',
  '    Return the idle time of the <key>, that is the approximated number of',
  '    seconds elapsed since the last access to the key.',
  'REFCOUNT <key>',
  '    Return the number of references of the value associated with the specified',
  '    <key>.',
]

const NO_LFU =
  'ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.'

/** The value, which is not used by being looked at; null was replied when there is none. */
function valueOrNull({argv, db, reply, server}: Call): Value | undefined {
  const value = db.look(argv[2]!)
  if (value === undefined) {
    server.stats.keyspaceMisses++
    reply.null()
  } else {
    server.stats.keyspaceHits++
  }
  return value
}

function encoding(call: Call): void {
  const value = valueOrNull(call)
  if (value !== undefined) call.reply.bulk(encodingName(value))
}

function refcount(call: Call): void {
  const value = valueOrNull(call)
  if (value === undefined) return
  const isShared = typeof value === 'string' && isCanonicalInteger(value) && isSmall(Number(value))
  call.reply.integer(isShared ? SHARED_COUNT : 1)
}

function isSmall(value: number): boolean {
  return value >= 0 && value < SHARED_INTEGERS
}

/** Known for each slot: the key itself may have been idle for longer. */
function idletime(call: Call): void {
  if (valueOrNull(call) !== undefined) call.reply.integer(call.db.idleSeconds(call.argv[2]!))
}

/** No policy that counts accesses can be selected: see maxmemory-policy. */
function freq(call: Call): void {
  if (valueOrNull(call) !== undefined) call.reply.error(NO_LFU)
}

export const objectHandlers: Handlers = {
  'object|encoding': encoding,
  'object|freq': freq,
  'object|help': (call) => sendHelp(call, 'OBJECT', HELP),
  'object|idletime': idletime,
  'object|refcount': refcount,
}
