/** One line of CLUSTER NODES, which is also one of nodes.conf, as Redis 7.0 writes it. */
import {rangesIn} from './slot-table.js'
import {epochOf, NODE, type ClusterNode, type ClusterState} from './state.js'

/** In the order in which the words are printed. */
const FLAG_WORDS: readonly (readonly [flag: number, word: string])[] = [
  [NODE.MYSELF, 'myself'],
  [NODE.PRIMARY, 'master'],
  [NODE.REPLICA, 'slave'],
  [NODE.PFAIL, 'fail?'],
  [NODE.FAIL, 'fail'],
  [NODE.HANDSHAKE, 'handshake'],
  [NODE.NOADDR, 'noaddr'],
  [NODE.NOFAILOVER, 'nofailover'],
]

const NO_FLAGS = 'noflags'

export function formatFlags(flags: number): string {
  let words = ''
  for (const [flag, word] of FLAG_WORDS) {
    if ((flags & flag) !== 0) words += words === '' ? word : `,${word}`
  }
  return words === '' ? NO_FLAGS : words
}

/** `undefined` for a word that is no flag: the file is then not ours, or newer than we are. */
export function parseFlags(words: string): number | undefined {
  if (words === NO_FLAGS) return 0
  let flags = 0
  for (const each of words.split(',')) {
    const known = FLAG_WORDS.find(([, word]) => word === each)
    if (known === undefined) return undefined
    flags |= known[0]
  }
  return flags
}

/** Without the newline. @param port the one to tell: of several it depends on who asks */
export function formatNodeLine(state: ClusterState, node: ClusterNode, port = node.port): string {
  const host = node.hostname === '' ? '' : `,${node.hostname}`
  const link = node.outbound !== null || node === state.myself ? 'connected' : 'disconnected'
  let line = `${node.id} ${node.ip}:${port}@${node.busPort}${host} ${formatFlags(node.flags)} `
  line += `${node.primary?.id ?? '-'} ${Math.floor(node.pingSent)} ${Math.floor(node.pongReceived)} ${epochOf(node)} ${link}`
  if (node.slotCount > 0) {
    for (const [first, last] of rangesIn(node.slots)) line += first === last ? ` ${first}` : ` ${first}-${last}`
  }
  return node === state.myself ? line + formatOpenSlots(state) : line
}

function formatOpenSlots(state: ClusterState): string {
  let text = ''
  const slots = [...new Set([...state.migratingTo.keys(), ...state.importingFrom.keys()])].sort((a, b) => a - b)
  for (const slot of slots) {
    const target = state.migratingTo.get(slot)
    // Of a slot that both leaves and arrives, only the leaving is told, as by Redis.
    if (target !== undefined) text += ` [${slot}->-${target.id}]`
    else text += ` [${slot}-<-${state.importingFrom.get(slot)!.id}]`
  }
  return text
}
