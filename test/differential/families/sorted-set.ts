/** Sorted sets and geo. */
import {says, type Draw, type Production, type Words} from '../words.js'

const scoreBound = (w: Draw): string =>
  w.pick([() => w.float(), () => `(${w.float()}`, () => '-inf', () => '+inf', () => String(w.number(10))])()
const lexBound = (w: Draw): string => w.pick(['-', '+', '[a', '(b', '[m3', '(m7', '[', '(', 'm', '[m9'])
const limit = (w: Draw): Words => w.maybe(0.3, () => ['LIMIT', w.index(), w.index()])
const withScores = (w: Draw): Words => w.maybe(0.4, () => w.option('WITHSCORES'))
const score = (w: Draw): string => (w.chance(0.5) ? String(w.number(10)) : w.float())
const side = (w: Draw): string => w.pick(['MIN', 'MAX', 'min', 'MID'])

/** Members of one score only: by name, others have no order. */
const lexKey = (w: Draw): string => `{t}lex${w.number(3)}`

/** The key to read, and how. */
function zrangeOptions(w: Draw): Words {
  const by = w.pick(['', 'BYSCORE', 'BYLEX'])
  const key = by === 'BYLEX' ? lexKey(w) : w.key()
  const bounds =
    by === 'BYLEX'
      ? [lexBound(w), lexBound(w)]
      : by === 'BYSCORE'
        ? [scoreBound(w), scoreBound(w)]
        : [w.index(), w.index()]
  return [key, ...bounds, ...(by === '' ? [] : [by]), ...w.maybe(0.3, () => 'REV'), ...limit(w)]
}

const combination = (w: Draw): Words => {
  const keys = w.keys(1, 3)
  return [
    w.chance(0.05) ? w.integer() : String(keys.length),
    ...keys,
    ...w.maybe(0.3, () => ['WEIGHTS', ...keys.map(() => w.float())]),
    ...w.maybe(0.3, () => ['AGGREGATE', w.pick(['SUM', 'min', 'MAX', 'AVG'])]),
  ]
}

export const sortedSets: readonly Production[] = [
  says(
    (w) => [
      ...['ZADD', w.key()],
      ...w.maybe(0.2, () => w.option(w.pick(['NX', 'XX']))),
      ...w.maybe(0.2, () => w.option(w.pick(['GT', 'LT']))),
      ...w.maybe(0.2, () => w.option('CH')),
      ...w.several(1, 3, () => [score(w), w.member()]),
    ],
    'exact',
    14,
  ),
  says((w) => ['ZADD', lexKey(w), '0', w.member(), '0', w.member()], 'exact', 6),
  says((w) => ['ZADD', w.key(), 'INCR', score(w), w.member()], 'exact', 3),
  says((w) => ['ZINCRBY', w.key(), w.float(), w.member()], 'exact', 4),
  says((w) => ['ZREM', w.key(), ...w.several(1, 3, () => w.member())], 'exact', 4),
  says((w) => ['ZSCORE', w.key(), w.member()]),
  says((w) => ['ZMSCORE', w.key(), ...w.several(1, 3, () => w.member())]),
  says((w) => ['ZCARD', w.key()]),
  says((w) => [w.pick(['ZRANK', 'ZREVRANK']), w.key(), w.member()]),
  says((w) => ['ZCOUNT', w.key(), scoreBound(w), scoreBound(w)]),
  says((w) => ['ZLEXCOUNT', lexKey(w), lexBound(w), lexBound(w)]),
  says((w) => ['ZRANGE', ...zrangeOptions(w), ...withScores(w)], 'exact', 10),
  says((w) => ['ZRANGESTORE', w.key(), ...zrangeOptions(w)], 'exact', 3),
  says((w) => ['ZREVRANGE', w.key(), w.index(), w.index(), ...withScores(w)]),
  says(
    (w) => [
      w.pick(['ZRANGEBYSCORE', 'ZREVRANGEBYSCORE']),
      w.key(),
      scoreBound(w),
      scoreBound(w),
      ...withScores(w),
      ...limit(w),
    ],
    'exact',
    4,
  ),
  says(
    (w) => [w.pick(['ZRANGEBYLEX', 'ZREVRANGEBYLEX']), lexKey(w), lexBound(w), lexBound(w), ...limit(w)],
    'exact',
    3,
  ),
  says((w) => ['ZREMRANGEBYRANK', w.key(), w.index(), w.index()], 'exact', 1),
  says((w) => ['ZREMRANGEBYSCORE', w.key(), scoreBound(w), scoreBound(w)], 'exact', 1),
  says((w) => ['ZREMRANGEBYLEX', lexKey(w), lexBound(w), lexBound(w)], 'exact', 1),
  says((w) => [w.pick(['ZPOPMIN', 'ZPOPMAX']), w.key(), ...w.maybe(0.5, () => w.count())], 'exact', 3),
  says((w) => ['ZMPOP', w.count(), ...w.keys(1, 2), side(w), ...w.maybe(0.4, () => ['COUNT', w.count()])]),
  says((w) => [w.pick(['ZUNION', 'ZINTER']), ...combination(w), ...withScores(w)], 'exact', 4),
  says((w) => ['ZDIFF', '2', w.key(), w.key(), ...withScores(w)]),
  says((w) => [w.pick(['ZUNIONSTORE', 'ZINTERSTORE']), w.key(), ...combination(w)], 'exact', 3),
  says((w) => ['ZDIFFSTORE', w.key(), '2', w.key(), w.key()]),
  says((w) => ['ZINTERCARD', w.count(), ...w.keys(1, 2), ...w.maybe(0.3, () => ['LIMIT', w.count()])]),
  says(
    (w) => ['ZRANDMEMBER', w.key(), ...w.maybe(0.6, () => [w.drawCount(), ...w.maybe(0.4, () => 'WITHSCORES')])],
    'shape',
  ),
  says((w) => ['ZSCAN', w.key(), '0', 'COUNT', '1000'], 'unordered'),
  says((w) => [w.pick(['BZPOPMIN', 'BZPOPMAX']), w.key(), '0.01'], 'exact', 1),
  says((w) => ['OBJECT', 'ENCODING', w.key()]),
  says((w) => ['DUMP', w.key()], 'shape', 1),
]

