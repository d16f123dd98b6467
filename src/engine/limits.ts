/** Every bound of the engine, in one place: each queue, packet and wait ends somewhere. */

export const LIMITS = {
  /** Bytes of one bulk string of a request (Redis' proto-max-bulk-len, less what V8 cannot hold in one string). */
  bulkBytes: 512 * 1024 * 1024 - 1024,
  /** Words of one request (Redis' 1024 * 1024 for multibulk length of logged-in clients is INT_MAX since 7.0; ours is less). */
  requestWords: 1024 * 1024,
  /** Bytes of one inline request, or of a length line. */
  inlineBytes: 64 * 1024,
  /** Words and bytes that a client may send before it has logged in (Redis 7.0: 10 and 16 KiB). */
  unauthenticatedWords: 10,
  unauthenticatedBulkBytes: 16 * 1024,
  /** Bytes of one string value (Redis: 512 MiB; see `bulkBytes`). */
  stringBytes: 512 * 1024 * 1024 - 1024,
  /** Bytes of one bus packet: larger ones close the link. */
  busPacketBytes: 64 * 1024 * 1024,
  /** Bytes that may wait for one peer on the bus: gossip repairs a lost link, it cannot repair lost memory. */
  linkQueueBytes: 64 * 1024 * 1024,
  /** Bytes of replies that may wait for a client that does not read them; then it is not read from until it does. */
  unsentReplyBytes: 256 * 1024 * 1024,
  /** SCAN-family iterators kept alive between calls; a forgotten cursor starts over, which the guarantee of SCAN allows. */
  scanCursors: 1024,
} as const
