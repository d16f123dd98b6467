/** `tscluster del-node`: a node leaves the cluster, dead or alive. */
import {Args, Flags} from '@oclif/core'
import {BaseCommand} from '../cli/base-command.js'
import {atomicFlag, bigKeyFlags, changeFlags, migrationFlags, usage} from '../cli/flags.js'
import {lookForMove} from '../cli/look-for-move.js'
import {resolveNode} from '../cli/node-names.js'
import {changeOptionsOf, commandLine, runPlan, settingsOf, type PlanResult} from '../cli/run-plan.js'
import {consequences} from '../manager/plan/consequences.js'
import {planDelNode} from '../manager/plan/del-node.js'

export class DelNode extends BaseCommand {
  static override summary = 'remove a node, dead or alive, from the cluster'
  static override description =
    'Every other node is told to forget it, and none is left that names it. A primary must have no slots, or --drain moves them ' +
    'away first. The server itself keeps running, empty and alone.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> 127.0.0.1:7000 127.0.0.1:7006',
    '<%= config.bin %> <%= command.id %> 127.0.0.1:7000 1a2b3c4d --yes',
    '<%= config.bin %> <%= command.id %> 127.0.0.1:7000 1a2b3c4d --drain',
  ]
  static override args = {
    words: Args.string({
      description:
        'host:port of any node of the cluster, then the node to remove: its id, the beginning of it, or its address',
      multiple: true,
      required: true,
      ignoreStdin: true,
    }),
  }
  static override usage = ['del-node CLUSTER NODE [FLAGS]']
  static override flags = {
    drain: Flags.boolean({summary: 'first move its slots to the other primaries'}),
    ...atomicFlag,
    ...migrationFlags,
    ...bigKeyFlags,
    ...changeFlags,
  }

  async run(): Promise<PlanResult> {
    const {args, flags} = await this.parse(DelNode)
    const words = [...args.words]
    const name = words.pop()!
    if (words.length === 0) throw usage('del-node wants two words: an address of the cluster, then the node to remove')
    const {addresses, options} = this.entriesOf(words)
    const session = await this.openSession(flags, options)
    const earlier = await this.takeUpUnfinished(session, addresses, flags)
    if (earlier !== undefined) return earlier
    const {topology} = await lookForMove(session, addresses, flags.timeout)
    const id = resolveNode(topology, name)
    const planned = planDelNode(topology, id, {drain: flags.drain, atomic: flags.atomic, settings: settingsOf(flags)})
    const result = await runPlan(
      session,
      'del-node',
      {
        planned,
        consequences: planned.ok ? consequences(topology, planned.plan) : [],
        next: commandLine('check', addresses[0]),
      },
      changeOptionsOf(flags),
    )
    this.end(result.exitCode)
    return result
  }
}

export default DelNode
