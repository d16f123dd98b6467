/** Keys of any type, transactions, and what is said of and by the connection. */
import {says, type Draw, type Production} from '../words.js'

const TYPED = ['string', 'list', 'hash', 'set', 'zset']
const anyKey = (w: Draw): string => (w.chance(0.1) ? w.key() : `{t}${w.pick(TYPED)}${w.number(6)}`)
const far = (w: Draw): string => w.pick(['100000', '1000000', '-1', '0', w.oddInteger()])
const condition = (w: Draw): string[] => w.maybe(0.4, () => w.option(w.pick(['NX', 'XX', 'GT', 'LT', 'ZZ'])))

export const generic: readonly Production[] = [
  says((w) => [w.pick(['DEL', 'UNLINK']), anyKey(w), ...w.maybe(0.3, () => anyKey(w))], 'exact', 3),
  says((w) => [w.pick(['EXISTS', 'TOUCH']), anyKey(w), ...w.maybe(0.3, () => anyKey(w))]),
  says((w) => ['TYPE', anyKey(w)]),
  says((w) => ['OBJECT', w.pick(['ENCODING', 'encoding', 'NOPE']), anyKey(w)]),
  says((w) => ['OBJECT', 'REFCOUNT', anyKey(w)], 'shape', 1),
  says((w) => [w.pick(['RENAME', 'RENAMENX']), anyKey(w), anyKey(w)], 'exact', 4),
  says(
    (w) => ['COPY', anyKey(w), anyKey(w), ...w.maybe(0.4, () => 'REPLACE'), ...w.maybe(0.1, () => ['DB', w.count()])],
    'exact',
    4,
  ),
  says((w) => [w.pick(['EXPIRE', 'PEXPIRE']), anyKey(w), far(w), ...condition(w)], 'exact', 4),
  says(
    (w) => ['EXPIREAT', anyKey(w), w.pick(['9999999999', '8888888888', '1', w.oddInteger()]), ...condition(w)],
    'exact',
    3,
  ),
  says((w) => [
    'PEXPIREAT',
    anyKey(w),
    w.pick(['9999999999999', '8888888888888', '1', w.oddInteger()]),
    ...condition(w),
  ]),
  says((w) => [w.pick(['EXPIRETIME', 'PEXPIRETIME']), anyKey(w)], 'shape'),
  says((w) => ['TTL', anyKey(w)], 'shape'),
  says((w) => ['PERSIST', anyKey(w)]),
  says(
    (w) => ['KEYS', w.pick(['*', '{t}l*', '*[0-2]', '*?', '{t}[^s]*', 'nothing', '\\*', '*[', '{t}h[a-b]sh?'])],
    'unordered',
    1,
  ),
  says(() => ['DBSIZE']),
  says(() => ['RANDOMKEY'], 'shape', 1),
  says((w) => ['MOVE', anyKey(w), '1'], 'exact', 1),
  says((w) => ['SWAPDB', '0', w.integer()], 'exact', 1),
  says((w) => ['SELECT', w.pick(['1', '0', '-1', 'x'])], 'exact', 1),
  says(
    (w) => ['SORT', anyKey(w), 'BY', w.pick(['nosort', '{t}string*', 'x']), ...w.maybe(0.3, () => ['GET', '#'])],
    'shape',
    1,
  ),
  says((w) => [
    'RESTORE',
    anyKey(w),
    w.oddInteger(),
    w.pick(['', 'garbage', '\x00\x05hello\x0a\x00crdv\x65\x34\x20\x0a']),
    ...w.maybe(0.3, () => 'REPLACE'),
  ]),
  says((w) => ['CLUSTER', 'KEYSLOT', anyKey(w)], 'exact', 1),
  says((w) => ['CLUSTER', 'COUNTKEYSINSLOT', w.pick(['15891', '0', '16384', '-1', 'x'])], 'exact', 1),
  says((w) => ['ECHO', w.value()], 'exact', 1),
  says((w) => ['PING', ...w.maybe(0.5, () => w.value())], 'exact', 1),
  says((w) => [w.value() || 'x', w.value()], 'exact', 1),
  says(
    (w) => [
      w.pick(['CLIENT', 'CONFIG', 'OBJECT', 'COMMAND', 'MEMORY', 'LATENCY', 'SLOWLOG', 'PUBSUB', 'CLUSTER']),
      'nonsense',
    ],
    'exact',
    1,
  ),
  says(
    (w) => [
      'COMMAND',
      'GETKEYS',
      ...w.pick([
        ['GET', 'a'],
        ['MSET', 'a', '1', 'b', '2'],
        ['ZUNION', '2', 'a', 'b'],
        ['PING'],
        ['NOPE'],
        ['SORT', 'a', 'STORE', 'b'],
      ]),
    ],
    'exact',
    1,
  ),
  says((w) => ['FLUSHALL', ...w.maybe(0.3, () => w.pick(['SYNC', 'ASYNC', 'NOW']))], 'exact', 1),
]

/** Transactions are whole sentences: what is between MULTI and EXEC comes from other families. */
export const transactions: readonly Production[] = [
  says(() => ['MULTI'], 'exact', 3),
  says(() => ['EXEC'], 'exact', 3),
  says(() => ['DISCARD'], 'exact', 1),
  says((w) => ['WATCH', ...w.keys(1, 2)], 'exact', 2),
  says(() => ['UNWATCH'], 'exact', 1),
  says((w) => ['SET', w.key(), w.value()], 'exact', 4),
  says((w) => ['GET', w.key()], 'exact', 4),
  says((w) => ['LPUSH', w.key(), w.value()], 'exact', 2),
  says((w) => ['INCR', w.key()], 'exact', 2),
  says(() => ['GET'], 'exact', 1),
]
