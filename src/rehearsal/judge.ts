/** What must be true in the end, when all faults are over and the cluster was put in order. */
import {keySlot} from '../engine/keyspace/key-slot.js'
import type {SimNode} from '../engine/sim/sim-node.js'
import type {Elements} from './ledger.js'
import {claims, type Ground} from './ground.js'
import {contentsOf, isReplica, keysOf, primaryIdOf, WHOLE_KEY} from './node-facts.js'

/** No key in two places, none on a node that does not own its slot, no acknowledged write lost, replicas as their primaries. */
/** @returns how many acknowledged writes failovers took */
export function judgeData(members: readonly SimNode[], ground: Ground): number {
  const primaries = members.filter((node) => !isReplica(node))
  const holders = holdersOf(primaries)
  judgePlaces(ground, holders)
  judgeStillKeys(ground, holders)
  judgeSource(ground, holders)
  const taken = judgeWrites(ground, holders)
  judgeReplicas(ground, members, primaries)
  return taken
}

type Holders = ReadonlyMap<string, readonly SimNode[]>

function holdersOf(primaries: readonly SimNode[]): Holders {
  const holders = new Map<string, SimNode[]>()
  for (const node of primaries) {
    for (const key of keysOf(node)) {
      const known = holders.get(key)
      if (known === undefined) holders.set(key, [node])
      else known.push(node)
    }
  }
  return holders
}

function judgePlaces(ground: Ground, holders: Holders): void {
  for (const [key, nodes] of holders) {
    const names = nodes.map(({name}) => name).join(' and ')
    if (nodes.length > 1) ground.violated(`key ${key} is in two places: ${names}`)
    else if (!claims(nodes[0]!, keySlot(key))) ground.violated(`key ${key} is on ${names}, which does not own its slot`)
  }
}

function judgeStillKeys(ground: Ground, holders: Holders): void {
  for (const {key, dump} of ground.stillKeys) {
    const [node] = holders.get(key) ?? []
    if (ground.ledger.isExcused(key, WHOLE_KEY)) continue
    if (node === undefined) ground.violated(`key ${key} is gone`)
    else if (node.call('DUMP', key) !== dump) ground.violated(`key ${key} on ${node.name} has another value`)
  }
}

/** However far an import came: each key of its source is there, or in the cluster, as it was. */
function judgeSource(ground: Ground, holders: Holders): void {
  const {source, sourceKeys, ledger} = ground
  for (const {key, dump} of sourceKeys) {
    const places = [...(holders.get(key) ?? []), ...(source === undefined ? [] : [source])]
    const dumps = places.map((node) => node.call('DUMP', key)).filter((each) => each !== null)
    if (dumps.length === 0 && !ledger.isExcused(key, WHOLE_KEY)) {
      ground.violated(`key ${key} is neither at the source nor in the cluster`)
    }
    if (dumps.some((each) => each !== dump)) ground.violated(`key ${key} of the source has another value`)
  }
}

/** All of it has arrived, except what a failover took. */
export function judgeImported(ground: Ground): void {
  const holders = holdersOf(ground.nodes.filter((node) => node.isRunning && !isReplica(node)))
  for (const {key} of ground.sourceKeys) {
    if (!holders.has(key) && !ground.ledger.isExcused(key, WHOLE_KEY)) {
      ground.violated(`key ${key} was to be imported, and is not there`)
    }
  }
}

function judgeWrites(ground: Ground, holders: Holders): number {
  const held = new Map<SimNode, ReadonlyMap<string, Elements>>()
  const elementsOf = (key: string): Elements | undefined => {
    const [node] = holders.get(key) ?? []
    if (node === undefined) return undefined
    let contents = held.get(node)
    if (contents === undefined) held.set(node, (contents = contentsOf(node)))
    return contents.get(key)
  }
  for (const {key, element} of ground.ledger.lost(elementsOf)) {
    ground.violated(`the acknowledged write of ${element} to ${key} is lost`)
  }
  for (const {key, element} of ground.misses) {
    if (!ground.ledger.isExcused(key, element)) ground.violated(`${element} in ${key} was acknowledged, but not read`)
  }
  return ground.ledger.countTaken(elementsOf)
}

function judgeReplicas(ground: Ground, members: readonly SimNode[], primaries: readonly SimNode[]): void {
  for (const replica of members.filter(isReplica)) {
    const primary = primaries.find(({id}) => id === primaryIdOf(replica))
    if (primary === undefined) ground.violated(`replica ${replica.name} follows no primary`)
    else if (!sameKeys(keysOf(primary), keysOf(replica))) {
      ground.violated(`replica ${replica.name} does not hold what its primary ${primary.name} holds`)
    }
  }
}

function sameKeys(some: readonly string[], others: readonly string[]): boolean {
  const known = new Set(some)
  return some.length === others.length && others.every((key) => known.has(key))
}
