/** Puts paper nodes behind real sockets: a small RESP2 server for what no installed server can answer. */
import net from 'node:net'
import {SlotSet} from '../../src/model/slot-set.js'
import {freePort} from './free-ports.js'
import {Redis84, type Answer, type Redis84Options, type StandInNode} from './redis-84.js'

export interface StandInCluster {
  readonly nodes: readonly StandInNode[]
  readonly redis: Redis84
  stop(): Promise<void>
}

/** Two primaries that say they are Redis 8.4; the slots are divided between them. */
export async function startRedis84(options?: Redis84Options): Promise<StandInCluster> {
  const host = '127.0.0.1'
  const nodes: StandInNode[] = []
  for (const [id, slots] of [
    ['a', '0-8191'],
    ['b', '8192-16383'],
  ] as const) {
    nodes.push({id: id.repeat(40), host, port: await freePort(host), slots: SlotSet.parse(slots)!})
  }
  const redis = new Redis84(nodes, options)
  const sockets = new Set<net.Socket>()
  const servers = nodes.map((node) =>
    net.createServer((socket) => {
      sockets.add(socket)
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
      serve(socket, (argv) => redis.answer(node, argv))
    }),
  )
  await Promise.all(
    servers.map((server, index) => new Promise<void>((up) => server.listen(nodes[index]!.port, host, up))),
  )
  return {
    nodes,
    redis,
    stop: async () => {
      for (const socket of sockets) socket.destroy()
      await Promise.all(servers.map((server) => new Promise<void>((down) => server.close(() => down()))))
    },
  }
}

function serve(socket: net.Socket, answer: (argv: readonly string[]) => Answer): void {
  let unread = ''
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    unread += chunk
    for (;;) {
      const request = readRequest(unread)
      if (request === undefined) return
      unread = unread.slice(request.end)
      socket.write(encode(answer(request.argv)), 'latin1')
    }
  })
}

/** `undefined` while it is not complete. */
function readRequest(text: string): {argv: string[]; end: number} | undefined {
  const header = /^\*(\d+)\r\n/.exec(text)
  if (header === null) return undefined
  let end = header[0].length
  const argv: string[] = []
  while (argv.length < Number(header[1])) {
    const size = /^\$(\d+)\r\n/.exec(text.slice(end, end + 16))
    if (size === null) return undefined
    const from = end + size[0].length
    end = from + Number(size[1]) + 2
    if (end > text.length) return undefined
    argv.push(text.slice(from, end - 2))
  }
  return {argv, end}
}

function encode(answer: Answer): string {
  if (typeof answer === 'number') return `:${answer}\r\n`
  if (typeof answer === 'string') return `$${Buffer.byteLength(answer, 'latin1')}\r\n${answer}\r\n`
  if (answer instanceof Error) return `-${answer.message}\r\n`
  if ('simple' in answer) return `+${answer.simple}\r\n`
  return `*${answer.length}\r\n${answer.map(encode).join('')}`
}
