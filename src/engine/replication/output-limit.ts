/** client-output-buffer-limit for replicas: over the hard limit at once, over the soft one for too long. */
import {type ReplicaPeer} from './peer.js'

interface Limits {
  readonly hardBytes: number
  readonly softBytes: number
  readonly softMs: number
}

const NONE: Limits = {hardBytes: 0, softBytes: 0, softMs: 0}

export class OutputLimit {
  readonly #text: () => string
  readonly #backlogBytes: () => number
  #parsedFrom = ''
  #limits = NONE

  /**
   * @param text the directive as CONFIG GET prints it: `normal 0 0 0 slave 268435456 67108864 60 pubsub …`
   * @param backlogBytes what a replica may be sent at once when it comes back; a hard limit below it would only drop it again
   */
  constructor(text: () => string, backlogBytes: () => number) {
    this.#text = text
    this.#backlogBytes = backlogBytes
  }

  /** Source: Redis 7.0's checkClientOutputBufferLimits. */
  isExceeded(peer: Pick<ReplicaPeer, 'heldBytes' | 'overSoftLimitSinceMs'>, nowMs: number): boolean {
    const {hardBytes, softBytes, softMs} = this.#current()
    const held = peer.heldBytes
    if (hardBytes > 0 && held >= Math.max(hardBytes, this.#backlogBytes())) return true
    if (softBytes === 0 || held < softBytes) {
      peer.overSoftLimitSinceMs = undefined
      return false
    }
    peer.overSoftLimitSinceMs ??= nowMs
    return nowMs - peer.overSoftLimitSinceMs > softMs
  }

  #current(): Limits {
    const text = this.#text()
    if (text !== this.#parsedFrom) {
      this.#parsedFrom = text
      this.#limits = parseReplicaLimits(text)
    }
    return this.#limits
  }
}

function parseReplicaLimits(text: string): Limits {
  const found = /(?:slave|replica) (\d+) (\d+) (\d+)/.exec(text)
  if (found === null) return NONE
  return {hardBytes: Number(found[1]), softBytes: Number(found[2]), softMs: Number(found[3]) * 1000}
}
