/** The claim of an operation as every node shows it: the name of one of its connections, read in CLIENT LIST. */
import type {ClaimOwner} from '../../claim-owner.js'

/**
 * `claiming`: it has raised its flag and looks whether it is alone; it has changed nothing so far. `held`: it found itself alone,
 * and works.
 */
export type ClaimState = 'claiming' | 'held'

/** What one connection in CLIENT LIST says of a claim. */
export interface ClaimSeen {
  readonly owner: ClaimOwner
  readonly state: ClaimState
  /** Of the connection, for CLIENT KILL ID. */
  readonly clientId: string
  /** How long the node has heard nothing on it, ms: by the node's clock, so no two clocks need to agree. */
  readonly idleMs: number
}

const PREFIX = 'tscluster|'
const VERSION = '1'

/** `tscluster|1|held|9f2c01d8e5a7b634|5e1d|reshard|1763692867|ops|bastion-2`; what a client's name must not hold is percent-encoded. */
export function formatClaim({id, run, operation, user, host, sinceMs}: ClaimOwner, state: ClaimState): string {
  const words = [VERSION, state, id, run, operation, String(Math.floor(sinceMs / 1000)), user, host]
  return `${PREFIX}${words.map(encodeURIComponent).join('|')}`
}

/** The claims among the clients of a node. Whatever else is connected is passed over without being read. */
export function claimsIn(clientList: string): ClaimSeen[] {
  const found: ClaimSeen[] = []
  const mark = ` name=${PREFIX}`
  for (let at = clientList.indexOf(mark); at >= 0; at = clientList.indexOf(mark, at + 1)) {
    const start = clientList.lastIndexOf('\n', at) + 1
    const end = clientList.indexOf('\n', at)
    const seen = parseClient(clientList.slice(start, end < 0 ? undefined : end))
    if (seen !== undefined) found.push(seen)
  }
  return found
}

function parseClient(line: string): ClaimSeen | undefined {
  const fields = new Map(line.trim().split(' ').map(fieldOf))
  const claim = parseClaim(fields.get('name') ?? '')
  const clientId = fields.get('id') ?? ''
  const idleMs = Number(fields.get('idle')) * 1000
  if (claim === undefined || !/^\d+$/.test(clientId) || !Number.isFinite(idleMs)) return undefined
  return {...claim, clientId, idleMs}
}

/** A later version may say more at the end; what it says first stays what it is. */
function parseClaim(name: string): Pick<ClaimSeen, 'owner' | 'state'> | undefined {
  if (!name.startsWith(PREFIX)) return undefined
  const [, state, id, run, operation, seconds, user, host] = name.slice(PREFIX.length).split('|').map(decoded)
  const sinceMs = Number(seconds) * 1000
  if (state !== 'claiming' && state !== 'held') return undefined
  if (!id || !run || !operation || user === undefined || host === undefined) return undefined
  return Number.isFinite(sinceMs) ? {state, owner: {id, run, operation, user, host, sinceMs}} : undefined
}

function fieldOf(field: string): [string, string] {
  const at = field.indexOf('=')
  return [field.slice(0, at), field.slice(at + 1)]
}

/** Anybody may give a connection such a name: what comes out of it is shown on a terminal, so nothing in it may steer one. */
function decoded(word: string): string {
  try {
    return decodeURIComponent(word).replace(/\p{C}/gu, '?')
  } catch {
    return word
  }
}
