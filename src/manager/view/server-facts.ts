/** INFO → ServerFacts. */
import {capabilitiesOf} from './capability.js'
import type {FieldLines} from '../../model/field-lines.js'
import type {ServerFacts} from './node-view.js'

export function serverFacts(info: FieldLines): ServerFacts {
  // Valkey says redis_version:7.2.4 for ever, so that old clients keep working.
  const valkeyVersion = info.get('valkey_version')
  const product = valkeyVersion === undefined ? 'redis' : 'valkey'
  const version = valkeyVersion ?? info.get('redis_version') ?? ''
  const able = capabilitiesOf(product, version)
  const engineVersion = info.get('tscluster_version')
  const isReplica = info.get('role') === 'slave'
  return {
    product,
    version,
    capabilities: engineVersion === undefined ? able : new Set([...able, ...capabilitiesOf('engine', engineVersion)]),
    keysByDatabase: keysByDatabase(info),
    loading: info.get('loading') === '1',
    replOffset: Number(info.get(isReplica ? 'slave_repl_offset' : 'master_repl_offset') ?? 0),
    primaryLinkUp: isReplica ? info.get('master_link_status') === 'up' : null,
    syncLeftBytes: countOrNull(info.get('master_sync_left_bytes')),
    savingS: countOrNull(info.get('rdb_current_bgsave_time_sec')),
    usedMemoryBytes: Number(info.get('used_memory') ?? 0),
    maxMemoryBytes: Number(info.get('maxmemory') ?? 0),
  }
}

/** INFO says -1 where there is nothing to count. */
function countOrNull(text: string | undefined): number | null {
  const value = Number(text ?? -1)
  return value >= 0 ? value : null
}

/** `db0:keys=12,expires=0,avg_ttl=0` */
function keysByDatabase(info: FieldLines): ReadonlyMap<number, number> {
  const lines = [...info.matching(/^db(\d+):keys=(\d+)/gm)]
  return new Map(lines.map(([, database, count]) => [Number(database), Number(count)]))
}
