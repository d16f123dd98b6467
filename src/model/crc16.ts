/** CRC16-CCITT (XMODEM): polynomial 0x1021, initial value 0, as the cluster specification prescribes for hash slots. */

const TABLE = Uint16Array.from({length: 256}, (_, byte) => {
  let crc = byte << 8
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1
  return crc & 0xffff
})

/** CRC16 of `bytes` from `start` up to, not including, `end`. */
export function crc16(bytes: Uint8Array, start = 0, end = bytes.length): number {
  let crc = 0
  for (let index = start; index < end; index++) crc = ((crc << 8) ^ TABLE[(crc >> 8) ^ bytes[index]!]!) & 0xffff
  return crc
}
