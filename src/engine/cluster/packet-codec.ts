/** Packets and their bytes, compatible with the real bus. Reading copies nothing but the texts asked for. */
import {
  AT,
  EXTENSION_HEAD_BYTES,
  FAIL_BYTES,
  GOSSIP_AT,
  GOSSIP_BYTES,
  HEADER_BYTES,
  ID_BYTES,
  IP_BYTES,
  LENGTH_KNOWN_BYTES,
  LIGHT_BIT,
  LIGHT_HEADER_BYTES,
  MESSAGE,
  MODULE_HEAD_BYTES,
  PACKET,
  PROTOCOL_VERSION,
  SIGNATURE,
  SLOT_BYTES,
  TYPE_KNOWN_BYTES,
  UPDATE_BYTES,
} from './packet.js'

const TWO_TO_32 = 2 ** 32

export function readU64(bytes: Buffer, at: number): number {
  return bytes.readUInt32BE(at) * TWO_TO_32 + bytes.readUInt32BE(at + 4)
}

export function writeU64(bytes: Buffer, value: number, at: number): void {
  bytes.writeUInt32BE(Math.floor(value / TWO_TO_32) % TWO_TO_32, at)
  bytes.writeUInt32BE(value % TWO_TO_32, at + 4)
}

/** Text in a field of fixed width that ends at the first NUL. */
export function readText(bytes: Buffer, at: number, width: number): string {
  if (bytes[at] === 0) return ''
  const nul = bytes.indexOf(0, at)
  return bytes.toString('latin1', at, nul < 0 || nul > at + width ? at + width : nul)
}

/** NUL-padded; a text that is too long is cut so that a NUL still ends it. */
export function writeText(bytes: Buffer, text: string, at: number, width: number): void {
  const written = bytes.write(text, at, Math.min(text.length, width - 1), 'latin1')
  bytes.fill(0, at + written, at + width)
}

export type Length = 'unknown' | 'garbage' | number

/**
 * The length of the packet that begins at `at`, from as few bytes as tell it. `garbage`: no packet begins so, the link must go.
 * `limitBytes` is the longest that is accepted.
 */
export function packetLength(bytes: Buffer, at: number, end: number, limitBytes: number): Length {
  const have = end - at
  if (have < LENGTH_KNOWN_BYTES) return 'unknown'
  if (bytes.readUInt32BE(at + AT.SIGNATURE) !== SIGNATURE) return 'garbage'
  const length = bytes.readUInt32BE(at + AT.TOTLEN)
  if (length < LIGHT_HEADER_BYTES || length > limitBytes) return 'garbage'
  if (length >= HEADER_BYTES) return length
  if (have < TYPE_KNOWN_BYTES) return 'unknown'
  return (bytes.readUInt16BE(at + AT.TYPE) & LIGHT_BIT) === 0 ? 'garbage' : length
}

/** What a sender says of itself in every packet. */
export interface Header {
  readonly type: number
  readonly port: number
  readonly secondPort: number
  readonly busPort: number
  readonly currentEpoch: number
  readonly configEpoch: number
  readonly offset: number
  readonly sender: string
  readonly slots: Buffer
  /** Empty for a primary. */
  readonly primaryId: string
  /** Empty: "use the address of my socket". */
  readonly ip: string
  readonly flags: number
  readonly ok: boolean
  readonly messageFlags: number
}

/** Packets are cut from slabs: memory of its own for each costs more than to fill it. */
const SLAB_BYTES = 256 * 1024
let slab = Buffer.alloc(0)
let slabUsed = 0

function roomFor(length: number): Buffer {
  if (length > SLAB_BYTES / 8) return Buffer.allocUnsafe(length)
  if (slabUsed + length > slab.length) {
    slab = Buffer.allocUnsafeSlow(SLAB_BYTES)
    slabUsed = 0
  }
  const start = slabUsed
  // The next one begins at a multiple of eight, so that it can be looked at as words.
  slabUsed = (slabUsed + length + 7) & ~7
  return slab.subarray(start, start + length)
}

