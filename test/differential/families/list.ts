/** Lists. Blocking commands find something, or wait for no time at all. */
import {says, type Draw, type Production} from '../words.js'

const end = (w: Draw): string => w.pick(['LEFT', 'RIGHT', 'left', 'MIDDLE'])
const soon = (w: Draw): string => w.pick(['0.01', '0.001', '-1', 'x', '1e400'])

export const lists: readonly Production[] = [
  says(
    (w) => [w.pick(['LPUSH', 'RPUSH', 'LPUSHX', 'RPUSHX']), w.key(), ...w.several(1, 4, () => w.value())],
    'exact',
    12,
  ),
  says((w) => [w.pick(['LPOP', 'RPOP']), w.key(), ...w.maybe(0.4, () => w.count())], 'exact', 6),
  says((w) => ['LLEN', w.key()]),
  says((w) => ['LRANGE', w.key(), w.index(), w.index()], 'exact', 8),
  says((w) => ['LINDEX', w.key(), w.index()]),
  says((w) => ['LSET', w.key(), w.index(), w.value()], 'exact', 3),
  says((w) => ['LINSERT', w.key(), w.pick(['BEFORE', 'after', 'NEXT']), w.value(), w.value()], 'exact', 3),
  says((w) => ['LREM', w.key(), w.index(), w.value()], 'exact', 3),
  says((w) => ['LTRIM', w.key(), w.index(), w.index()]),
  says((w) => ['RPOPLPUSH', w.key(), w.key()]),
  says((w) => ['LMOVE', w.key(), w.key(), end(w), end(w)]),
  says((w) => [
    'LPOS',
    w.key(),
    w.value(),
    ...w.maybe(0.4, () => ['RANK', w.index()]),
    ...w.maybe(0.4, () => ['COUNT', w.count()]),
    ...w.maybe(0.3, () => ['MAXLEN', w.count()]),
  ]),
  says((w) => ['LMPOP', w.count(), ...w.keys(1, 3), end(w), ...w.maybe(0.4, () => ['COUNT', w.count()])], 'exact', 3),
  says((w) => [w.pick(['BLPOP', 'BRPOP']), ...w.keys(1, 2), soon(w)], 'exact', 1),
  says((w) => ['BLMPOP', soon(w), '1', w.key(), end(w)], 'exact', 1),
  says((w) => [
    'SORT',
    w.key(),
    ...w.maybe(0.5, () => 'ALPHA'),
    ...w.maybe(0.4, () => w.pick(['DESC', 'asc'])),
    ...w.maybe(0.3, () => ['LIMIT', w.index(), w.index()]),
  ]),
  says((w) => ['SORT', w.key(), 'ALPHA', 'STORE', w.key()]),
  says((w) => ['SORT_RO', w.key(), 'ALPHA']),
  says((w) => ['OBJECT', 'ENCODING', w.key()]),
  says((w) => ['DUMP', w.key()], 'exact', 1),
]
