/** Nodes on paper that keep a list of their clients, as CLIENT LIST shows it: for claims, whose every command is one of these. */
import {address, formatAddress, type Address} from '../../src/model/address.js'
import {ManagerError} from '../../src/manager/error.js'
import type {Claimant} from '../../src/manager/execute/claim/claimant.js'
import type {Ground} from '../../src/manager/execute/claim/places.js'
import type {Argument, ManagerClock, NodeClient, NodePool, Reply} from '../../src/manager/ports.js'

interface Connection {
  readonly id: number
  name: string
  heardMs: number
  isOpen: boolean
  /** The command before, on its way: commands keep their order. */
  before: Promise<void>
}

interface PaperNode {
  readonly id: string
  readonly address: Address
  readonly clients: Set<Connection>
  /** Answers nothing, and keeps what it is sent for later. */
  thaw: Promise<void> | undefined
  isDown: boolean
  /** Takes connections, and answers nothing in time. */
  isHanging: boolean
  /** Commands that a user may not run, by their first words. */
  readonly forbidden: Set<string>
}

/** What happens before a node reads a command, and before its answer is read: where another may come in between. */
export type Turn = (what: string) => Promise<void>

const AT_ONCE: Turn = () => Promise.resolve()

export class ClaimNodes {
  readonly nodes: readonly PaperNode[]
  readonly #clock: Pick<ManagerClock, 'nowMs'>
  #nextClient = 1

  constructor(count: number, clock: Pick<ManagerClock, 'nowMs'>) {
    this.#clock = clock
    this.nodes = Array.from({length: count}, (_, index) => ({
      id: String(index + 1).repeat(40),
      address: address('10.0.0.1', 7001 + index),
      clients: new Set(),
      thaw: undefined,
      isDown: false,
      isHanging: false,
      forbidden: new Set(),
    }))
  }

  /** The whole of it, entered at the first node. */
  get ground(): Ground {
    return {entries: this.nodes.map((node) => formatAddress(node.address)), newcomers: [], nodes: []}
  }

  /** The flags that are up there, in the order of the connections. */
  flagsOn(index: number): string[] {
    return [...this.nodes[index]!.clients].map(({name}) => name).filter(Boolean)
  }

  /** As a restart does it: all connections are lost, and it takes new ones. */
  restart(index: number): void {
    for (const client of this.nodes[index]!.clients) client.isOpen = false
    this.nodes[index]!.clients.clear()
  }

  /** @returns what lets it answer again */
  freeze(index: number): () => void {
    const node = this.nodes[index]!
    let end = (): void => undefined
    node.thaw = new Promise((resolve) => (end = resolve))
    return () => {
      node.thaw = undefined
      end()
    }
  }

  /** The connections of one process. */
  pool(turn: Turn = AT_ONCE, who = ''): NodePool {
    const channels = new Map<string, {readonly connection: Connection; readonly client: NodeClient}>()
    const connect = async (to: Address, channel = ''): Promise<NodeClient> => {
      const key = `${formatAddress(to)}/${channel}`
      const known = channels.get(key)
      if (known?.connection.isOpen === true) return known.client
      const node = this.nodes.find((each) => formatAddress(each.address) === formatAddress(to))
      if (node === undefined || node.isDown) throw lost(to)
      const connection = {
        id: this.#nextClient++,
        name: '',
        heardMs: this.#clock.nowMs(),
        isOpen: true,
        before: Promise.resolve(),
      }
      node.clients.add(connection)
      const client = this.#clientOf(node, connection, (what) => turn(`${who} ${what} at ${node.address.port}`))
      channels.set(key, {connection, client})
      return client
    }
    return {
      credentials: {},
      connect,
      connectLines: connect,
      probe: () => Promise.resolve('open'),
      resolve: (host) => Promise.resolve(host),
      close: () => undefined,
    }
  }

  #clientOf(node: PaperNode, connection: Connection, turn: Turn): NodeClient {
    const ask = async (argv: readonly Argument[]): Promise<Reply | Error> => {
      connection.before = connection.before.then(() => turn(`sends ${argv.join(' ')}`)).then(() => node.thaw)
      await connection.before
      if (!connection.isOpen || node.isHanging) throw lost(node.address)
      connection.heardMs = this.#clock.nowMs()
      const reply = this.#answer(node, connection, argv.map(String))
      await turn('hears')
      if (!connection.isOpen) throw lost(node.address)
      return reply
    }
    return {
      address: node.address,
      call: async (argv) => {
        const reply = await ask(argv)
        if (reply instanceof Error) throw reply
        return reply
      },
      pipeline: async (commands) => {
        const replies: (Reply | Error)[] = []
        for (const argv of commands) replies.push(await ask(argv))
        return replies
      },
    }
  }

  #answer(node: PaperNode, connection: Connection, argv: readonly string[]): Reply | Error {
    const words = argv.slice(0, 2).join(' ')
    if (node.forbidden.has(words)) return notPermitted(node.address, words)
    switch (words) {
      case 'CLUSTER NODES':
        return this.#clusterNodes(node)
      case 'CLIENT SETNAME':
        connection.name = argv[2]!
        return 'OK'
      case 'CLIENT LIST':
        return [...node.clients].map((client) => this.#line(client)).join('')
      case 'CLIENT KILL':
        return this.#kill(node, Number(argv[3]))
      default:
        return 'PONG'
    }
  }

  #clusterNodes(asked: PaperNode): string {
    const lines = this.nodes.map((node) => {
      const {host, port} = node.address
      const flags = node === asked ? 'myself,master' : 'master'
      return `${node.id} ${host}:${port}@${port + 10_000} ${flags} - 0 0 1 connected`
    })
    return `${lines.join('\n')}\n`
  }

  #line({id, name, heardMs}: Connection): string {
    const idle = Math.floor((this.#clock.nowMs() - heardMs) / 1000)
    return `id=${id} addr=10.0.0.9:5000 laddr=10.0.0.1:7000 fd=8 name=${name} age=1 idle=${idle} flags=N db=0 cmd=ping\n`
  }

  #kill(node: PaperNode, id: number): number {
    const victim = [...node.clients].find((client) => client.id === id)
    if (victim === undefined) return 0
    victim.isOpen = false
    node.clients.delete(victim)
    return 1
  }
}

/** Somebody who wants to work, with what he is told. */
export function claimantNamed(
  name: string,
  clock: ManagerClock,
  more: Partial<Claimant> = {},
): Claimant & {readonly told: string[]} {
  const told: string[] = []
  return {
    owner: {id: name.padEnd(16, '0'), run: '1', operation: 'reshard', user: name, host: 'bastion', sinceMs: 0},
    force: false,
    clock,
    wallMs: () => clock.nowMs(),
    note: (message) => told.push(message),
    warn: (message) => told.push(`warning: ${message}`),
    told,
    ...more,
  }
}

function lost(to: Address): ManagerError {
  return new ManagerError('unreachable', 'closed the connection', {node: formatAddress(to)})
}

function notPermitted(to: Address, words: string): ManagerError {
  const reply = `NOPERM this user has no permissions to run the '${words.toLowerCase().replace(' ', '|')}' command`
  return new ManagerError('not-permitted', `${words} refused: ${reply}`, {node: formatAddress(to), reply})
}
