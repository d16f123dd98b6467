/** `tscluster create`: nodes that stand alone become one cluster. */
import {Args, Flags} from '@oclif/core'
import {BaseCommand} from '../cli/base-command.js'
import {changeFlags, wholeNumber} from '../cli/flags.js'
import {changeOptionsOf, commandLine, runPlan, settingsOf, type PlanResult} from '../cli/run-plan.js'
import {observeFresh} from '../manager/observe.js'
import {allocateNodes, createWarnings, planCreate} from '../manager/plan/create.js'

export class Create extends BaseCommand {
  static override summary = 'make a cluster out of empty nodes'
  static override description =
    'Checks each node, gives out all 16384 slots, places replicas away from the host of their primary, and returns when every ' +
    'node agrees and accepts writes. If that does not happen, what was done is undone.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> 127.0.0.1:7000-7005 --replicas 1',
    '<%= config.bin %> <%= command.id %> 10.0.0.1:7000 10.0.0.2:7000 10.0.0.3:7000 --yes',
    '<%= config.bin %> <%= command.id %> 127.0.0.1:7000-7005 --replicas 1 --dry-run --explain',
  ]
  static override args = {
    nodes: Args.string({
      description: 'host:port of each node; 127.0.0.1:7000-7005 names six',
      multiple: true,
      required: true,
      ignoreStdin: true,
    }),
  }
  static override flags = {
    replicas: wholeNumber({char: 'r', aliases: ['cluster-replicas'], summary: 'replicas of each primary', default: 0}),
    'allow-few-primaries': Flags.boolean({
      summary: 'accept a cluster of one or two primaries, which cannot fail over by itself',
    }),
    ...changeFlags,
  }

  async run(): Promise<PlanResult> {
    const {args, flags} = await this.parse(Create)
    const {addresses, options} = this.entriesOf(args.nodes)
    const session = await this.openSession(flags, options)
    session.renderer.busy(`looking at ${addresses.length} nodes …`)
    const nodes = await Promise.all(addresses.map((address) => observeFresh(session.pool, address)))
    const planned = planCreate(nodes, {
      replicas: flags.replicas,
      allowFewPrimaries: flags['allow-few-primaries'],
      settings: settingsOf(flags),
    })
    const warnings = planned.ok ? createWarnings(nodes, allocateNodes(nodes, flags.replicas)) : []
    const result = await runPlan(
      session,
      'create',
      {
        planned,
        warnings,
        resume: 'run the command again',
        next: commandLine('check', addresses[0]),
      },
      changeOptionsOf(flags),
    )
    this.end(result.exitCode)
    return result
  }
}

export default Create
