/** `tscluster engine restart`: nodes of the bundled engine end well and start again, killed and crashed ones start. */
import {restartNodes, type RestartedNode} from '../../cli/engine/change-nodes.js'
import {folderFlag} from '../../cli/engine/flags.js'
import {waitTeller} from '../../cli/engine/node-stopping.js'
import {NodeCommand, portsArgument} from '../../cli/engine/node-command.js'
import {count} from '../../cli/render/numbers.js'
import type {ExitCode} from '../../cli/exit-code.js'

/** The documented result: docs/json.md. */
export interface EngineRestartResult {
  readonly schema: 'tscluster.engine-restart/1'
  readonly exitCode: ExitCode
  readonly folder: string
  readonly nodes: readonly RestartedNode[]
}

export class EngineRestart extends NodeCommand {
  static override summary = 'restart nodes of the bundled engine'
  static override description =
    'A node that runs is shut down first, as by SHUTDOWN; one that was stopped, was killed or has crashed is started. It comes back ' +
    'with its redis.conf as it is now and with what it had on disk. A partition and a slow network outlast it.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> 7002',
    '<%= config.bin %> <%= command.id %> 7000-7005',
  ]
  static override args = portsArgument(true)
  static override flags = {...folderFlag}

  async run(): Promise<EngineRestartResult> {
    const {args, flags} = await this.parse(EngineRestart)
    const {renderer, request} = await this.open(flags, args.ports)
    renderer.busy(`restarting ${count(request.ports.length, 'node')} …`)
    const tellWait = waitTeller((text) => renderer.note(text))
    const nodes = await restartNodes(request, this.config.version, tellWait)
    renderer.idle()
    for (const done of ['restarted', 'started'] as const) {
      this.sayDone(
        nodes.filter(({outcome}) => outcome === done).map(({port}) => port),
        done,
      )
    }
    const exitCode = this.endWith(nodes, renderer)
    return {schema: 'tscluster.engine-restart/1', exitCode, folder: request.folder.path, nodes}
  }
}

export default EngineRestart
