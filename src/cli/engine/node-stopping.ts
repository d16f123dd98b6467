/** Nodes that were asked to stop and wait for replicas first, in words. */
import type {RunningNode} from './daemon-protocol.js'

/** `7000 waits for 127.0.0.1:7003 to catch up, 8 s at most: `tscluster engine kill 7000` ends it at once`; empty for one that does not. */
export function waitInWords({port, stopping}: Pick<RunningNode, 'port' | 'stopping'>): string {
  if (stopping === null) return ''
  const {replicas, leftMs} = stopping
  const limit = `${Math.ceil(leftMs / 1000)} s at most`
  return `${port} waits for ${replicas.join(', ')} to catch up, ${limit}: \`tscluster engine kill ${port}\` ends it at once`
}

/** Says so once for each node, however often it hears of it. */
export function waitTeller(note: (text: string) => void): (waiting: readonly RunningNode[]) => void {
  const told = new Set<number>()
  return (waiting) => {
    for (const node of waiting) {
      if (!told.has(node.port)) note(waitInWords(node))
      told.add(node.port)
    }
  }
}
