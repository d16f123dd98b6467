/**
 * Memory for packets that comes back when they were read. Between simulated nodes a packet is read by the one that it was written for and
 * then by nobody: without this a thousand nodes would ask for hundreds of megabytes in each virtual second, and the garbage collector
 * would look at all they know again and again. A node with real sockets never knows when the system has read a packet.
 */

/** Room is given in multiples of this. */
const STEP_BYTES = 1024

export class PacketMemory {
  /** By size in steps. */
  readonly #free: Buffer[][] = []
  /** What was given and has not come back: a packet that is lost on its way is forgotten. */
  readonly #lent = new WeakSet<ArrayBufferLike>()

  /** Room for one packet that goes to one node. Its content is whatever was there. */
  take(bytes: number): Buffer {
    const steps = Math.ceil(bytes / STEP_BYTES)
    const room = this.#free[steps]?.pop() ?? Buffer.allocUnsafeSlow(steps * STEP_BYTES)
    this.#lent.add(room.buffer)
    return room.subarray(0, bytes)
  }

  /** It was read, and nobody will look at it again. Anything else than what `take` gave is let alone. */
  giveBack(packet: Uint8Array): void {
    if (!this.#lent.delete(packet.buffer)) return
    const room = Buffer.from(packet.buffer)
    const steps = room.length / STEP_BYTES
    const free = (this.#free[steps] ??= [])
    free.push(room)
  }
}
