/** `tscluster engine start`: nodes in the background, or in the foreground. */
import {Args, Flags} from '@oclif/core'
import {namesConfFile, readConfFile} from '../../cli/engine/conf-file.js'
import {folderFlag, parseNodes, settingFlags} from '../../cli/engine/flags.js'
import {formatAddresses, startNodes, type StartedNode, type StartRequest} from '../../cli/engine/start-nodes.js'
import {StateFolder} from '../../cli/engine/state-folder.js'
import {EXIT, type ExitCode} from '../../cli/exit-code.js'
import {usage} from '../../cli/flags.js'
import {PlainCommand} from '../../cli/plain-command.js'
import {count} from '../../cli/render/numbers.js'
import type {Renderer} from '../../cli/render/renderer.js'
import {ManagerError} from '../../manager/error.js'
import {formatAddress} from '../../model/address.js'

/** The documented result: docs/json.md. */
export interface EngineStartResult {
  readonly schema: 'tscluster.engine-start/1'
  readonly exitCode: ExitCode
  readonly pid: number
  readonly folder: string
  readonly nodes: readonly StartedNode[]
}

export class EngineStart extends PlainCommand {
  static override summary = 'start nodes of the bundled engine'
  static override description =
    'One process in the background holds them all; it goes on when the terminal is closed. Each node has a folder of its own ' +
    'with its redis.conf, its data and its log, and comes back with them. What runs already is left alone. Returns when the ' +
    'nodes accept connections.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> 7000-7005',
    '<%= config.bin %> <%= command.id %> 7000 --set appendonly=yes --set requirepass=secret',
    '<%= config.bin %> <%= command.id %> 7000-7005 --foreground --dir ./nodes',
    '<%= config.bin %> <%= command.id %> redis.conf --port 7001',
  ]
  static override args = {
    nodes: Args.string({
      description:
        'ports: 7000, 7000-7005; host:port for another address of this machine; or a redis.conf, for one node',
      multiple: true,
      required: true,
      ignoreStdin: true,
    }),
  }
  static override flags = {
    ...folderFlag,
    bind: Flags.string({summary: 'address to listen on', default: '127.0.0.1', helpValue: 'HOST'}),
    port: Flags.integer({summary: 'port of the node that a redis.conf is given for', min: 1, max: 65_535}),
    standalone: Flags.boolean({summary: 'without cluster mode'}),
    foreground: Flags.boolean({summary: 'stay in the foreground until Ctrl-C or `engine stop`'}),
    ...settingFlags,
  }

  async run(): Promise<EngineStartResult> {
    const {args, flags} = await this.parse(EngineStart)
    const renderer = await this.openRenderer(flags)
    const file = namesConfFile(args.nodes) ? await readConfFile(args.nodes[0]!, flags.port) : undefined
    if (file === undefined && flags.port !== undefined) {
      throw usage('--port goes with a redis.conf', 'without one the ports are the arguments: engine start 7000-7005')
    }
    const addresses = file === undefined ? parseNodes(args.nodes, flags.bind) : [file]
    const request: StartRequest = {
      folder: StateFolder.of(flags.dir, this.world.env),
      version: this.config.version,
      addresses,
      cluster: file?.cluster ?? !flags.standalone,
      ...(file !== undefined && {wholeConfig: file.text}),
      settings: flags.set,
      config: flags.config,
      warn: (message) => renderer.warn(message),
    }
    if (flags.foreground) return this.#inForeground(request, renderer)
    renderer.busy(`starting ${count(addresses.length, 'node')} …`)
    const {pid, nodes} = await startNodes(request)
    renderer.idle()
    return this.#conclude(request, renderer, {pid, nodes})
  }

  /** Whoever waits for it to be ready reads the first line of standard output. */
  async #inForeground(request: StartRequest, renderer: Renderer): Promise<EngineStartResult> {
    if (this.jsonEnabled()) {
      throw usage('--foreground has no result: leave out --json', '`engine status --json` tells what runs')
    }
    const {holdNodes} = await import('../../cli/engine/foreground.js')
    const held = await holdNodes(request, (text) => renderer.note(`${text}, and so does Ctrl-C`))
    const result = this.#conclude(request, renderer, {pid: process.pid, nodes: held.nodes})
    if (result.exitCode === EXIT.done) renderer.note('Ctrl-C stops them')
    await held.ended
    renderer.note('stopped')
    return result
  }

  #conclude(
    {folder, cluster}: StartRequest,
    renderer: Renderer,
    {pid, nodes}: {readonly pid: number; readonly nodes: readonly StartedNode[]},
  ): EngineStartResult {
    for (const {host, port, error} of nodes.filter(({outcome}) => outcome === 'failed')) {
      const hint = `see ${folder.nodeFolder(port)}`
      renderer.error(new ManagerError('io', `did not start: ${error}`, {node: formatAddress({host, port}), hint}))
    }
    const old = nodes.filter(({outcome}) => outcome === 'already-running')
    if (old.length > 0) renderer.note(`${formatAddresses(old)} ran already`)
    const up = nodes.filter(({outcome}) => outcome !== 'failed')
    const exitCode = up.length === nodes.length ? EXIT.done : EXIT.failed
    if (up.length > 0 && !this.jsonEnabled()) {
      const verb = up.length === 1 ? 'runs' : 'run'
      this.world.stdout.write(`${count(up.length, 'node')} ${verb} on ${formatAddresses(up)} (process ${pid})\n`)
    }
    if (exitCode === EXIT.done && cluster && up.length >= 3) {
      renderer.suggest(`tscluster create ${formatAddresses(up)}${up.length >= 6 ? ' --replicas 1' : ''}`)
    }
    this.end(exitCode)
    return {schema: 'tscluster.engine-start/1', exitCode, pid, folder: folder.path, nodes}
  }
}

export default EngineStart
