/** What a server version can do that an older one, or another product, cannot. */

export type Capability =
  | 'add-slots-range' // CLUSTER ADDSLOTSRANGE: Redis 7.0
  | 'functions' // FUNCTION DUMP and RESTORE: Redis 7.0
  | 'migrate-auth2' // MIGRATE … AUTH2 user password: Redis 6.0
  | 'setslot-replicated' // SETSLOT waits until the replicas have it: Valkey 8.0
  | 'slot-migration-export' // CLUSTER MIGRATESLOTS on the source: Valkey 9.0, and tscluster's engine beside Redis' 7.0
  | 'slot-migration-import' // CLUSTER MIGRATION IMPORT on the target: Redis 8.4
  | 'multiple-databases' // cluster-databases: Valkey 9.0

/** `engine`: what tscluster's engine, which says it is a Redis 7.0, can do beyond that. */
export type Product = 'redis' | 'valkey' | 'engine'

const SINCE: readonly (readonly [Capability, {readonly [Name in Product]?: string}])[] = [
  ['add-slots-range', {redis: '7.0', valkey: '7.2'}],
  ['functions', {redis: '7.0', valkey: '7.2'}],
  ['migrate-auth2', {redis: '6.0', valkey: '7.2'}],
  ['setslot-replicated', {valkey: '8.0'}],
  ['slot-migration-export', {valkey: '9.0', engine: '0.1'}],
  ['slot-migration-import', {redis: '8.4'}],
  ['multiple-databases', {valkey: '9.0'}],
]

export function capabilitiesOf(product: Product, version: string): ReadonlySet<Capability> {
  const able = SINCE.filter(([, since]) => {
    const first = since[product]
    return first !== undefined && compareVersions(version, first) >= 0
  })
  return new Set(able.map(([capability]) => capability))
}

/** Negative, zero or positive, number by number: 7.10 comes after 7.2. */
export function compareVersions(a: string, b: string): number {
  const left = a.split('.').map(Number)
  const right = b.split('.').map(Number)
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
