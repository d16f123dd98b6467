/** A node's redis.conf: written at its first start, kept from then on, and changed only where an operator asks for it. */
import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {ManagerError} from '../../manager/error.js'
import {usage} from '../flags.js'
import {NODE_CONF, NODE_LOG, type StateFolder} from './state-folder.js'

export interface NodeWish {
  readonly host: string
  readonly port: number
  readonly cluster: boolean
  /** Directives and values, as `--set` gives them. */
  readonly settings: readonly (readonly [name: string, value: string])[]
  /** A redis.conf to begin with. */
  readonly base?: string
  /** `base` is all of it, and wins over what the node had: nothing is added but its port and its log. */
  readonly isWhole?: boolean
}

/** Suits a developer's machine: a failover in seconds, and no waiting for more replicas before a full synchronization. */
const FIRST_SETTINGS = {
  logfile: NODE_LOG,
  'repl-diskless-sync-delay': '0',
  'enable-debug-command': 'local',
}
const CLUSTER_SETTINGS = {
  'cluster-enabled': 'yes',
  'cluster-config-file': 'nodes.conf',
  'cluster-node-timeout': '5000',
}

/** `NAME=VALUE` or `NAME VALUE`. @throws ManagerError `usage` */
export function parseSetting(text: string): [name: string, value: string] {
  const match = /^([a-z][a-z0-9-]*)(?:=|\s+)([^\r\n]*)$/i.exec(text.trim())
  if (match === null) throw usage(`--set wants NAME=VALUE, not "${text}"`, 'for example --set appendonly=yes')
  const [, name, value] = match
  if (name!.toLowerCase() === 'port') throw usage('--set port=… has no place here: the ports are the arguments')
  return [name!.toLowerCase(), value!.trim()]
}

/**
 * Makes the node's folder and its redis.conf, or changes what `settings` name in the one that is there.
 * @throws ManagerError `io` when the folder cannot be written
 */
export function prepareNode(folder: StateFolder, wish: NodeWish): void {
  const file = folder.nodeFile(wish.port, NODE_CONF)
  const before = existsSync(file) && wish.isWhole !== true ? readFileSync(file, 'latin1') : undefined
  // `engine logs` looks for it in the node's folder, wherever its data are.
  const log: [string, string][] =
    wish.isWhole === true ? [['logfile', `"${folder.nodeFile(wish.port, NODE_LOG)}"`]] : []
  const text = withSettings(before ?? firstConf(wish), [...addressOf(wish, before), ...log, ...wish.settings])
  if (text === before) return
  try {
    mkdirSync(folder.nodeFolder(wish.port), {recursive: true, mode: 0o700})
    writeFileSync(file, text, {mode: 0o600, encoding: 'latin1'})
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new ManagerError('io', `cannot write ${file}: ${why}`, {
      hint: 'choose another folder with --dir',
      cause: error,
    })
  }
}

/** A node that comes back keeps its address, unless it is told to listen somewhere else. */
function addressOf({host, port, base, isWhole}: NodeWish, before: string | undefined): (readonly [string, string])[] {
  if (before !== undefined) return []
  if (isWhole === true) return [['port', String(port)]]
  const bind: (readonly [string, string])[] = base !== undefined && /^\s*bind\s/m.test(base) ? [] : [['bind', host]]
  return [['port', String(port)], ...bind]
}

function firstConf({cluster, base, isWhole}: NodeWish): string {
  if (base !== undefined && isWhole === true) return base
  const opening = '# Written by `tscluster engine start`. Edit it while the node is stopped.\n'
  const settings = Object.entries({...(cluster ? CLUSTER_SETTINGS : {}), ...FIRST_SETTINGS})
  if (base === undefined) return withSettings(opening, settings)
  const missing = settings.filter(([name]) => name === 'logfile' || !new RegExp(`^\\s*${name}\\s`, 'mi').test(base))
  return withSettings(base.endsWith('\n') ? base : `${base}\n`, missing)
}

/** The same text with these values: a directive's line is replaced where it stands, a new one comes last. */
export function withSettings(text: string, settings: readonly (readonly [name: string, value: string])[]): string {
  let lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  for (const [name, value] of settings) {
    const line = Buffer.from(`${name} ${value === '' ? '""' : value}`).toString('latin1')
    const own = new RegExp(`^\\s*${name}(\\s|$)`, 'i')
    const place = lines.findIndex((each) => own.test(each))
    if (place < 0) lines.push(line)
    else {
      lines = lines
        .map((each, index) => (index === place ? line : each))
        .filter((each, index) => index === place || !own.test(each))
    }
  }
  return `${lines.join('\n')}\n`
}

/** The address in a redis.conf: where a node that does not run would listen. */
export function hostIn(text: string): string {
  const bind = /^\s*bind\s+-?(\S+)/m.exec(text)?.[1]
  return bind === undefined || bind === '*' || bind === '0.0.0.0' ? '127.0.0.1' : bind.replaceAll('"', '')
}
