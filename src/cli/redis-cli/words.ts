/** Where redis-cli and valkey-cli say the same thing in other words. */

export type Flavour = 'redis' | 'valkey'

export interface Words {
  readonly flavour: Flavour
  readonly program: string
  readonly product: string
  readonly primary: string
  readonly primaries: string
  readonly replica: string
  readonly replicas: string
  /** At the start of a line: `Master[0]`. */
  readonly primaryTitle: string
  /** After a number: `6 nodes...`, `6 node(s)...`. */
  readonly nodes: string
}

const REDIS: Words = {
  flavour: 'redis',
  program: 'redis-cli',
  product: 'Redis',
  primary: 'master',
  primaries: 'masters',
  replica: 'slave',
  replicas: 'slaves',
  primaryTitle: 'Master',
  nodes: 'nodes',
}

const VALKEY: Words = {
  flavour: 'valkey',
  program: 'valkey-cli',
  product: 'Valkey',
  primary: 'primary',
  primaries: 'primaries',
  replica: 'replica',
  replicas: 'replicas',
  primaryTitle: 'Primary',
  nodes: 'node(s)',
}

export function wordsOf(flavour: Flavour): Words {
  return flavour === 'redis' ? REDIS : VALKEY
}

/**
 * TSCLUSTER_FLAVOUR decides, else the name by which the program was called (a link named `valkey-cli`), else redis. What
 * servers answer never does: the words must not change under a script when a cluster is upgraded.
 * @param program the path as it was typed
 */
export function flavourFor(program: string, env: Readonly<Record<string, string | undefined>>): Flavour {
  const wanted = env['TSCLUSTER_FLAVOUR']
  if (wanted === 'redis' || wanted === 'valkey') return wanted
  return /(^|[\\/])valkey-cli[^\\/]*$/.test(program) ? 'valkey' : 'redis'
}
