/** When a small collection leaves its packed form: the settings of Redis 7.0 that OBJECT ENCODING and DUMP make visible. */

/**
 * Live settings: a collection keeps a reference to the record and reads it at every change, so CONFIG SET works at once on
 * whatever is changed next. What has left its packed form never returns to it.
 */
export interface EncodingLimits {
  /** hash-max-listpack-entries and -value (bytes). */
  hashMaxListpackEntries: number
  hashMaxListpackValue: number
  /** set-max-intset-entries. */
  setMaxIntsetEntries: number
  /** zset-max-listpack-entries and -value (bytes). */
  zsetMaxListpackEntries: number
  zsetMaxListpackValue: number
  /** list-max-listpack-size: items per node, or -1 … -5 for 4, 8, 16, 32, 64 KiB. */
  listMaxListpackSize: number
}

export const DEFAULT_ENCODING_LIMITS: Readonly<EncodingLimits> = {
  hashMaxListpackEntries: 512,
  hashMaxListpackValue: 64,
  setMaxIntsetEntries: 512,
  zsetMaxListpackEntries: 128,
  zsetMaxListpackValue: 64,
  listMaxListpackSize: -2,
}
