/** `tscluster engine partition`: nodes of the bundled engine no longer hear each other. */
import {Args} from '@oclif/core'
import type {PartitionedNode} from '../../cli/engine/daemon-protocol.js'
import {partitionNodes} from '../../cli/engine/divide-network.js'
import {folderFlag} from '../../cli/engine/flags.js'
import {NodeCommand} from '../../cli/engine/node-command.js'
import {formatGroups, parseGroups} from '../../cli/engine/port-groups.js'
import {EXIT, type ExitCode} from '../../cli/exit-code.js'

/** The documented result: docs/json.md. */
export interface EnginePartitionResult {
  readonly schema: 'tscluster.engine-partition/1'
  readonly exitCode: ExitCode
  readonly folder: string
  /** Ports; of one group alone the second one is all the rest. */
  readonly groups: readonly (readonly number[])[]
  readonly nodes: readonly PartitionedNode[]
}

export class EnginePartition extends NodeCommand {
  static override summary = 'divide the network between nodes of the bundled engine'
  static override description =
    'Nodes of different groups no longer hear each other: neither on the bus nor between primary and replica nor for MIGRATE. Packets ' +
    'vanish, connections stay open, as behind a cut cable; clients still reach every node. One group alone is cut off from all ' +
    'other nodes; beside several groups, nodes of none hear everybody. A new partition takes the place of the one before; ' +
    '`engine heal` ends it. A word is a group; a bar, which the shell wants quoted, or a slash divides as well.'
  static override usage = '<%= command.id %> PORTS... [--dir DIR]'
  static override examples = [
    '<%= config.bin %> <%= command.id %> 7000,7001 7002',
    "<%= config.bin %> <%= command.id %> '7000,7001 | 7002'",
    '<%= config.bin %> <%= command.id %> 7000,7003 / 7001-7002 7004-7005',
    '<%= config.bin %> <%= command.id %> 7002',
  ]
  static override args = {
    groups: Args.string({
      description: '7000,7001 7002; one group: cut off from all others',
      multiple: true,
      required: true,
      ignoreStdin: true,
    }),
  }
  static override flags = {...folderFlag}

  async run(): Promise<EnginePartitionResult> {
    const {args, flags} = await this.parse(EnginePartition)
    const {renderer, request} = await this.open(flags)
    const {groups, nodes} = await partitionNodes(request, parseGroups(args.groups))
    this.say(`partitioned: ${formatGroups(groups)}`)
    renderer.suggest('tscluster engine heal')
    this.end(EXIT.done)
    return {schema: 'tscluster.engine-partition/1', exitCode: EXIT.done, folder: request.folder.path, groups, nodes}
  }
}

export default EnginePartition