/**
 * A packet with its header filled in and its body of `bodyBytes` still to be written.
 * @param bytes where; of exactly the length of the packet
 */
export function encodeHeader(header: Header, bodyBytes: number, bytes = roomFor(HEADER_BYTES + bodyBytes)): Buffer {
  const length = HEADER_BYTES + bodyBytes
  bytes.writeUInt32BE(SIGNATURE, AT.SIGNATURE)
  bytes.writeUInt32BE(length, AT.TOTLEN)
  bytes.writeUInt16BE(PROTOCOL_VERSION, AT.VERSION)
  bytes.writeUInt16BE(header.port, AT.PORT)
  bytes.writeUInt16BE(header.type, AT.TYPE)
  bytes.writeUInt16BE(0, AT.COUNT)
  writeU64(bytes, header.currentEpoch, AT.CURRENT_EPOCH)
  writeU64(bytes, header.configEpoch, AT.CONFIG_EPOCH)
  writeU64(bytes, header.offset, AT.OFFSET)
  bytes.write(header.sender, AT.SENDER, ID_BYTES, 'latin1')
  header.slots.copy(bytes, AT.SLOTS, 0, SLOT_BYTES)
  bytes.fill(0, AT.PRIMARY, HEADER_BYTES)
  bytes.write(header.primaryId, AT.PRIMARY, ID_BYTES, 'latin1')
  writeText(bytes, header.ip, AT.IP, IP_BYTES)
  bytes.writeUInt16BE(header.secondPort, AT.SECOND_PORT)
  bytes.writeUInt16BE(header.busPort, AT.BUS_PORT)
  bytes.writeUInt16BE(header.flags, AT.FLAGS)
  bytes[AT.STATE] = header.ok ? 0 : 1
  bytes[AT.MESSAGE_FLAGS] = header.messageFlags
  return bytes
}

/** A packet as it arrived: a window on the bytes, which must not change while it is looked at. */
export class PacketView {
  readonly bytes: Buffer
  readonly type: number
  readonly isLight: boolean

  constructor(bytes: Buffer) {
    this.bytes = bytes
    const type = bytes.readUInt16BE(AT.TYPE)
    this.isLight = (type & LIGHT_BIT) !== 0
    this.type = type & ~LIGHT_BIT
  }

  get length(): number {
    return this.bytes.length
  }
  get version(): number {
    return this.bytes.readUInt16BE(AT.VERSION)
  }
  get port(): number {
    return this.bytes.readUInt16BE(AT.PORT)
  }
  get count(): number {
    return this.bytes.readUInt16BE(AT.COUNT)
  }
  get currentEpoch(): number {
    return readU64(this.bytes, AT.CURRENT_EPOCH)
  }
  get configEpoch(): number {
    return readU64(this.bytes, AT.CONFIG_EPOCH)
  }
  get offset(): number {
    return readU64(this.bytes, AT.OFFSET)
  }
  get sender(): string {
    return this.bytes.toString('latin1', AT.SENDER, AT.SENDER + ID_BYTES)
  }
  /** Empty for a primary. */
  get primaryId(): string {
    return this.bytes[AT.PRIMARY] === 0 ? '' : this.bytes.toString('latin1', AT.PRIMARY, AT.PRIMARY + ID_BYTES)
  }
  get ip(): string {
    return readText(this.bytes, AT.IP, IP_BYTES)
  }
  get extensionCount(): number {
    return this.bytes.readUInt16BE(AT.EXTENSIONS)
  }
  get secondPort(): number {
    return this.bytes.readUInt16BE(AT.SECOND_PORT)
  }
  get busPort(): number {
    return this.bytes.readUInt16BE(AT.BUS_PORT)
  }
  get flags(): number {
    return this.bytes.readUInt16BE(AT.FLAGS)
  }
  get ok(): boolean {
    return this.bytes[AT.STATE] === 0
  }
  get messageFlags(): number {
    return this.bytes[AT.MESSAGE_FLAGS]!
  }
  /** A window, not a copy. */
  get slots(): Buffer {
    return this.bytes.subarray(AT.SLOTS, AT.SLOTS + SLOT_BYTES)
  }
  claims(slots: Buffer): boolean {
    return this.bytes.compare(slots, 0, SLOT_BYTES, AT.SLOTS, AT.SLOTS + SLOT_BYTES) === 0
  }
  get bodyAt(): number {
    return this.isLight ? LIGHT_HEADER_BYTES : HEADER_BYTES
  }
  /** Where the extensions of a PING, PONG or MEET begin. */
  get extensionsAt(): number {
    return HEADER_BYTES + this.count * GOSSIP_BYTES
  }
  get readsExtensions(): boolean {
    return (this.messageFlags & MESSAGE.EXT_DATA) !== 0
  }
}

