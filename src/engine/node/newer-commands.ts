/** Commands as newer servers write them into the stream, in the words of Redis 7.0. */
import {type Bytes} from '../ports.js'

/** Where the options of `HSETEX key KEEPTTL FIELDS count field value …` stand. */
const OPTIONS_AT = 2
const OPTIONS = 3

/**
 * Redis 8.0 tells its replicas of HINCRBYFLOAT as `HSETEX key KEEPTTL FIELDS 1 field value`. Fields do not expire here, so there is
 * nothing to keep: it is an HSET. Changes `argv`. Source: replication.md §6.
 */
export function translateNewer(argv: Bytes[]): void {
  if (argv[0]!.length !== 6 || argv[0]!.toLowerCase() !== 'hsetex') return
  const [condition, fields] = [argv[OPTIONS_AT], argv[OPTIONS_AT + 1]]
  if (condition?.toLowerCase() !== 'keepttl' || fields?.toLowerCase() !== 'fields') return
  argv.splice(OPTIONS_AT, OPTIONS)
  argv[0] = 'HSET'
}
