/** Numbers of the RDB format: versions, opcodes, value types, encodings. */

/** What we write: every Redis from 7.0 on and every Valkey reads it. */
export const RDB_VERSION = 10
export const RDB_MAGIC = 'REDIS0010'
/** What we read: `REDIS` up to this version, and Valkey's own numbering. */
export const RDB_NEWEST_REDIS = 12
export const RDB_VALKEY = 80
/** From this version on a checksum follows the end. */
export const RDB_FIRST_WITH_CHECKSUM = 5

export const OPCODE = {
  slotInfo: 244,
  function: 245,
  moduleAux: 247,
  idle: 248,
  freq: 249,
  aux: 250,
  resizeDb: 251,
  expireMs: 252,
  expireSeconds: 253,
  selectDb: 254,
  end: 255,
} as const

export const VALUE_TYPE = {
  string: 0,
  list: 1,
  set: 2,
  sortedSetText: 3,
  hash: 4,
  sortedSet: 5,
  moduleOld: 6,
  module: 7,
  hashZipmap: 9,
  listZiplist: 10,
  setIntset: 11,
  sortedSetZiplist: 12,
  hashZiplist: 13,
  listOfZiplists: 14,
  stream: 15,
  hashListpack: 16,
  sortedSetListpack: 17,
  listOfListpacks: 18,
  stream2: 19,
  setListpack: 20,
  stream3: 21,
  hashExpiryValkey: 22,
  hashExpiry: 24,
  hashExpiryListpack: 25,
} as const

/** The two top bits of a length's first byte, or all of it. */
export const LENGTH = {
  bits14: 0x40,
  bits32: 0x80,
  bits64: 0x81,
  special: 0xc0,
} as const

/** Special string encodings, behind the two top bits. */
export const STRING_ENCODING = {
  int8: 0,
  int16: 1,
  int32: 2,
  lzf: 3,
} as const

/** Kinds of nodes in a list of listpacks. */
export const LIST_CONTAINER = {plain: 1, packed: 2} as const

/** Items of a module's value. */
export const MODULE_ITEM = {end: 0, signed: 1, unsigned: 2, float: 3, double: 4, string: 5} as const

/** Strings longer than this are compressed where that saves at least four bytes. */
export const COMPRESSED_FROM_BYTES = 21
export const COMPRESSION_SAVES_BYTES = 4

/** The longest text of a 32-bit integer: longer strings are never stored as one. */
export const INTEGER_TEXT_BYTES = 11