/** Is the packet what its type says, to the byte? One that is not is ignored in silence; the link stays. */
export function isWellFormed(view: PacketView): boolean {
  if (view.version !== PROTOCOL_VERSION) return false
  if (view.isLight) {
    const known = view.type === PACKET.PUBLISH || view.type === PACKET.PUBLISHSHARD || view.type === PACKET.MODULE
    return known && view.length === expectedLength(view)
  }
  // Beyond 2^53 epochs could no longer be told apart; no cluster lives that long.
  if (!Number.isSafeInteger(view.currentEpoch + 1) || !Number.isSafeInteger(view.configEpoch + 1)) return false
  return view.length === expectedLength(view)
}

/** -1 for an unknown type or for extensions that do not fit. */
function expectedLength(view: PacketView): number {
  switch (view.type) {
    case PACKET.PING:
    case PACKET.PONG:
    case PACKET.MEET:
      return pingLength(view)
    case PACKET.FAIL:
      return FAIL_BYTES
    case PACKET.PUBLISH:
    case PACKET.PUBLISHSHARD: {
      const body = view.bodyAt
      if (view.length < body + 8) return -1
      return body + 8 + view.bytes.readUInt32BE(body) + view.bytes.readUInt32BE(body + 4)
    }
    case PACKET.AUTH_REQUEST:
    case PACKET.AUTH_ACK:
    case PACKET.MFSTART:
      return HEADER_BYTES
    case PACKET.UPDATE:
      return UPDATE_BYTES
    case PACKET.MODULE: {
      const body = view.bodyAt
      if (view.length < body + MODULE_HEAD_BYTES) return -1
      return body + MODULE_HEAD_BYTES + view.bytes.readUInt32BE(body + 8)
    }
    default:
      return -1
  }
}

function pingLength(view: PacketView): number {
  let end = view.extensionsAt
  if (!view.readsExtensions) return end
  for (let left = view.extensionCount; left > 0; left--) {
    if (end + EXTENSION_HEAD_BYTES > view.length) return -1
    const length = view.bytes.readUInt32BE(end)
    if (length < EXTENSION_HEAD_BYTES || length % 8 !== 0 || end + length > view.length) return -1
    end += length
  }
  return end
}

/** One entry of the gossip section. */
export interface GossipEntry {
  readonly id: string
  /** Unix seconds, 0 for none. */
  readonly pingSentSeconds: number
  readonly pongReceivedSeconds: number
  readonly ip: string
  readonly port: number
  readonly secondPort: number
  readonly busPort: number
  readonly flags: number
}

/** Where the news has it that a node is. */
export type GossipAddress = Pick<GossipEntry, 'ip' | 'port' | 'secondPort' | 'busPort'>

