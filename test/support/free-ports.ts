/** Ports that nobody listens on at the moment: for servers that a test starts. */
import net from 'node:net'

/**
 * Node ports end where the bus port (10,000 above) would reach the ephemeral range of Linux: there any outgoing connection
 * could take it first. `TSCLUSTER_TEST_PORTS=31000-31999` chooses another range.
 */
const [FIRST_PORT, LAST_PORT] = (process.env['TSCLUSTER_TEST_PORTS'] ?? '16000-22700').split('-').map(Number) as [
  number,
  number,
]
const BUS_OFFSET = 10_000
const MOST_TRIES = 200

const handedOut = new Set<number>()

/** A port that is free on `host`, its bus port too, and that this process does not use. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const port = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT + 1))
    if (handedOut.has(port)) continue
    // Before the first look: servers are started side by side, and two of them must not look at the same port.
    handedOut.add(port)
    if ((await isFree(host, port)) && (await isFree(host, port + BUS_OFFSET))) return port
  }
  throw new Error(`no free port between ${FIRST_PORT} and ${LAST_PORT} on ${host}`)
}

/** Its server has ended: a later one may have it, for a process that starts hundreds. */
export function giveBackPort(port: number): void {
  handedOut.delete(port)
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer()
    server.once('error', () => resolve(false))
    server.listen(port, host, () => server.close(() => resolve(true)))
  })
}

/** The first of `count` ports in a row that are free on 127.0.0.1, their bus ports too. */
export async function freePortRange(count: number): Promise<number> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const first = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT + 2 - count))
    const ports = Array.from({length: count}, (_, index) => first + index)
    if (ports.some((port) => handedOut.has(port))) continue
    for (const port of ports) handedOut.add(port)
    const free = ports.flatMap((port) => [isFree('127.0.0.1', port), isFree('127.0.0.1', port + BUS_OFFSET)])
    if ((await Promise.all(free)).every(Boolean)) return first
  }
  throw new Error(`no ${count} free ports in a row between ${FIRST_PORT} and ${LAST_PORT}`)
}
