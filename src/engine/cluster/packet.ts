/** The packets of the bus: types, lengths, offsets (all integers big-endian). */

import {SLOT_COUNT} from '../../model/slot.js'

export const PACKET = {
  PING: 0,
  PONG: 1,
  MEET: 2,
  FAIL: 3,
  PUBLISH: 4,
  AUTH_REQUEST: 5,
  AUTH_ACK: 6,
  UPDATE: 7,
  MFSTART: 8,
  MODULE: 9,
  PUBLISHSHARD: 10,
} as const

export type PacketType = (typeof PACKET)[keyof typeof PACKET]

/** In CLUSTER INFO, by type number. */
export const PACKET_NAMES = [
  'ping',
  'pong',
  'meet',
  'fail',
  'publish',
  'auth-req',
  'auth-ack',
  'update',
  'mfstart',
  'module',
  'publishshard',
] as const

export const PROTOCOL_VERSION = 1

/** Message flags, first byte. */
export const MESSAGE = {
  /** The primary has stopped its writes for a manual failover: the offset of this header is the last. */
  PAUSED: 1,
  /** Vote even though the primary is up. */
  FORCEACK: 2,
  /** The sender reads extensions. */
  EXT_DATA: 4,
} as const

/** Bit 15 of the type: Valkey's 16-byte header, for messages whose sender the link already names. */
export const LIGHT_BIT = 0x8000

export const HEADER_BYTES = 2256
export const LIGHT_HEADER_BYTES = 16
/** From here the length can be read; light headers tell themselves two fields later. */
export const LENGTH_KNOWN_BYTES = 8
export const TYPE_KNOWN_BYTES = 14

export const AT = {
  SIGNATURE: 0,
  TOTLEN: 4,
  VERSION: 8,
  PORT: 10,
  TYPE: 12,
  COUNT: 14,
  CURRENT_EPOCH: 16,
  CONFIG_EPOCH: 24,
  OFFSET: 32,
  SENDER: 40,
  SLOTS: 80,
  PRIMARY: 2128,
  IP: 2168,
  EXTENSIONS: 2214,
  SECOND_PORT: 2246,
  BUS_PORT: 2248,
  FLAGS: 2250,
  STATE: 2252,
  MESSAGE_FLAGS: 2253,
} as const

export const SIGNATURE = 0x52436d62 // "RCmb"
export const ID_BYTES = 40
/** A bitmap of slots: bit `s & 7` of byte `s >> 3`. */
export const SLOT_BYTES = SLOT_COUNT / 8
export const IP_BYTES = 46

export const GOSSIP_BYTES = 104
export const GOSSIP_AT = {
  ID: 0,
  PING_SENT: 40,
  PONG_RECEIVED: 44,
  IP: 48,
  PORT: 94,
  BUS_PORT: 96,
  FLAGS: 98,
  SECOND_PORT: 100,
} as const

export const EXTENSION = {
  HOSTNAME: 0,
  HUMAN_NODENAME: 1,
  FORGOTTEN_NODE: 2,
  SHARDID: 3,
} as const
export const EXTENSION_HEAD_BYTES = 8
export const FORGOTTEN_NODE_BYTES = 56
export const SHARDID_BYTES = 48

export const FAIL_BYTES = HEADER_BYTES + ID_BYTES
export const UPDATE_BYTES = HEADER_BYTES + 8 + ID_BYTES + 2048
/** u64 module id, u32 length, u8 type. */
export const MODULE_HEAD_BYTES = 13
