/** Where a node listens: opened when it starts, and exchanged while it runs (CONFIG SET of `port`, `tls-port`, `bind`). */
import type net from 'node:net'
import {type Accepting, isUnavailable, listen, type ListenError, listenNow, parseBind, type Place} from './listener.js'

export interface PortsWish {
  /** The words of the `bind` directive. */
  readonly bind: string
  /** 0: none, here and below. */
  readonly port: number
  /** For clients that speak TLS. */
  readonly tlsPort: number
}

/** Who takes the connections of each kind. */
export interface Doors {
  readonly plain: Accepting['accept']
  readonly secure: Accepting['accept']
}

interface WishedPlace extends Place {
  /** This machine may lack the address. */
  readonly optional: boolean
}

interface OpenPlace extends Place {
  readonly server: net.Server
}

export class OpenPorts {
  readonly #doors: Doors
  readonly #missed: (error: ListenError) => void
  #backlog = 0
  #open: OpenPlace[] = []

  /** @param missed hears of addresses that this machine lacks and need not have */
  constructor(doors: Doors, missed: (error: ListenError) => void) {
    this.#doors = doors
    this.#missed = missed
  }

  get isEmpty(): boolean {
    return this.#open.length === 0
  }

  /**
   * Opens them for the first time.
   * @param backlog connections that may wait to be accepted, from now on
   * @throws ListenError when one cannot be had; what is open by then is to be closed
   */
  async open(wish: PortsWish, backlog: number): Promise<void> {
    this.#backlog = backlog
    for (const place of placesOf(wish)) {
      const server = await listen(place, this.#accepting(place)).catch((error: unknown) => this.#forgive(place, error))
      if (server !== undefined) this.#open.push({...place, server})
    }
  }

  /**
   * Listens there instead, at once. What stays is not touched, and nobody who is connected is concerned.
   * @throws ListenError when one cannot be had; then all is as it was
   */
  change(wish: PortsWish): void {
    const places = placesOf(wish)
    const isWished = (open: OpenPlace): boolean => places.some((place) => isSame(place, open))
    const kept = this.#open.filter(isWished)
    const leaving = this.#open.filter((open) => !isWished(open))
    const missing = places.filter((place) => !kept.some((open) => isSame(place, open)))
    // 0.0.0.0 and 127.0.0.1 cannot both be listened on at one port: whoever is in the way makes room first.
    const inTheWay = leaving.filter(({port}) => missing.some((place) => place.port === port))
    close(inTheWay)
    const opened: OpenPlace[] = []
    try {
      for (const place of missing) opened.push(...this.#openNow(place))
    } catch (error) {
      close(opened)
      this.#open = this.#open.filter((open) => !inTheWay.includes(open))
      for (const place of inTheWay) this.#open.push(...this.#openNow({...place, optional: false}))
      throw error
    }
    close(leaving.filter((open) => !inTheWay.includes(open)))
    this.#open = [...kept, ...opened]
  }

  /** Connections that stand go on. */
  close(): void {
    close(this.#open)
    this.#open = []
  }

  #openNow(place: WishedPlace): OpenPlace[] {
    try {
      return [{...place, server: listenNow(place, this.#accepting(place))}]
    } catch (error) {
      this.#forgive(place, error)
      return []
    }
  }

  /** @throws error, unless the address is one that need not be there */
  #forgive({optional}: WishedPlace, error: unknown): undefined {
    if (!optional || !isUnavailable(error)) throw error
    this.#missed(error)
  }

  #accepting({isSecure}: Place): Accepting {
    return {accept: isSecure === true ? this.#doors.secure : this.#doors.plain, backlog: this.#backlog}
  }
}

function placesOf({bind, port, tlsPort}: PortsWish): WishedPlace[] {
  const addresses = parseBind(bind)
  const at = (each: number, isSecure: boolean): WishedPlace[] =>
    each === 0 ? [] : addresses.map((address) => ({...address, port: each, isSecure}))
  return [...at(port, false), ...at(tlsPort, true)]
}

function isSame(one: Place, other: Place): boolean {
  return one.host === other.host && one.port === other.port && one.isSecure === other.isSecure
}

function close(places: readonly OpenPlace[]): void {
  for (const {server} of places) server.close()
}
