/** The same command line for redis-cli (or valkey-cli) and for us, and what both said in a form that can be compared. */
import {expect} from 'chai'
import {programPath, type Flavour} from '../../support/installed-servers.js'
import {runCli, startProgram, type CliOptions, type CliResult} from '../../support/run-cli.js'

/** redis-cli writes colours wherever TERM says xterm, pipes included. */
const PLAIN = {TERM: 'dumb', NO_COLOR: '1'}

/** The original tool that comes with a server. */
export function original(flavour: Flavour, args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return startProgram(programPath(flavour, 'cli'), args, {...options, env: {...options.env, ...PLAIN}}).done
}

/** Ours, in the words of the same family. */
export function ours(flavour: Flavour, args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const env = {...options.env, ...PLAIN, TSCLUSTER_FLAVOUR: flavour.startsWith('valkey') ? 'valkey' : 'redis'}
  return runCli(args, {...options, env})
}

export interface Expectations {
  readonly input?: string
  /** Ours, where it differs on purpose; docs/redis-cli.md names each. */
  readonly code?: number
}

/** For lines that change nothing: both tools get the same cluster. */
export async function expectSame(
  flavour: Flavour,
  args: readonly string[],
  {input, code}: Expectations = {},
): Promise<void> {
  const options = input === undefined ? {} : {input}
  const [theirs, mine] = await Promise.all([original(flavour, args, options), ours(flavour, args, options)])
  expect(mine).to.deep.equal({...theirs, code: code ?? theirs.code})
}

/** One of two equal clusters. */
export interface Named {
  readonly ids: readonly string[]
  readonly nodes: Iterable<{readonly host: string; readonly port: number}>
}

/**
 * Names in the place of ids and addresses, and rows in an order of their own where redis-cli's is that of the server's hash
 * table: then equal clusters tell equal stories.
 */
export function comparable(
  {stdout, stderr, code}: CliResult,
  cluster: Named,
): {out: string; err: string; code: number | null} {
  // A dot for each second of waiting: that is a matter of luck.
  const waited = stdout.replace(/(Waiting for the cluster to join\n)\.*/, '$1')
  return {out: sorted(named(waited, cluster)), err: sorted(named(stderr, cluster)), code}
}

function named(text: string, {ids, nodes}: Named): string {
  let result = text
  for (const [index, id] of ids.entries()) {
    result = result.replaceAll(id, `id-${index}`).replaceAll(`(${id.slice(0, 8)}...)`, `(id-${index}...)`)
  }
  for (const [index, {host, port}] of [...nodes].entries()) {
    result = result.replaceAll(`${host}:${port}`, `node-${index}`).replaceAll(`${host}-${port}`, `node-${index}`)
  }
  return result
}

const KINDS = [
  /^ *[MS]: /,
  /^node-\d+ \(id/,
  /^node-\d+: /,
  /^Adding replica/,
  /^Could not connect/,
  /^Migrating /,
  /^ *Moving slot /,
  /^\*\*\* New timeout/,
]

/** Neighbouring blocks of one kind, sorted. A block is a line and the deeper lines below it. */
function sorted(text: string): string {
  const blocks: string[] = []
  for (const line of text.split('\n')) {
    const belongsToRow = /^ {3,}(slots:|replicates |\d+ additional)/.test(line)
    if (belongsToRow && blocks.length > 0) blocks[blocks.length - 1] += `\n${line}`
    else blocks.push(line)
  }
  const kindOf = (block: string): number => KINDS.findIndex((kind) => kind.test(block))
  const runs: string[][] = []
  for (const block of blocks) {
    const last = runs.at(-1)
    if (last !== undefined && kindOf(block) >= 0 && kindOf(last[0]!) === kindOf(block)) last.push(block)
    else runs.push([block])
  }
  return runs.map((run) => run.toSorted().join('\n')).join('\n')
}
