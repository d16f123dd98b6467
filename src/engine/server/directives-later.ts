/** Directives that came after Redis 7.0: the files that later servers come with are read, as far as they ask for nothing new. */

/** What the redis.conf of Redis 8.0 and the valkey.conf of Valkey 8.1 and 9.1 say, which is what the engine does anyway. */
const SHIPPED: ReadonlyMap<string, string> = new Map([
  ['commandlog-execution-slower-than', '10000'],
  ['commandlog-large-reply-max-len', '128'],
  ['commandlog-large-request-max-len', '128'],
  ['commandlog-reply-larger-than', '1048576'],
  ['commandlog-request-larger-than', '1048576'],
  ['commandlog-slow-execution-max-len', '128'],
  ['dual-channel-replication-enabled', 'no'],
  ['hide-user-data-from-log', 'yes'],
  ['locale-collate', ''],
  ['rdb-version-check', 'strict'],
  ['set-max-listpack-entries', '128'],
  ['set-max-listpack-value', '64'],
])

/** @returns undefined for a directive that no later server ships; else whether it may be passed over, or why not */
export function judgeLater(
  name: string,
  values: readonly string[],
): 'passed-over' | {readonly error: string} | undefined {
  const shipped = SHIPPED.get(name)
  if (shipped === undefined || values.length !== 1) return undefined
  if (values[0] === shipped) return 'passed-over'
  return {error: `'${name}' is newer than Redis 7.0 and not supported by the tscluster engine: only '${shipped}'`}
}
