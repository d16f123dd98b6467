/** Engine nodes joined by connections in memory, in virtual time: bytes arrive when the test lets them. */
import {type Endpoint, type LinkEffect} from '../../../../src/engine/ports.js'
import {encodeRequest, EngineNode, type EngineClient} from '../../../support/engine/engine-node.js'

/** A connection that one node dialled to another. */
export interface Wire {
  readonly from: EngineNode
  readonly link: number
  readonly to: EngineNode
  readonly connection: number
}

const FIRST_CONNECTION = 100_000

export class PaperNetwork {
  readonly #nodes = new Map<number, EngineNode>()
  wires: Wire[] = []
  #lastConnection = FIRST_CONNECTION
  /** Bytes that may still go from the dialled node to the one that dialled; then the wire is cut. */
  #budget = Infinity
  /** Every byte that a dialled node sent back, by wire: what a replica was sent. */
  readonly sent = new Map<Wire, Buffer>()

  /** A node that listens on this port of 127.0.0.1. `nowMs`: it is started later than the others. */
  add(port: number, config: Readonly<Record<string, string>> = {}, nowMs?: number): EngineNode {
    const settings = {port: String(port), databases: '6', 'repl-diskless-sync-delay': '0', save: '', ...config}
    const node = new EngineNode({config: settings, seed: port, ...(nowMs !== undefined && {nowMs})})
    this.#nodes.set(port, node)
    return node
  }

  /** Time passes for all of them together. */
  advance(ms: number): void {
    for (let passed = 0; passed < ms; passed += 100) {
      for (const node of this.#nodes.values()) node.advance(100)
      this.pump()
    }
  }

  /** Delivers everything that is under way, until nothing more happens. */
  pump(): void {
    let moved = true
    while (moved) {
      moved = false
      for (const node of this.#nodes.values()) {
        while (node.core.server.replication.hasWork || node.core.server.saving.wantsTurn) node.turn(() => undefined)
        for (let effect = node.links.shift(); effect !== undefined; effect = node.links.shift()) {
          this.#carryOut(node, effect)
          moved = true
        }
      }
      for (const wire of [...this.wires]) if (this.#bringBack(wire)) moved = true
    }
  }

  /** One step only: the first thing that is under way arrives. */
  step(): void {
    for (const node of this.#nodes.values()) {
      const effect = node.links.shift()
      if (effect !== undefined) return this.#carryOut(node, effect)
    }
    for (const wire of [...this.wires]) if (this.#bringBack(wire)) return
  }

  /** The next `bytes` that come back over any wire arrive; after them everything is cut. */
  cutAfter(bytes: number): void {
    this.#budget = bytes
    this.pump()
    this.#budget = Infinity
  }

  /** Both ends learn that the connection is gone. */
  cut(wire: Wire): void {
    this.wires = this.wires.filter((each) => each !== wire)
    wire.to.turn((core) => core.clientClosed(wire.connection))
    wire.from.turn((core) => core.linkClosed(wire.link, 'cut'))
  }

  cutAll(): void {
    for (const wire of [...this.wires]) this.cut(wire)
  }

  /** The node does not exist any more. */
  remove(node: EngineNode): void {
    for (const [port, each] of this.#nodes) if (each === node) this.#nodes.delete(port)
    for (const wire of [...this.wires]) if (wire.from === node || wire.to === node) this.cut(wire)
  }

  #carryOut(node: EngineNode, effect: LinkEffect): void {
    if (effect.kind === 'gather') return
    const wire = this.wires.find(({from, link}) => from === node && link === effect.link)
    if (effect.kind === 'dial') this.#connect(node, effect.link, effect.to)
    else if (wire === undefined) return
    else if (effect.kind === 'send') wire.to.turn((core) => core.clientBytes(wire.connection, effect.bytes))
    else {
      this.wires = this.wires.filter((each) => each !== wire)
      wire.to.turn((core) => core.clientClosed(wire.connection))
    }
  }

  #connect(from: EngineNode, link: number, {port}: Endpoint): void {
    const to = this.#nodes.get(port)
    if (to === undefined) return from.turn((core) => core.linkClosed(link, 'connection refused'))
    const connection = ++this.#lastConnection
    const [here, there] = [
      {host: '127.0.0.1', port: connection % 65_536},
      {host: '127.0.0.1', port},
    ]
    this.wires.push({from, link, to, connection})
    to.turn((core) => core.clientOpened(connection, here, there))
    from.turn((core) => core.linkOpened(link, there, here))
  }

  #bringBack(wire: Wire): boolean {
    const bytes = wire.to.takeBytes(wire.connection)
    const allowed = bytes.subarray(0, Math.min(bytes.length, this.#budget))
    this.#budget -= allowed.length
    if (allowed.length > 0) {
      this.sent.set(wire, Buffer.concat([this.sent.get(wire) ?? Buffer.alloc(0), allowed]))
      // The host's buffer is its own: what the node keeps of it must be a copy.
      const chunk = Buffer.from(allowed)
      wire.from.turn((core) => core.linkBytes(wire.link, chunk))
      chunk.fill(0)
    }
    const isGone = !wire.to.core.server.clients.has(wire.connection)
    if ((isGone || allowed.length < bytes.length) && this.wires.includes(wire)) this.cut(wire)
    return allowed.length > 0 || isGone
  }
}

/** One field of INFO replication, or of another section. */
export function infoField(node: EngineNode, section: string, field: string): string | undefined {
  const text = node.core.server.infoSections.get(section)?.() ?? ''
  return text
    .split('\r\n')
    .find((line) => line.startsWith(`${field}:`))
    ?.slice(field.length + 1)
}

const LOOKERS = new WeakMap<EngineNode, EngineClient>()

/** Every key of every database with its value as DUMP shows it, and its expiry. */
export function contents(node: EngineNode): string[] {
  const client = LOOKERS.get(node) ?? node.connect()
  LOOKERS.set(node, client)
  const lines: string[] = []
  for (const database of node.core.server.databases) {
    if (database.size === 0) continue
    client.call('SELECT', database.index)
    const keys = [...database.entries()].map(([key]) => key)
    client.send(keys.map((key) => encodeRequest(['DUMP', key])).join(''))
    for (const [index, dump] of client.received().entries()) {
      const key = keys[index]!
      const hex = typeof dump === 'string' ? Buffer.from(dump, 'latin1').toString('hex') : 'nothing'
      lines.push(`${database.index} ${key} ${database.expiryOf(key) ?? '-'} ${hex}`)
    }
  }
  return lines.sort()
}
