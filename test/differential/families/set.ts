/** Sets. What is taken by chance is taken from both alike only when all of it is. */
import {says, type Draw, type Production} from '../words.js'

const member = (w: Draw): string => (w.chance(0.5) ? String(w.number(20) - 5) : w.member())

export const sets: readonly Production[] = [
  says((w) => ['SADD', w.key(), ...w.several(1, 5, () => member(w))], 'exact', 12),
  says((w) => ['SREM', w.key(), ...w.several(1, 3, () => member(w))], 'exact', 4),
  says((w) => ['SMEMBERS', w.key()], 'unordered', 4),
  says((w) => ['SISMEMBER', w.key(), member(w)]),
  says((w) => ['SMISMEMBER', w.key(), ...w.several(1, 3, () => member(w))]),
  says((w) => ['SCARD', w.key()]),
  says((w) => ['SMOVE', w.key(), w.key(), member(w)]),
  says((w) => [w.pick(['SINTER', 'SUNION', 'SDIFF']), ...w.keys(1, 3)], 'unordered', 5),
  says((w) => [w.pick(['SINTERSTORE', 'SUNIONSTORE', 'SDIFFSTORE']), w.key(), ...w.keys(1, 3)], 'exact', 4),
  says((w) => ['SINTERCARD', w.count(), ...w.keys(1, 3), ...w.maybe(0.4, () => ['LIMIT', w.count()])]),
  says((w) => ['SRANDMEMBER', w.key(), ...w.maybe(0.6, () => w.drawCount())], 'shape'),
  says((w) => ['SPOP', w.key(), '1000', ...w.maybe(0.05, () => 'more')], 'unordered'),
  says((w) => ['SPOP', w.key(), w.pick(['0', '-1', 'x'])]),
  says((w) => ['SSCAN', w.key(), '0', 'COUNT', '1000', ...w.maybe(0.3, () => ['MATCH', '*1*'])], 'unordered'),
  says((w) => [
    'SORT',
    w.key(),
    'ALPHA',
    ...w.maybe(0.4, () => w.pick(['DESC', 'asc'])),
    ...w.maybe(0.3, () => ['LIMIT', w.index(), w.index()]),
  ]),
  says((w) => ['OBJECT', 'ENCODING', w.key()]),
]
