/** One node per nodes.conf: two that believe to be the same node would tear a cluster apart. */
import {readFileSync, statSync} from 'node:fs'
import net from 'node:net'
import path from 'node:path'

/** A file that this node holds, until it is released. */
export interface NodesConfLock {
  release(): void
}

/** Redis' own words for it. */
export function nodesConfInUse(name: string): string {
  return `Sorry, the cluster configuration file ${name} is already used by a different Redis Cluster node. Please make sure that different nodes use different cluster configuration files.`
}

/**
 * Takes the file for this node, as far as Node.js can without flock(2): against other engine nodes with a name that the kernel gives to
 * one process only and takes back when that ends, however it ends; against a real server, which does hold a flock, by the kernel's list
 * of locks. Both exist on Linux only, and in one network namespace; elsewhere nothing is held. A real server that is started later does
 * not see this lock.
 * @param file of an existing folder; the file itself need not exist yet
 * @returns undefined when somebody else has it
 */
export async function lockNodesConf(file: string): Promise<NodesConfLock | undefined> {
  if (process.platform !== 'linux') return {release: () => undefined}
  if (isFlocked(file)) return undefined
  const {dev, ino} = statSync(path.dirname(file))
  return holdName(`\0tscluster:${dev}:${ino}:${path.basename(file)}`)
}

/** Source: proc(5), /proc/locks: `1: FLOCK  ADVISORY  WRITE 7013 00:2e:811 0 EOF`. */
function isFlocked(file: string): boolean {
  const found = statSync(file, {throwIfNoEntry: false})
  if (found === undefined) return false
  const device = [(found.dev >> 8) & 0xfff, found.dev & 0xff]
    .map((part) => part.toString(16).padStart(2, '0'))
    .join(':')
  try {
    const locks = readFileSync('/proc/locks', 'latin1').split('\n')
    return locks.some((line) => /\bFLOCK\b.*\bWRITE\b/.test(line) && line.includes(` ${device}:${found.ino} `))
  } catch {
    return false // no /proc here
  }
}

/** A name beginning with NUL belongs to no folder: nothing is left behind. */
function holdName(name: string): Promise<NodesConfLock | undefined> {
  return new Promise((resolve, reject) => {
    const server = net.createServer((socket) => socket.destroy())
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined)
      else reject(error)
    })
    server.listen({path: name}, () => resolve({release: () => void server.close()}))
    server.unref()
  })
}
