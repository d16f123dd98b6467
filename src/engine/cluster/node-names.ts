/**
 * The ids of known nodes, each kept once, with a number, and with the bytes that gossip about it consists of. A packet about a thousand nodes
 * names a hundred of them: to find each by its bytes takes no text, and to write each is to copy what was written before.
 *
 * The nodes of one process may share these names: what they know of each other differs, their ids do not.
 */
import {type NodeId} from '../../model/node-id.js'
import {GOSSIP_BYTES, ID_BYTES} from './packet.js'
import {writeGossipAddress, type GossipAddress} from './packet-codec.js'

/** Ids are looked at as 32-bit words, in the machine's order of bytes: they are only compared. */
const ID_WORDS = ID_BYTES / 4

const FIRST_ROOM = 16
/** The table of hashes has at least so many places for each id. */
const PLACES_EACH = 4

/** The number of no id. */
export const NO_NAME = 0

export class NodeNames {
  readonly #ids: NodeId[] = ['']
  /** How many tables each is in. */
  readonly #uses: number[] = [0]
  readonly #free: number[] = []
  readonly #numbers = new Map<NodeId, number>()
  #words = new Int32Array(FIRST_ROOM * ID_WORDS)
  /** Numbers, at the place that the hash of their id names or at the next free one. */
  #places = new Uint16Array(FIRST_ROOM * PLACES_EACH)
  readonly #images: Uint8Array[] = [new Uint8Array(GOSSIP_BYTES)]
  readonly #addresses: (GossipAddress | undefined)[] = [undefined]
  /** Of each image: another address makes another edition, and no two images ever have the same. */
  readonly #editions: number[] = [0]
  #lastEdition = 0

  /** A node with this id is in one more table. @returns its number */
  take(id: NodeId): number {
    const known = this.#numbers.get(id)
    if (known !== undefined) {
      this.#uses[known]!++
      return known
    }
    const number = this.#free.pop() ?? this.#ids.length
    this.#ids[number] = id
    this.#uses[number] = 1
    this.#images[number] = new Uint8Array(GOSSIP_BYTES)
    this.#addresses[number] = undefined
    // Nobody has looked at an image that is not there yet.
    this.#editions[number] = ++this.#lastEdition
    this.#numbers.set(id, number)
    this.#keepWords(number, id)
    return number
  }

  /** A node with this number is in one table less; in the last one: the number may be given to another. */
  release(number: number): void {
    if (number === NO_NAME || --this.#uses[number]! > 0) return
    this.#numbers.delete(this.#ids[number]!)
    this.#free.push(number)
    this.#rebuild()
  }

  /** The one text of an id: thousand equal ones would take memory, and time whenever two of them are compared. */
  textOf(number: number): NodeId {
    return this.#ids[number]!
  }

  /** Whose id stands at a word of a packet; `NO_NAME` when it is nobody's. */
  find(packet: Int32Array, at: number): number {
    const places = this.#places
    const words = this.#words
    const last = places.length - 1
    for (let place = hashOf(packet[at]!, packet[at + 1]!) & last; ; place = (place + 1) & last) {
      const number = places[place]!
      if (number === NO_NAME) return NO_NAME
      const from = number * ID_WORDS
      let word = 0
      while (word < ID_WORDS && words[from + word] === packet[at + word]) word++
      if (word === ID_WORDS) return number
    }
  }

  editionOf(number: number): number {
    return this.#editions[number]!
  }

  /** An entry of the gossip section about this node, but for times and flags. */
  imageOf(number: number): Uint8Array {
    return this.#images[number]!
  }

  /** Makes the image say that the node is at this address. @returns the edition that does */
  renewImage(number: number, address: GossipAddress): number {
    const known = this.#addresses[number]
    if (known !== undefined && isSameAddress(known, address)) return this.#editions[number]!
    const {ip, port, secondPort, busPort} = address
    this.#addresses[number] = {ip, port, secondPort, busPort}
    writeGossipAddress(this.#images[number]!, this.#ids[number]!, address)
    this.#editions[number] = ++this.#lastEdition
    return this.#lastEdition
  }

  #keepWords(number: number, id: NodeId): void {
    if (this.#words.length < (number + 1) * ID_WORDS) {
      const grown = new Int32Array(2 * (number + 1) * ID_WORDS)
      grown.set(this.#words)
      this.#words = grown
    }
    const bytes = new Uint8Array(this.#words.buffer, number * ID_BYTES, ID_BYTES)
    for (let at = 0; at < ID_BYTES; at++) bytes[at] = at < id.length ? id.charCodeAt(at) : 0
    if (this.#places.length < this.#ids.length * PLACES_EACH) this.#rebuild(2 * this.#places.length)
    else this.#place(number)
  }

  #place(number: number): void {
    const places = this.#places
    const last = places.length - 1
    let place = hashOf(this.#words[number * ID_WORDS]!, this.#words[number * ID_WORDS + 1]!) & last
    while (places[place] !== NO_NAME) place = (place + 1) & last
    places[place] = number
  }

  #rebuild(places = this.#places.length): void {
    this.#places = new Uint16Array(places)
    for (const number of this.#numbers.values()) this.#place(number)
  }
}

/** Ids are hexadecimal digits drawn by lot: two words of them tell nearly all apart. */
function hashOf(first: number, second: number): number {
  const mixed = Math.imul(first ^ Math.imul(second, 0x9e3779b1), 0x85ebca6b)
  return mixed ^ (mixed >>> 15)
}

function isSameAddress(one: GossipAddress, other: GossipAddress): boolean {
  return (
    one.ip === other.ip &&
    one.port === other.port &&
    one.secondPort === other.secondPort &&
    one.busPort === other.busPort
  )
}
