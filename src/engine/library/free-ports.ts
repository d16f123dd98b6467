/** Ports for nodes that nobody gave one: the client port and the bus port above it are both free. */
import net from 'node:net'
import {BUS_PORT_OFFSET} from '../../model/address.js'

/**
 * The bus port lies 10,000 above and must stay below the range from which Linux takes the ports of outgoing connections: there
 * any of them could be in the way.
 */
const FIRST_PORT = 12_000
const LAST_PORT = 22_700
/** So many random places are looked at before we give up: then nearly all ports are taken. */
const MOST_TRIES = 500

/** What this process was given already: two clusters that start side by side must not look at the same port. */
const handedOut = new Set<number>()

/**
 * @param pick a number from 0 to just under 1
 * @throws Error when no pair is free
 */
export async function freePorts(host: string, count: number, pick: () => number = Math.random): Promise<number[]> {
  const ports: number[] = []
  const range = LAST_PORT - FIRST_PORT + 1
  // Neighbours from a random place on: easy to read, and rarely the place of somebody else.
  let next = Math.floor(pick() * range)
  for (let tries = 0; ports.length < count && tries < MOST_TRIES; tries++) {
    const port = FIRST_PORT + (next++ % range)
    if (handedOut.has(port)) continue
    handedOut.add(port)
    if ((await isFree(host, port)) && (await isFree(host, port + BUS_PORT_OFFSET))) ports.push(port)
    else next = Math.floor(pick() * range)
  }
  if (ports.length < count) throw new Error(`no ${count} free ports between ${FIRST_PORT} and ${LAST_PORT} on ${host}`)
  return ports
}

/** The ports may be given to somebody else from now on. */
export function giveBackPorts(ports: readonly number[]): void {
  for (const port of ports) handedOut.delete(port)
}

/** Whether somebody could listen there now. */
export async function isFree(host: string, port: number): Promise<boolean> {
  return (await listenFault(host, port)) === undefined
}

/** The system's reason why nobody can listen there now: EADDRINUSE, EACCES, EADDRNOTAVAIL…; `undefined` when somebody could. */
export function listenFault(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = net.createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    server.listen({host, port, exclusive: true}, () => server.close(() => resolve(undefined)))
  })
}
