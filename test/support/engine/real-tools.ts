/** Suites that hold our engine against somebody else's programs: redis-cli, valkey-cli, redis-benchmark. */
import {findProgram, programPath, serversAreRequired, type Flavour, type Program} from '../installed-servers.js'
import {describeOnServers} from '../real-servers.js'
import {startProgram, type CliOptions, type CliResult} from '../run-cli.js'

/** A program of somebody else's, by the product and version that it comes with: `['valkey-9.1', 'cli']`. */
export type Tool = readonly [flavour: Flavour, program: Program]

/** redis-cli writes colours wherever TERM says xterm, pipes included. */
const PLAIN = {TERM: 'dumb', NO_COLOR: '1'}

const LAST_LINES = 30

/** A suite on engine nodes; where a tool it needs is not installed a notice takes its place, in CI a failing test. */
export function describeOnEngine(title: string, tools: readonly Tool[], suite: () => void): void {
  const missing = tools.find(([flavour, program]) => findProgram(flavour, program) === undefined)
  if (missing === undefined || serversAreRequired()) describeOnServers(title, ['engine'], suite)
  else {
    process.stderr.write(`  (not run: "${title}" needs the ${missing[1]} of ${missing[0]}, which is not installed)\n`)
  }
}

/** Runs a tool to its end. @throws Error with what it said when it fails */
export async function runTool(
  [flavour, program]: Tool,
  args: readonly string[],
  options: CliOptions = {},
): Promise<string> {
  const {code, stdout, stderr} = await tryTool([flavour, program], args, options)
  if (code !== 0) {
    throw new Error(`${program} ${args.join(' ')} ended with ${String(code)}:\n${lastLines(stdout)}\n${stderr}`)
  }
  return stdout
}

/** Runs a tool to its end, whatever that is. */
export function tryTool(
  [flavour, program]: Tool,
  args: readonly string[],
  options: CliOptions = {},
): Promise<CliResult> {
  return startProgram(programPath(flavour, program), args, {...options, env: {...options.env, ...PLAIN}}).done
}

/** What a tool said last is why it failed. */
function lastLines(text: string): string {
  return text.trimEnd().split('\n').slice(-LAST_LINES).join('\n')
}
