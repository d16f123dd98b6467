/** Strings, bitmaps and HyperLogLogs. */
import {says, type Draw, type Production, type Words} from '../words.js'

/** Far away, or long ago: never a time that passes while the two servers run. */
export function expiryOption(w: Draw): Words {
  return w.pick([
    () => [w.option('EX'), w.pick(['100', '1000', '0', '-1', w.oddInteger()])],
    () => [w.option('PX'), w.pick(['100000', '0', '-5', w.oddInteger()])],
    () => [w.option('EXAT'), w.pick(['9999999999', '0', '-1'])],
    () => [w.option('PXAT'), w.pick(['9999999999999', '0', '-1'])],
  ])()
}

/** No larger than a few kilobytes, or refused: an offset of 2^31 would make a string of 256 MB. */
const bitOffset = (w: Draw): string =>
  w.chance(0.1) ? w.pick(['-1', '4294967296', '9223372036854775808', 'abc', '', '01', '60000']) : String(w.number(100))
const bitValue = (w: Draw): string => w.pick(['0', '1', '1', '2', 'x'])
const bitType = (w: Draw): string =>
  w.pick(['u8', 'i8', 'u4', 'i16', 'u63', 'i64', 'u1', 'i5', 'u64', 'i65', 'x8', 'u0'])
const bitPlace = (w: Draw): string => (w.chance(0.4) ? `#${w.number(10)}` : bitOffset(w))

function bitfieldStep(w: Draw): Words {
  return w.pick([
    () => [w.option('GET'), bitType(w), bitPlace(w)],
    () => [w.option('SET'), bitType(w), bitPlace(w), w.integer()],
    () => [w.option('INCRBY'), bitType(w), bitPlace(w), w.integer()],
    () => [w.option('OVERFLOW'), w.pick(['WRAP', 'SAT', 'FAIL', 'sat', 'NONE'])],
  ])()
}

const range = (w: Draw): Words => [
  w.index(),
  w.index(),
  ...w.maybe(0.4, () => w.pick(['BYTE', 'BIT', 'bit', 'NIBBLE'])),
]

export const strings: readonly Production[] = [
  says((w) => ['SET', w.key(), w.value()], 'exact', 12),
  says(
    (w) => [
      ...['SET', w.key(), w.value()],
      ...w.maybe(0.4, () => w.option(w.pick(['NX', 'XX']))),
      ...w.maybe(0.3, () => w.option('GET')),
      ...w.maybe(0.5, () => (w.chance(0.3) ? w.option('KEEPTTL') : expiryOption(w))),
    ],
    'exact',
    8,
  ),
  says((w) => ['GET', w.key()], 'exact', 8),
  says((w) => ['GETSET', w.key(), w.value()]),
  says((w) => ['GETDEL', w.key()]),
  says((w) => ['GETEX', w.key(), ...w.maybe(0.7, () => (w.chance(0.3) ? 'PERSIST' : expiryOption(w)))]),
  says((w) => ['SETNX', w.key(), w.value()]),
  says((w) => ['SETEX', w.key(), w.pick(['100', '0', '-1', w.oddInteger()]), w.value()]),
  says((w) => ['PSETEX', w.key(), w.pick(['100000', '0', w.oddInteger()]), w.value()]),
  says((w) => ['MSET', ...w.several(1, 4, () => [w.key(), w.value()])]),
  says((w) => ['MSETNX', ...w.several(1, 3, () => [w.key(), w.value()])]),
  says((w) => ['MGET', ...w.keys(1, 5)]),
  says((w) => ['APPEND', w.key(), w.value()], 'exact', 4),
  says((w) => ['STRLEN', w.key()]),
  says((w) => ['SETRANGE', w.key(), w.chance(0.1) ? w.integer() : String(w.number(40)), w.value()], 'exact', 3),
  says((w) => [w.pick(['GETRANGE', 'SUBSTR']), w.key(), w.index(), w.index()], 'exact', 3),
  says((w) => [w.pick(['INCR', 'DECR']), w.key()], 'exact', 3),
  says((w) => [w.pick(['INCRBY', 'DECRBY']), w.key(), w.integer()], 'exact', 4),
  says((w) => ['INCRBYFLOAT', w.key(), w.float()], 'exact', 4),
  says((w) => [
    'LCS',
    w.key(),
    w.key(),
    ...w.maybe(0.3, () => 'LEN'),
    ...w.maybe(0.4, () => 'IDX'),
    ...w.maybe(0.3, () => ['MINMATCHLEN', w.count()]),
    ...w.maybe(0.3, () => 'WITHMATCHLEN'),
  ]),
  says((w) => ['SETBIT', w.key(), bitOffset(w), bitValue(w)], 'exact', 4),
  says((w) => ['GETBIT', w.key(), bitOffset(w)]),
  says((w) => ['BITCOUNT', w.key(), ...w.maybe(0.6, () => range(w))]),
  says((w) => ['BITPOS', w.key(), bitValue(w), ...w.maybe(0.4, () => w.index()), ...w.maybe(0.3, () => range(w))]),
  says((w) => ['BITOP', w.pick(['AND', 'or', 'XOR', 'NOT', 'NAND']), w.key(), ...w.keys(1, 3)]),
  says((w) => [w.pick(['BITFIELD', 'BITFIELD_RO']), w.key(), ...w.several(1, 3, () => bitfieldStep(w))], 'exact', 4),
]

export const hyperLogLogs: readonly Production[] = [
  says((w) => ['PFADD', w.key(), ...w.several(0, 6, () => `e${w.number(4000)}`)], 'exact', 8),
  says((w) => ['PFCOUNT', ...w.keys(1, 3)], 'exact', 4),
  says((w) => ['PFMERGE', w.key(), ...w.keys(0, 3)]),
  says((w) => ['GET', w.key()]),
  says((w) => ['DEL', w.key()], 'exact', 1),
]
