/** How keys get from the source into the cluster: MIGRATE, or by our own hands where that cannot be. */
import type {Address} from '../../../model/address.js'
import {targetError} from '../../../model/redis-error.js'
import {replyOf} from '../../error.js'
import {connectDatabase} from '../../observe.js'
import type {NodeClient, NodePool} from '../../ports.js'
import {migrateKeys, type Handover} from '../migration/migrate-keys.js'
import type {Route} from '../migration/route.js'
import type {StepContext} from '../step-context.js'
import type {Destination} from './destinations.js'
import {relayKeys} from './relay.js'

export interface Origin {
  readonly pool: NodePool
  readonly address: Address
  readonly database: number
  readonly keep: boolean
}

export interface Carrier {
  /** Parcels to several owners may be on their way at once. */
  readonly sideBySide: boolean
  carry(to: Destination, keys: readonly Uint8Array[]): Promise<Handover>
}

/** One MIGRATE at a time: each blocks the source, so a second one would only queue behind the first. */
export function migratingCarrier(origin: Origin, context: StepContext): Carrier {
  return {
    sideBySide: false,
    carry: async (to, keys) => migrateKeys(await routeTo(to, origin, context, 'migrate'), keys),
  }
}

/** Its commands are short; each owner has a connection of its own to the source, because WATCH belongs to a connection. */
export function relayingCarrier(origin: Origin, context: StepContext): Carrier {
  return {
    sideBySide: true,
    carry: async (to, keys) => relayKeys(await routeTo(to, origin, context, `relay ${to.id}`), keys),
  }
}

/**
 * Whether the source's MIGRATE and the cluster's ports speak the same language: a node that waits for TLS and never gets it
 * (or the reverse) would block the source for the whole timeout. False also when the nodes do not tell (CONFIG is forbidden).
 */
export async function sameTransport(origin: Origin, to: Destination, context: StepContext): Promise<boolean> {
  const [source, target] = await Promise.all([origin.pool.connect(origin.address), context.pool.connect(to.address)])
  const [dialsTls, tlsPort] = await Promise.all([configOf(source, 'tls-cluster'), configOf(target, 'tls-port')])
  if (dialsTls === undefined || tlsPort === undefined) return false
  return (dialsTls === 'yes') === (Number(tlsPort) === to.address.port)
}

/** The source has no MIGRATE for us, or gets no connection to the cluster: another way may work. */
export function cannotMigrate(error: unknown): boolean {
  const reply = replyOf(error)
  return targetError(reply) === undefined && /^(NOPERM|IOERR)|unknown command/i.test(reply)
}

/** `undefined` when the node does not tell; '' for a parameter that it does not know: then it has no TLS. */
async function configOf(node: NodeClient, parameter: string): Promise<string | undefined> {
  try {
    const reply = await node.call(['CONFIG', 'GET', parameter])
    return Array.isArray(reply) ? String(reply[1] ?? '') : undefined
  } catch (error) {
    if (replyOf(error) === '') throw error
    return undefined
  }
}

async function routeTo(to: Destination, origin: Origin, context: StepContext, channel: string): Promise<Route> {
  const {pool, settings, clock} = context
  const [source, target] = await Promise.all([
    connectDatabase(origin.pool, origin.address, origin.database, channel),
    pool.connect(to.address),
  ])
  return {
    source,
    target,
    targetAddress: to.address,
    database: 0,
    credentials: pool.credentials,
    settings,
    clock,
    keepAtSource: origin.keep,
    settled: true,
  }
}