/** Anywhere but at the edges of the map: there two points fall together, and have no order. */
const place = (w: Draw): Words =>
  w.chance(0.05)
    ? [w.pick(['181', '-180.1', 'abc', 'nan', '', '12']), w.pick(['86', '-85.06', 'x', '12'])]
    : [`${w.number(358) - 179}.${w.number(999)}`, `${w.number(168) - 84}.${w.number(999)}`]
const near = (w: Draw): Words => [`13.${w.number(999)}`, `38.${w.number(999)}`]
const unit = (w: Draw): string => w.pick(['m', 'km', 'ft', 'mi', 'KM', 'yd'])

function geoTail(w: Draw): Words {
  return [
    ...w.maybe(0.4, () => 'WITHCOORD'),
    ...w.maybe(0.4, () => 'WITHDIST'),
    ...w.maybe(0.3, () => 'WITHHASH'),
    ...w.maybe(0.3, () => ['COUNT', w.count()]),
  ]
}

const shape = (w: Draw): Words =>
  w.chance(0.5)
    ? ['BYRADIUS', String(w.number(500)), unit(w)]
    : ['BYBOX', String(w.number(800)), String(w.number(800)), unit(w)]
const centre = (w: Draw): Words => (w.chance(0.5) ? ['FROMMEMBER', w.member()] : ['FROMLONLAT', ...near(w)])
const order = (w: Draw): string => w.pick(['ASC', 'DESC', 'asc'])

export const geo: readonly Production[] = [
  says(
    (w) => [
      'GEOADD',
      w.key(),
      ...w.maybe(0.2, () => w.pick(['NX', 'XX', 'CH'])),
      ...w.several(1, 3, () => [...(w.chance(0.7) ? near(w) : place(w)), w.member()]),
    ],
    'exact',
    10,
  ),
  says((w) => ['GEODIST', w.key(), w.member(), w.member(), ...w.maybe(0.6, () => unit(w))], 'exact', 3),
  says((w) => ['GEOPOS', w.key(), ...w.several(0, 3, () => w.member())]),
  says((w) => ['GEOHASH', w.key(), ...w.several(0, 3, () => w.member())]),
  says((w) => ['GEOSEARCH', w.key(), ...centre(w), ...shape(w), order(w), ...geoTail(w)], 'exact', 8),
  says((w) => ['GEOSEARCHSTORE', w.key(), w.key(), ...centre(w), ...shape(w)], 'exact', 2),
  // Distances are no places: taken for such they would all lie in one corner of the map.
  says((w) => ['GEOSEARCHSTORE', '{t}distances', w.key(), ...centre(w), ...shape(w), 'STOREDIST'], 'exact', 1),
  says(() => ['ZRANGE', '{t}distances', '0', '-1', 'WITHSCORES'], 'near', 1),
  says(
    (w) => [
      w.pick(['GEORADIUS', 'GEORADIUS_RO']),
      w.key(),
      ...near(w),
      String(w.number(300)),
      unit(w),
      order(w),
      ...geoTail(w),
    ],
    'exact',
    3,
  ),
  says(
    (w) => [
      w.pick(['GEORADIUSBYMEMBER', 'GEORADIUSBYMEMBER_RO']),
      w.key(),
      w.member(),
      String(w.number(300)),
      unit(w),
      order(w),
      ...geoTail(w),
    ],
    'exact',
    3,
  ),
  says((w) => ['ZRANGE', w.key(), '0', '-1', 'WITHSCORES'], 'near'),
  says((w) => ['ZREM', w.key(), w.member()], 'exact', 1),
]
