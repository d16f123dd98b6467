/** Flags and arguments that the engine's commands share. */
import {Flags} from '@oclif/core'
import type {Address} from '../../model/address.js'
import {parseEndpoints} from '../endpoints.js'
import {usage} from '../flags.js'

export const folderFlag = {
  dir: Flags.string({
    summary: 'state folder: one folder for each node, named by its port (default: $XDG_STATE_HOME/tscluster/engine)',
    helpValue: 'DIR',
  }),
}

/** Directives of the nodes that are started. */
export const settingFlags = {
  set: Flags.string({
    summary: "a directive of the nodes' redis.conf, kept there",
    helpValue: 'NAME=VALUE',
    multiple: true,
    multipleNonGreedy: true,
    default: [],
  }),
  config: Flags.string({summary: 'a redis.conf to begin with, for nodes that are new', helpValue: 'FILE'}),
}

/** `7000-7005 7010,7012 10.0.0.1:7000`. @throws ManagerError `usage` */
export function parseNodes(words: readonly string[], host = '127.0.0.1'): readonly Address[] {
  const parts = words.flatMap((word) => word.split(',')).filter((part) => part !== '')
  const parsed = parseEndpoints(parts.map((part) => (/^\d+(-\d+)?$/.test(part) ? `${bracketed(host)}:${part}` : part)))
  if (typeof parsed === 'string') throw usage(parsed, 'ports are 7000, 7000-7005 or 7000,7005')
  if (parsed.tls || parsed.password !== undefined) throw usage('the engine takes ports, not URLs')
  return parsed.addresses
}

/** Only the ports. @throws ManagerError `usage` */
export function parsePorts(words: readonly string[]): number[] {
  return [...new Set(parseNodes(words).map(({port}) => port))]
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}
