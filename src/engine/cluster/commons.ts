/**
 * What the nodes of one process hold in common: a thousand nodes that know a thousand others know the same thousand ids, addresses and
 * bitmaps of slots. A node that is alone in its process has commons of its own.
 */
import {NodeNames} from './node-names.js'
import {type PacketMemory} from './packet-memory.js'

export class Commons {
  readonly names = new NodeNames()
  /** Where whoever carries packets gives them back when they were read. */
  readonly packets: PacketMemory | undefined
  readonly #hosts = new Map<string, string>()
  /** By the ranges that they were read from: `0-5460 6000`. */
  readonly #bitmaps = new Map<string, Buffer>()

  constructor(packets?: PacketMemory) {
    this.packets = packets
  }

  /** The one text of a host: one that is a part of a line of nodes.conf would keep the whole file in memory. */
  hostOf(text: string): string {
    const known = this.#hosts.get(text)
    if (known !== undefined) return known
    const copy = Buffer.from(text, 'latin1').toString('latin1')
    this.#hosts.set(copy, copy)
    return copy
  }

  /** The one bitmap of these ranges, which nobody may write; `bitmap` itself, if there was none. Undefined when another was read from them. */
  bitmapOf(ranges: string, bitmap: Buffer): Buffer | undefined {
    const known = this.#bitmaps.get(ranges)
    if (known === undefined) this.#bitmaps.set(ranges, bitmap)
    else if (!known.equals(bitmap)) return undefined
    return known ?? bitmap
  }
}
