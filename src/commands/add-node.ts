/** `tscluster add-node`: an empty node becomes a primary without slots, or a replica. */
import {Args, Flags} from '@oclif/core'
import {BaseCommand} from '../cli/base-command.js'
import {changeFlags, usage} from '../cli/flags.js'
import {resolveNode} from '../cli/node-names.js'
import {changeOptionsOf, commandLine, look, runPlan, settingsOf, type PlanResult} from '../cli/run-plan.js'
import {observeFresh} from '../manager/observe.js'
import {planAddNode} from '../manager/plan/add-node.js'
import {refuse} from '../manager/plan/plan.js'

export class AddNode extends BaseCommand {
  static override summary = 'add an empty node to a cluster'
  static override description =
    'The new node comes first, then any node of the cluster. Functions are carried over. Returns when every node knows the new ' +
    'one and, if it is a replica, when it is in sync.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> 127.0.0.1:7006 127.0.0.1:7000',
    '<%= config.bin %> <%= command.id %> 127.0.0.1:7007 127.0.0.1:7000 --replica',
    '<%= config.bin %> <%= command.id %> 127.0.0.1:7007 127.0.0.1:7000 --primary-id 127.0.0.1:7001 --yes',
  ]
  static override args = {
    node: Args.string({description: 'host:port of the new node', required: true, ignoreStdin: true}),
    cluster: Args.string({description: 'host:port of any node of the cluster', required: true, ignoreStdin: true}),
  }
  static override flags = {
    replica: Flags.boolean({
      aliases: ['slave', 'cluster-slave', 'cluster-replica'],
      summary: 'add it as a replica: of --primary-id, or of the primary with the fewest',
    }),
    'primary-id': Flags.string({
      aliases: ['master-id', 'cluster-master-id', 'cluster-primary-id'],
      summary: 'the primary that it replicates (implies --replica)',
      helpValue: 'NODE',
    }),
    ...changeFlags,
  }

  async run(): Promise<PlanResult> {
    const {args, flags} = await this.parse(AddNode)
    const {addresses, options} = this.entriesOf([args.node, args.cluster])
    const [newcomer, entry, ...more] = addresses
    if (entry === undefined || more.length > 0) {
      throw usage('add-node wants two addresses: the new node, then the cluster')
    }
    const session = await this.openSession(flags, options)
    const earlier = await this.takeUpUnfinished(session, [newcomer, entry], flags)
    if (earlier !== undefined) return earlier
    const {topology, blockers} = await look(session, [entry])
    const fresh = await observeFresh(session.pool, newcomer)
    const primary = flags['primary-id']
    const replica = flags.replica || primary !== undefined
    const request = {
      replica,
      ...(primary !== undefined && {primaryId: resolveNode(topology, primary)}),
      settings: settingsOf(flags),
    }
    const planned = blockers.length > 0 ? refuse(...blockers) : planAddNode(topology, fresh, request)
    const next = replica ? commandLine('check', entry) : commandLine('rebalance', entry, '--use-empty-primaries')
    const result = await runPlan(session, 'add-node', {planned, next}, changeOptionsOf(flags))
    this.end(result.exitCode)
    return result
  }
}

export default AddNode
