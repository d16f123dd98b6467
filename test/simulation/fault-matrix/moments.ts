/** Which commands change something: only between them is there a moment that matters. */
import {keySlot} from '../../../src/engine/keyspace/key-slot.js'
import type {Command} from './injected-pool.js'

const CLUSTER_CHANGES: ReadonlySet<string> = new Set([
  ...['MEET', 'FORGET', 'ADDSLOTS', 'ADDSLOTSRANGE', 'DELSLOTS', 'DELSLOTSRANGE', 'SETSLOT', 'SET-CONFIG-EPOCH'],
  ...['BUMPEPOCH', 'REPLICATE', 'FAILOVER', 'RESET', 'MIGRATESLOTS', 'CANCELSLOTMIGRATIONS', 'FLUSHSLOTS'],
])
const CHANGES: ReadonlySet<string> = new Set(['MIGRATE', 'RESTORE', 'DEL', 'UNLINK', 'FLUSHALL', 'REPLICAOF'])
const CONFIG_CHANGES: ReadonlySet<string> = new Set(['SET', 'REWRITE'])

/** `MIGRATE`, `CLUSTER SETSLOT`. */
export function nameOf([first, second]: Command): string {
  const name = String(first).toUpperCase()
  return name === 'CLUSTER' || name === 'CONFIG' ? `${name} ${String(second).toUpperCase()}` : name
}

export function isChange(command: Command): boolean {
  const [name, sub = ''] = nameOf(command).split(' ')
  if (name === 'CLUSTER') return CLUSTER_CHANGES.has(sub)
  if (name === 'CONFIG') return CONFIG_CHANGES.has(sub)
  return CHANGES.has(name!)
}

/** It moves keys. */
export function isTransport(command: Command): boolean {
  const name = nameOf(command)
  return name === 'MIGRATE' || name === 'RESTORE' || name === 'CLUSTER MIGRATESLOTS'
}

/** The slot that a command has to do with. */
export function slotOf(command: Command): number | undefined {
  const words = command.map((word) => (typeof word === 'object' ? Buffer.from(word).toString('latin1') : String(word)))
  const name = nameOf(command)
  if (name === 'CLUSTER SETSLOT') return Number(words[2])
  if (name === 'RESTORE') return keySlot(words[1]!)
  if (name === 'CLUSTER MIGRATESLOTS') return Number(words[3])
  if (name !== 'MIGRATE') return undefined
  return keySlot(words[3] === '' ? words[words.findIndex((word) => word.toUpperCase() === 'KEYS') + 1]! : words[3]!)
}
