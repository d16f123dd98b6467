/** `tscluster engine logs`: what nodes of the bundled engine have written into their logs. */
import {Args, Flags} from '@oclif/core'
import {folderFlag, parsePorts} from '../../cli/engine/flags.js'
import {followLogs, hasLog, lastLines, type NodeLog} from '../../cli/engine/node-logs.js'
import {StateFolder} from '../../cli/engine/state-folder.js'
import {usage, wholeNumber} from '../../cli/flags.js'
import {PlainCommand} from '../../cli/plain-command.js'

/** The documented result: docs/json.md. */
export interface EngineLogsResult {
  readonly schema: 'tscluster.engine-logs/1'
  readonly nodes: readonly NodeLog[]
}

const DEFAULT_LINES = 20

export class EngineLogs extends PlainCommand {
  static override summary = 'show the logs of nodes of the bundled engine'
  static override description =
    'The last lines of each log; with --follow also what comes, until Ctrl-C. Where there is more than one node, each line begins ' +
    'with the port of its own.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> 7000',
    '<%= config.bin %> <%= command.id %> 7000 7003 -n 100',
    '<%= config.bin %> <%= command.id %> --follow',
  ]
  static override args = {
    ports: Args.string({
      description: '7000, 7000-7005 (default: all)',
      multiple: true,
      required: false,
      ignoreStdin: true,
    }),
  }
  static override flags = {
    ...folderFlag,
    follow: Flags.boolean({char: 'f', summary: 'go on with what comes, until Ctrl-C'}),
    lines: wholeNumber({char: 'n', summary: 'so many last lines of each', default: DEFAULT_LINES}),
  }

  async run(): Promise<EngineLogsResult> {
    const {args, flags} = await this.parse(EngineLogs)
    await this.openRenderer(flags)
    if (flags.follow && this.jsonEnabled()) throw usage('--follow has no end, so no result: leave out --json')
    const folder = StateFolder.of(flags.dir, this.world.env)
    const ports = chosenPorts(folder, parsePorts(args.ports ?? []))
    const nodes = ports.map((port) => lastLines(folder, port, flags.lines))
    if (!this.jsonEnabled()) {
      const show = (port: number, line: string): void => {
        this.world.stdout.write(ports.length > 1 ? `${port} | ${line}\n` : `${line}\n`)
      }
      for (const {port, lines} of nodes) for (const line of lines) show(port, line)
      if (flags.follow) await untilInterrupted((signal) => followLogs(folder, ports, {show, signal}))
    }
    return {schema: 'tscluster.engine-logs/1', nodes}
  }
}

/** @throws ManagerError `usage` for a port that never had a node here */
function chosenPorts(folder: StateFolder, wanted: readonly number[]): readonly number[] {
  const known = folder.ports()
  const unknown = wanted.find((port) => !known.includes(port) || !hasLog(folder, port))
  if (unknown !== undefined) {
    throw usage(
      `there is no log of a node on port ${unknown} in ${folder.path}`,
      '`tscluster engine status` lists the nodes',
    )
  }
  return wanted.length > 0 ? wanted : known
}

/** Ctrl-C is the ordinary end of it. */
async function untilInterrupted(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const interruption = new AbortController()
  const stop = (): void => interruption.abort()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, stop)
  await work(interruption.signal)
}

export default EngineLogs
