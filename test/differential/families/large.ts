/** Values that outgrow their small encodings, and the encodings that they then have. */
import {says, type Draw, type Production, type Words} from '../words.js'

const ENCODED = ['string', 'list', 'hash', 'set', 'zset'] as const
const keyOf = (w: Draw, type: (typeof ENCODED)[number]): string => `{t}${type}${w.number(4)}`
const anyKey = (w: Draw): string => keyOf(w, w.pick(ENCODED))
/** Around 8,192 bytes, where a list begins its next node. */
const nodeFiller = (w: Draw): string => 'z'.repeat(w.pick([4000, 8180, 8192, 9000]))
/** Far enough for a long string, or too far for any. */
const FAR_BITS = ['8000', '65535', '800000', '4294967296']
const FAR_BYTES = ['1000', '65536', '100000', '536870912']

function grow(w: Draw): Words {
  return w.pick([
    () => ['HSET', keyOf(w, 'hash'), ...w.manyMembers().flatMap((field) => [field, 'v'])],
    () => ['SADD', keyOf(w, 'set'), ...w.manyNumbers()],
    () => ['SADD', keyOf(w, 'set'), ...w.manyMembers()],
    () => ['ZADD', keyOf(w, 'zset'), ...w.manyMembers().flatMap((member) => [String(w.number(50)), member])],
    () => ['RPUSH', keyOf(w, 'list'), ...w.manyMembers()],
    () => ['LPUSH', keyOf(w, 'list'), nodeFiller(w), 'a', nodeFiller(w)],
  ])()
}

function put(w: Draw): Words {
  return w.pick([
    () => ['HSET', keyOf(w, 'hash'), w.member(), w.longValue()],
    () => ['HSET', keyOf(w, 'hash'), w.longValue(), w.value()],
    () => ['SADD', keyOf(w, 'set'), String(w.number(700))],
    () => ['SADD', keyOf(w, 'set'), w.longValue()],
    () => ['ZADD', keyOf(w, 'zset'), w.float(), w.longValue()],
    () => ['ZADD', keyOf(w, 'zset'), w.float(), w.member()],
    () => [w.pick(['LPUSH', 'RPUSH']), keyOf(w, 'list'), w.value(), w.longValue()],
    () => [w.pick(['SET', 'APPEND']), keyOf(w, 'string'), w.chance(0.5) ? w.longValue() : w.value()],
  ])()
}

function shrink(w: Draw): Words {
  return w.pick([
    () => ['HDEL', keyOf(w, 'hash'), ...w.manyMembers()],
    () => ['SREM', keyOf(w, 'set'), ...w.manyNumbers()],
    () => ['SREM', keyOf(w, 'set'), ...w.manyMembers()],
    () => ['ZREMRANGEBYRANK', keyOf(w, 'zset'), '5', '-1'],
    () => ['LTRIM', keyOf(w, 'list'), w.index(), w.index()],
    () => [w.pick(['LPOP', 'RPOP']), keyOf(w, 'list'), '100'],
    () => ['DEL', anyKey(w)],
  ])()
}

function derive(w: Draw): Words {
  const from = w.pick(ENCODED)
  return w.pick([
    () => ['COPY', keyOf(w, from), keyOf(w, from), 'REPLACE'],
    () => ['RENAME', keyOf(w, from), keyOf(w, from)],
    () => [w.pick(['SUNIONSTORE', 'SINTERSTORE', 'SDIFFSTORE']), keyOf(w, 'set'), keyOf(w, 'set'), keyOf(w, 'set')],
    () => [w.pick(['ZUNIONSTORE', 'ZINTERSTORE']), keyOf(w, 'zset'), '2', keyOf(w, 'zset'), keyOf(w, 'zset')],
    () => ['ZRANGESTORE', keyOf(w, 'zset'), keyOf(w, 'zset'), w.index(), w.pick(['-1', '100', '200'])],
    () => ['SORT', keyOf(w, w.pick(['list', 'set'])), 'ALPHA', 'STORE', keyOf(w, 'list')],
    () => ['LMOVE', keyOf(w, 'list'), keyOf(w, 'list'), 'LEFT', 'RIGHT'],
    () => ['SMOVE', keyOf(w, 'set'), keyOf(w, 'set'), String(w.number(300))],
  ])()
}

export const large: readonly Production[] = [
  says(grow, 'exact', 3),
  says(put, 'exact', 6),
  says(shrink, 'exact', 6),
  says(derive, 'exact', 4),
  says((w) => ['OBJECT', w.pick(['ENCODING', 'encoding']), anyKey(w)], 'exact', 12),
  says((w) => [w.pick(['HLEN', 'SCARD', 'ZCARD', 'LLEN', 'STRLEN', 'TYPE']), anyKey(w)], 'exact', 4),
  says((w) => ['SMEMBERS', keyOf(w, 'set')], 'unordered', 1),
  says((w) => ['HGETALL', keyOf(w, 'hash')], 'pairs', 1),
  says((w) => ['ZRANGE', keyOf(w, 'zset'), w.index(), w.index(), 'WITHSCORES'], 'exact', 2),
  says((w) => ['LRANGE', keyOf(w, 'list'), w.index(), w.index()], 'exact', 2),
  says((w) => ['DUMP', keyOf(w, w.pick(['string', 'list']))], 'exact', 1),
  says((w) => ['SETRANGE', keyOf(w, 'string'), w.pick(FAR_BYTES), w.pick(['x', ''])], 'exact', 1),
  says((w) => ['SETBIT', keyOf(w, 'string'), w.pick(FAR_BITS), w.pick(['0', '1'])], 'exact', 1),
  says((w) => ['BITCOUNT', keyOf(w, 'string')], 'exact', 1),
]
