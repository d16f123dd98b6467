/** What a node says it is: clients and tools decide by the Redis version what they may use. */

export const ENGINE_VERSION = {
  /** The Redis whose behaviour this engine has. */
  redis: '7.0.15',
  /** The engine's own version, shown by INFO. */
  engine: '0.1.0',
} as const
