/** `tscluster engine pause`: nodes of the bundled engine stand still, as by SIGSTOP. */
import {pauseNodes} from '../../cli/engine/change-nodes.js'
import {folderFlag} from '../../cli/engine/flags.js'
import {NodeCommand, portsArgument, type NodeOutcome} from '../../cli/engine/node-command.js'
import {formatPorts} from '../../cli/engine/port-groups.js'
import type {ExitCode} from '../../cli/exit-code.js'

/** The documented result: docs/json.md. */
export interface EnginePauseResult {
  readonly schema: 'tscluster.engine-pause/1'
  readonly exitCode: ExitCode
  readonly folder: string
  readonly nodes: readonly NodeOutcome<'paused' | 'already-paused'>[]
}

export class EnginePause extends NodeCommand {
  static override summary = 'pause nodes of the bundled engine, as SIGSTOP'
  static override description =
    'Connections stay open and new ones are accepted, but nothing is read, answered or noticed until `engine resume`. After ' +
    'cluster-node-timeout the other nodes take a paused one for dead.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> 7002',
    '<%= config.bin %> <%= command.id %> 7000-7002',
  ]
  static override args = portsArgument(true)
  static override flags = {...folderFlag}

  async run(): Promise<EnginePauseResult> {
    const {args, flags} = await this.parse(EnginePause)
    const {renderer, request} = await this.open(flags, args.ports)
    const changed = await pauseNodes(request)
    const words = {done: 'paused', already: 'already-paused', alreadyIs: 'paused already'} as const
    const result = this.conclude(changed, words, renderer)
    renderer.suggest(`tscluster engine resume ${formatPorts(request.ports)}`)
    return {schema: 'tscluster.engine-pause/1', folder: request.folder.path, ...result}
  }
}

export default EnginePause
