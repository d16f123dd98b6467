/** `tscluster engine kill`: nodes of the bundled engine die as by kill -9. */
import {killNodes} from '../../cli/engine/change-nodes.js'
import {folderFlag} from '../../cli/engine/flags.js'
import {NodeCommand, portsArgument, type NodeOutcome} from '../../cli/engine/node-command.js'
import {formatPorts} from '../../cli/engine/port-groups.js'
import type {ExitCode} from '../../cli/exit-code.js'

/** The documented result: docs/json.md. */
export interface EngineKillResult {
  readonly schema: 'tscluster.engine-kill/1'
  readonly exitCode: ExitCode
  readonly folder: string
  readonly nodes: readonly NodeOutcome<'killed' | 'not-running'>[]
}

export class EngineKill extends NodeCommand {
  static override summary = 'kill nodes of the bundled engine, as kill -9'
  static override description =
    'Connections are reset and nothing more is written, neither to clients nor to files. Other nodes of the process live on. ' +
    '`engine restart` brings a killed node back, with what it had on disk.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> 7002',
    '<%= config.bin %> <%= command.id %> 7000,7005',
  ]
  static override args = portsArgument(true)
  static override flags = {...folderFlag}

  async run(): Promise<EngineKillResult> {
    const {args, flags} = await this.parse(EngineKill)
    const {renderer, request} = await this.open(flags, args.ports)
    const changed = await killNodes(request)
    const words = {done: 'killed', already: 'not-running', alreadyIs: 'did not run'} as const
    const result = this.conclude(changed, words, renderer)
    renderer.suggest(`tscluster engine restart ${formatPorts(request.ports)}`)
    return {schema: 'tscluster.engine-kill/1', folder: request.folder.path, ...result}
  }
}

export default EngineKill
