/** Real servers on this machine that nodes of a state folder form a cluster with, as the nodes' own files tell. */
import {existsSync, readFileSync} from 'node:fs'
import type {Address} from '../../model/address.js'
import {parseClusterNodes} from '../../model/cluster-nodes.js'
import type {StateFolder} from './state-folder.js'

/** By port, in their order. What is on another machine has a name of its own, and ports that may be those of our nodes. */
export function strangersOf(folder: StateFolder): readonly Address[] {
  const ports = folder.ports()
  const found = new Map<number, Address>()
  for (const port of ports) {
    const file = folder.nodeFile(port, 'nodes.conf')
    for (const {address} of parseClusterNodes(existsSync(file) ? readFileSync(file, 'utf8') : '') ?? []) {
      if (isLoopback(address.host) && address.port !== 0 && !ports.includes(address.port)) {
        found.set(address.port, address)
      }
    }
  }
  return [...found.values()].sort((a, b) => a.port - b.port)
}

function isLoopback(host: string): boolean {
  return host === '::1' || host.startsWith('127.')
}
