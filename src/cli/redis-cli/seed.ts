/** The address of the cluster, as each subcommand takes it. */
import {ManagerError} from '../../manager/error.js'
import type {Address} from '../../model/address.js'
import {hostAndPort, parseHostPort} from './addresses.js'

const INVALID =
  '[ERR] Invalid arguments: you need to pass either a valid address (ie. 120.0.0.1:7000) or space separated IP and port (ie. 120.0.0.1 7000)'

/** @throws ManagerError `usage` for anything that is not `host:port` */
export function seedOf(word: string | undefined): Address {
  return parseHostPort(word ?? '') ?? invalid()
}

/**
 * `host:port`, or `host` and `port` as two words; what follows is ignored.
 * @throws ManagerError `usage` for anything else
 */
export function seedOfWords([first, second]: readonly string[]): Address {
  if (second === undefined) return seedOf(first)
  return hostAndPort(first!, second) ?? invalid()
}

function invalid(): never {
  throw new ManagerError('usage', INVALID)
}
