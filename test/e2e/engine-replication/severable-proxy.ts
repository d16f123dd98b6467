/** A wire between a replica and its primary that can be cut, and kept cut. */
import net from 'node:net'
import type {RespTarget} from '../../support/resp.js'

export class SeverableProxy {
  readonly #server: net.Server
  readonly #sockets = new Set<net.Socket>()
  #isOpen = true
  readonly port: number

  private constructor(server: net.Server, target: RespTarget) {
    this.#server = server
    this.port = (server.address() as net.AddressInfo).port
    server.on('connection', (near) => this.#join(near, target))
  }

  static async to(target: RespTarget): Promise<SeverableProxy> {
    const server = net.createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new SeverableProxy(server, target)
  }

  /** Every connection ends in the middle of what it carries; new ones are refused until `mend`. */
  cut(): void {
    this.#isOpen = false
    for (const socket of this.#sockets) socket.destroy()
  }

  mend(): void {
    this.#isOpen = true
  }

  close(): void {
    this.cut()
    this.#server.close()
  }

  #join(near: net.Socket, {host, port}: RespTarget): void {
    if (!this.#isOpen) return void near.destroy()
    const far = net.connect({host, port})
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        this.#sockets.delete(socket)
        other.destroy()
      })
      socket.pipe(other)
    }
  }
}
