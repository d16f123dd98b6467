/** What a program may ask of a node, as directives. */

/** A directive and its value. */
export type Setting = readonly [name: string, value: string]

/** A directive's value: `true` is yes. */
export type DirectiveValue = string | number | boolean

export interface NodeWishes {
  /** A loopback address, or another one of this machine. Default 127.0.0.1. */
  readonly host?: string
  /** requirepass and masterauth. */
  readonly password?: string
  /** redis.conf directives; they win over everything else. */
  readonly config?: Readonly<Record<string, DirectiveValue>>
}

export const DEFAULT_HOST = '127.0.0.1'

/** Quick and quiet, as a test wants it: nothing is saved unless somebody asks for it. */
export function settingsFor(
  wishes: NodeWishes,
  port: number,
  own: Readonly<Record<string, DirectiveValue>>,
): Setting[] {
  const {host = DEFAULT_HOST, password, config = {}} = wishes
  const directives: Readonly<Record<string, DirectiveValue>> = {
    port,
    bind: host,
    save: '',
    'repl-diskless-sync-delay': 0,
    'enable-debug-command': 'yes',
    ...(password !== undefined && {requirepass: password, masterauth: password}),
    ...own,
    ...config,
  }
  return Object.entries(directives).map(([name, value]) => [name, textOf(value)])
}

function textOf(value: DirectiveValue): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  return String(value)
}
