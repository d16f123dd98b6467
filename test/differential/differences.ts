/** What may differ between the two servers, and why: all that the comparison overlooks stands here or in a phrase's own comparison. */

/**
 * Comparisons other than `exact`, and what they are for:
 * - `unordered`, `pairs`: members and fields of a hash table, keys of a database: the order is the table's.
 * - `shape`: chance (RANDOMKEY, SRANDMEMBER…), the clock (TTL), payloads whose members come in a hash table's order. OBJECT REFCOUNT
 *   of a small integer that was copied: Redis shares it only where it was parsed.
 * - `near`: distances beyond four decimals, which depend on the last digit of a sine.
 *
 * Not asked: ranges by name over members of different scores in a large sorted set (they depend on the chance levels of a skip
 * list), negative counts that would make replies of gigabytes, and times that would pass during the run.
 */

/** Commands, or subcommands, that are not asked with whatever arguments come. */
export const NOT_ASKED_AT_RANDOM: ReadonlySet<string> = new Set([
  // They end, silence or take over the connection, the server, or the conversation.
  ...['shutdown', 'quit', 'reset', 'hello', 'monitor', 'sync', 'psync', 'replconf', 'multi'],
  ...['subscribe', 'psubscribe', 'ssubscribe', 'unsubscribe', 'punsubscribe', 'sunsubscribe'],
  ...['client|reply', 'client|kill', 'client|pause', 'client|tracking', 'client|caching', 'debug'],
  // They reach for other servers, or for files.
  ...['replicaof', 'slaveof', 'failover', 'migrate', 'save', 'bgsave', 'bgrewriteaof', 'config|rewrite'],
  // They tell of the server's own insides.
  ...[
    'memory|stats',
    'memory|malloc-stats',
    'memory|doctor',
    'latency|doctor',
    'lolwut',
    'role',
    'command',
    'command|list',
  ],
  ...['command|docs', 'command|info', 'command|count'],
])
