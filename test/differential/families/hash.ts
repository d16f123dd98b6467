/** Hashes. */
import {says, type Production} from '../words.js'

export const hashes: readonly Production[] = [
  says((w) => [w.pick(['HSET', 'HMSET']), w.key(), ...w.several(1, 4, () => [w.member(), w.value()])], 'exact', 12),
  says((w) => ['HSETNX', w.key(), w.member(), w.value()]),
  says((w) => ['HGET', w.key(), w.member()], 'exact', 4),
  says((w) => ['HMGET', w.key(), ...w.several(1, 4, () => w.member())]),
  says((w) => ['HGETALL', w.key()], 'pairs', 4),
  says((w) => [w.pick(['HKEYS', 'HVALS']), w.key()], 'unordered'),
  says((w) => ['HLEN', w.key()]),
  says((w) => ['HSTRLEN', w.key(), w.member()]),
  says((w) => ['HEXISTS', w.key(), w.member()]),
  says((w) => ['HDEL', w.key(), ...w.several(1, 3, () => w.member())], 'exact', 4),
  says((w) => ['HINCRBY', w.key(), w.member(), w.integer()], 'exact', 3),
  says((w) => ['HINCRBYFLOAT', w.key(), w.member(), w.float()], 'exact', 3),
  says(
    (w) => ['HRANDFIELD', w.key(), ...w.maybe(0.7, () => [w.drawCount(), ...w.maybe(0.4, () => 'WITHVALUES')])],
    'shape',
  ),
  says((w) => ['HSCAN', w.key(), '0', 'COUNT', '1000', ...w.maybe(0.3, () => ['MATCH', 'm*'])], 'unordered'),
  says((w) => ['OBJECT', 'ENCODING', w.key()]),
  says((w) => ['DUMP', w.key()], 'shape', 1),
]
