/** The limits of packed encodings, as the configuration has them at any time. */
import {DEFAULT_ENCODING_LIMITS, type EncodingLimits} from '../values/encoding-limits.js'
import {type Config} from './config.js'

const DIRECTIVES: readonly (readonly [name: string, limit: keyof EncodingLimits])[] = [
  ['hash-max-listpack-entries', 'hashMaxListpackEntries'],
  ['hash-max-listpack-value', 'hashMaxListpackValue'],
  ['set-max-intset-entries', 'setMaxIntsetEntries'],
  ['zset-max-listpack-entries', 'zsetMaxListpackEntries'],
  ['zset-max-listpack-value', 'zsetMaxListpackValue'],
  ['list-max-listpack-size', 'listMaxListpackSize'],
]

/** One record for all collections of a node: CONFIG SET changes it, and every later change of a collection goes by it. */
export function encodingLimitsOf(config: Config): EncodingLimits {
  const limits: EncodingLimits = {...DEFAULT_ENCODING_LIMITS}
  for (const [name, limit] of DIRECTIVES) {
    config.watch(name, (value) => {
      if (value !== '') limits[limit] = Number(value)
    })
  }
  return limits
}
