/** What DUMP answers and RESTORE takes: one value, the RDB version, a checksum. */
import {CRC64_BYTES, Crc64} from '../../model/crc64.js'
import {type Bytes} from '../ports.js'
import {type EncodingLimits} from '../values/encoding-limits.js'
import {isEmptyCollection, type Value} from '../values/value.js'
import {RDB_NEWEST_REDIS, RDB_VALKEY, RDB_VERSION} from './rdb-format.js'
import {RdbInput} from './rdb-input.js'
import {RdbOutput} from './rdb-output.js'
import {rdbTypeOf, writeValue} from './rdb-value.js'
import {readValue} from './rdb-value-reader.js'

const VERSION_BYTES = 2
const FOOTER_BYTES = VERSION_BYTES + CRC64_BYTES

/** `version-or-checksum`: "DUMP payload version or checksum are wrong"; `bad-format`: "Bad data format". */
export type RestoreFailure = 'version-or-checksum' | 'bad-format'

export type Restored =
  {readonly ok: true; readonly value: Value} | {readonly ok: false; readonly failure: RestoreFailure}

/** The payload of a value, as Redis 7.0 makes it; `compresses` as `rdbcompression` says. */
export function encodeDumpPayload(value: Value, compresses = true): Uint8Array {
  const output = new RdbOutput(compresses)
  writeDumpPayload(output, value)
  return output.take()
}

/** The same behind what `output` holds already, and compressed as that does it. */
export function writeDumpPayload(output: RdbOutput, value: Value): void {
  const start = output.length
  output.u8(rdbTypeOf(value))
  writeValue(output, value)
  output.u16le(RDB_VERSION)
  output.checksum(start)
}

/** The value of a payload from Redis up to 8 or Valkey up to 9, unless it holds what this server cannot keep. */
export function decodeDumpPayload(payload: Bytes | Uint8Array, limits: EncodingLimits): Restored {
  const bytes = typeof payload === 'string' ? Buffer.from(payload, 'latin1') : payload
  if (!isSealed(bytes)) return {ok: false, failure: 'version-or-checksum'}
  const input = new RdbInput(bytes, 0, bytes.length - FOOTER_BYTES)
  const value = readValue(input, input.u8(), limits)
  if (input.failure !== undefined || isEmptyCollection(value)) return {ok: false, failure: 'bad-format'}
  return {ok: true, value}
}

/** Whether the footer fits: a checksum of zeros, which files may have, does not. */
function isSealed(bytes: Uint8Array): boolean {
  const versionAt = bytes.length - FOOTER_BYTES
  if (versionAt < 1) return false
  const version = bytes[versionAt]! | (bytes[versionAt + 1]! << 8)
  if ((version < 1 || version > RDB_NEWEST_REDIS) && version !== RDB_VALKEY) return false
  const end = versionAt + VERSION_BYTES
  const crc = new Crc64()
  crc.update(bytes, 0, end)
  return crc.isAt(bytes, end)
}
