/** The manager's connections to simulated nodes: one for each address and channel, as over real sockets. */
import {formatAddress, type Address} from '../model/address.js'
import type {NodeClient, NodePool} from '../manager/ports.js'
import {SimNodeClient} from './sim-node-client.js'
import type {Lifeline} from './lifeline.js'

const CONNECT_TIMEOUT_MS = 5_000
const COMMAND_TIMEOUT_MS = 5_000
const PROBE_TIMEOUT_MS = 1_000

export class SimNodePool implements NodePool {
  readonly credentials = {}
  readonly #lifeline: Lifeline
  readonly #clients = new Map<string, Promise<SimNodeClient>>()

  constructor(lifeline: Lifeline) {
    this.#lifeline = lifeline
  }

  async connect(address: Address, channel = ''): Promise<NodeClient> {
    const key = `${formatAddress(address)}/${channel}`
    const known = this.#clients.get(key)
    if (known !== undefined) {
      const client = await known
      if (client.usable) return client
    }
    const opening = this.#open(address)
    this.#clients.set(key, opening)
    try {
      return await opening
    } catch (error) {
      this.#clients.delete(key)
      throw error
    }
  }

  connectLines(address: Address, channel = ''): Promise<NodeClient> {
    return this.connect(address, `lines ${channel}`)
  }

  probe(host: string, port: number): Promise<'open' | 'refused' | 'unknown'> {
    const {simulator} = this.#lifeline.stage
    return this.#lifeline.promise((resolve) => {
      const end = (verdict: 'open' | 'refused' | 'unknown'): void => {
        forgetLimit()
        connection.close()
        released()
        resolve(verdict)
      }
      const forgetLimit = this.#lifeline.after(PROBE_TIMEOUT_MS, () => end('unknown'))
      const connection = simulator.connect(
        {host, port},
        {
          onOpen: () => end('open'),
          onBytes: () => undefined,
          onClose: (reason) => end(/ECONNREFUSED/.test(reason) ? 'refused' : 'unknown'),
        },
      )
      const released = this.#lifeline.holds(() => connection.close())
    })
  }

  /** There are no names in a simulated network. */
  resolve(host: string): Promise<string> {
    return Promise.resolve(host)
  }

  close(): void {
    for (const opening of this.#clients.values()) {
      opening.then(
        (client) => client.close(),
        () => undefined, // it never opened
      )
    }
    this.#clients.clear()
  }

  async #open(address: Address): Promise<SimNodeClient> {
    const client = new SimNodeClient(this.#lifeline, address, COMMAND_TIMEOUT_MS)
    await client.opened(CONNECT_TIMEOUT_MS)
    return client
  }
}
