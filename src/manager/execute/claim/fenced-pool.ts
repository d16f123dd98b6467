/** The nodes, for an operation that holds a claim: whatever it sends passes here, and nothing does once the claim is lost. */
import type {NodeClient, NodePool} from '../../ports.js'

/** What is asked before anything is sent. */
export interface Fence {
  readonly isSure: boolean
  /** @throws ManagerError when nothing more may be sent */
  sure(): Promise<void>
}

export function fencedPool(pool: NodePool, fence: Fence): NodePool {
  const open = async (opening: Promise<NodeClient>): Promise<NodeClient> => fencedClient(await opening, fence)
  return {
    credentials: pool.credentials,
    connect: (address, channel) => open(pool.connect(address, channel)),
    connectLines: (address, channel) => open(pool.connectLines(address, channel)),
    probe: (host, port) => pool.probe(host, port),
    resolve: (host) => pool.resolve(host),
    close: () => pool.close(),
  }
}

function fencedClient(client: NodeClient, fence: Fence): NodeClient {
  // Nearly always at once: no turn of the event loop is lost, and commands keep their order.
  const pass = <T>(send: () => Promise<T>): Promise<T> => (fence.isSure ? send() : fence.sure().then(send))
  return {
    address: client.address,
    call: (command, options) => pass(() => client.call(command, options)),
    pipeline: (commands, options) => pass(() => client.pipeline(commands, options)),
  }
}