/** What an entry says of a node as long as it stays where it is: the image of an entry, `GOSSIP_BYTES` long. */
export function writeGossipAddress(
  image: Uint8Array,
  id: string,
  {ip, port, secondPort, busPort}: GossipAddress,
): void {
  const bytes = Buffer.from(image.buffer, image.byteOffset, GOSSIP_BYTES)
  bytes.fill(0)
  bytes.write(id, GOSSIP_AT.ID, ID_BYTES, 'latin1')
  writeText(bytes, ip, GOSSIP_AT.IP, IP_BYTES)
  bytes.writeUInt16BE(port, GOSSIP_AT.PORT)
  bytes.writeUInt16BE(busPort, GOSSIP_AT.BUS_PORT)
  bytes.writeUInt32BE(secondPort * 0x10000, GOSSIP_AT.SECOND_PORT)
}

/** The rest of an entry whose image stands at `at`: times, unix seconds, and flags. */
export function writeGossipNews(
  bytes: Uint8Array,
  at: number,
  pingSentSeconds: number,
  pongReceivedSeconds: number,
  flags: number,
): void {
  writeU32(bytes, pingSentSeconds, at + GOSSIP_AT.PING_SENT)
  writeU32(bytes, pongReceivedSeconds, at + GOSSIP_AT.PONG_RECEIVED)
  bytes[at + GOSSIP_AT.FLAGS] = flags >>> 8
  bytes[at + GOSSIP_AT.FLAGS + 1] = flags
}

/** As `writeUInt32BE`, which spends more time on checking its arguments. */
function writeU32(bytes: Uint8Array, value: number, at: number): void {
  bytes[at] = value >>> 24
  bytes[at + 1] = value >>> 16
  bytes[at + 2] = value >>> 8
  bytes[at + 3] = value
}

export function readGossip(bytes: Buffer, index: number): GossipEntry {
  const at = HEADER_BYTES + index * GOSSIP_BYTES
  return {
    id: bytes.toString('latin1', at, at + ID_BYTES),
    pingSentSeconds: bytes.readUInt32BE(at + GOSSIP_AT.PING_SENT),
    pongReceivedSeconds: bytes.readUInt32BE(at + GOSSIP_AT.PONG_RECEIVED),
    ip: readText(bytes, at + GOSSIP_AT.IP, IP_BYTES),
    port: bytes.readUInt16BE(at + GOSSIP_AT.PORT),
    secondPort: bytes.readUInt16BE(at + GOSSIP_AT.SECOND_PORT),
    busPort: bytes.readUInt16BE(at + GOSSIP_AT.BUS_PORT),
    flags: bytes.readUInt16BE(at + GOSSIP_AT.FLAGS),
  }
}

// Most entries of a gossip section tell nothing new: these look at one field without making an object of all.

export function readGossipId(bytes: Buffer, index: number): string {
  const at = HEADER_BYTES + index * GOSSIP_BYTES
  return bytes.toString('latin1', at, at + ID_BYTES)
}

export function readGossipFlags(bytes: Uint8Array, index: number): number {
  const at = HEADER_BYTES + index * GOSSIP_BYTES + GOSSIP_AT.FLAGS
  return (bytes[at]! << 8) | bytes[at + 1]!
}

export function readGossipPongMs(bytes: Uint8Array, index: number): number {
  const at = HEADER_BYTES + index * GOSSIP_BYTES + GOSSIP_AT.PONG_RECEIVED
  return (((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0) * 1000
}

/** The word of a packet, as `wordsOf` sees it, at which the id of an entry begins. */
export const gossipWord = (index: number): number => (HEADER_BYTES + index * GOSSIP_BYTES + GOSSIP_AT.ID) / 4

/** The packet as 32-bit words in the machine's order, for comparing ids. Packets are multiples of eight: nearly all lie so that it is a window. */
export function wordsOf(bytes: Buffer): Int32Array {
  const words = bytes.length >> 2
  if (bytes.byteOffset % 4 === 0) return new Int32Array(bytes.buffer, bytes.byteOffset, words)
  return new Int32Array(new Uint8Array(bytes).buffer, 0, words)
}
