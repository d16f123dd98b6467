/** Who calls on the bus port: every packet names the client port of its sender in its head. */

const SIGNATURE = Buffer.from('RCmb')
/** Behind the signature (4 bytes), the length (4) and the version (2). */
const PORT_OFFSET = 10
const PORT_BYTES = 2

/**
 * The client port of the sender (that for TLS, where the bus speaks TLS), in the first bytes that came over a link. Source: clusterMsg
 * in Redis' cluster.h.
 * @returns undefined for what is no packet, or too little of one
 */
export function callerPort(chunk: Buffer): number | undefined {
  const isHead = chunk.length >= PORT_OFFSET + PORT_BYTES && chunk.subarray(0, SIGNATURE.length).equals(SIGNATURE)
  return isHead ? chunk.readUInt16BE(PORT_OFFSET) : undefined
}
