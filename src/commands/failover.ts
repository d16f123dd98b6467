/** `tscluster failover`: a replica becomes primary. */
import {Args, Flags} from '@oclif/core'
import {BaseCommand} from '../cli/base-command.js'
import {changeFlags, usage} from '../cli/flags.js'
import {resolveNode} from '../cli/node-names.js'
import {changeOptionsOf, commandLine, look, runPlan, settingsOf, type PlanResult} from '../cli/run-plan.js'
import {planFailover} from '../manager/plan/failover.js'

export class Failover extends BaseCommand {
  static override summary = 'make a replica the primary of its shard'
  static override examples = [
    '<%= config.bin %> <%= command.id %> 127.0.0.1:7003',
    '<%= config.bin %> <%= command.id %> 127.0.0.1:7000 1a2b3c4d --yes',
    '<%= config.bin %> <%= command.id %> 127.0.0.1:7003 --force',
  ]
  static override args = {
    words: Args.string({
      description:
        'host:port of the replica; or of any node, followed by the replica (id, beginning of it, or address)',
      multiple: true,
      required: true,
      ignoreStdin: true,
    }),
  }
  static override usage = ['failover REPLICA [FLAGS]', 'failover CLUSTER REPLICA [FLAGS]']
  static override flags = {
    force: Flags.boolean({summary: 'the primary is down: do not ask it first', exclusive: ['takeover']}),
    takeover: Flags.boolean({summary: 'nor ask the other primaries for their votes (a majority is lost)'}),
    ...changeFlags,
  }

  async run(): Promise<PlanResult> {
    const {args, flags} = await this.parse(Failover)
    const [entry, name = entry, ...more] = args.words
    if (more.length > 0) throw usage('failover wants the replica, or an address of the cluster and then the replica')
    const {addresses, options} = this.entriesOf([entry!])
    const session = await this.openSession(flags, options)
    const earlier = await this.takeUpUnfinished(session, addresses, flags)
    if (earlier !== undefined) return earlier
    const {topology} = await look(session, addresses)
    const mode = flags.takeover ? 'takeover' : flags.force ? 'force' : 'normal'
    const planned = planFailover(topology, resolveNode(topology, name!), mode, settingsOf(flags))
    const result = await runPlan(
      session,
      'failover',
      {planned, next: commandLine('check', addresses[0])},
      changeOptionsOf(flags),
    )
    this.end(result.exitCode)
    return result
  }
}

export default Failover
