/** `tscluster engine heal`: the network between nodes of the bundled engine is whole and quick again. */
import {healNodes} from '../../cli/engine/divide-network.js'
import {folderFlag} from '../../cli/engine/flags.js'
import {NodeCommand, portsArgument, type NodeOutcome} from '../../cli/engine/node-command.js'
import type {ExitCode} from '../../cli/exit-code.js'

/** The documented result: docs/json.md. */
export interface EngineHealResult {
  readonly schema: 'tscluster.engine-heal/1'
  readonly exitCode: ExitCode
  readonly folder: string
  readonly nodes: readonly NodeOutcome<'healed' | 'sound'>[]
}

export class EngineHeal extends NodeCommand {
  static override summary = 'end a partition and slow networks of the bundled engine'
  static override description =
    'What did not arrive meanwhile does so now. Without ports, for all nodes; with ports, these reach everybody again. Paused nodes ' +
    'go on with `engine resume`, killed ones with `engine restart`.'
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> 7003']
  static override args = portsArgument(false)
  static override flags = {...folderFlag}

  async run(): Promise<EngineHealResult> {
    const {args, flags} = await this.parse(EngineHeal)
    const {renderer, request} = await this.open(flags, args.ports)
    const changed = await healNodes(request)
    const healed = changed.filter(({already}) => !already).map(({port}) => port)
    this.sayDone(healed, 'healed')
    if (healed.length === 0) renderer.note('the network was whole and quick already')
    const nodes = changed.map(({port, already}) => ({port, outcome: already ? 'sound' : 'healed'}) as const)
    const exitCode = this.endWith(changed, renderer)
    return {schema: 'tscluster.engine-heal/1', exitCode, folder: request.folder.path, nodes}
  }
}

export default EngineHeal
