/** `tscluster create`: nodes that stand alone become one cluster. */
import {Args, Flags} from '@oclif/core'
import {BaseCommand} from '../cli/base-command.js'
import type {CreateNodesRequest} from '../cli/engine/create-nodes.js'
import {folderFlag} from '../cli/engine/flags.js'
import {changeFlags, usage, wholeNumber} from '../cli/flags.js'
import {changeOptionsOf, commandLine, runPlan, settingsOf, type PlanResult} from '../cli/run-plan.js'
import type {Session} from '../cli/session.js'
import {ManagerError} from '../manager/error.js'
import {observeFresh} from '../manager/observe.js'
import {allocateNodes, createWarnings, planCreate} from '../manager/plan/create.js'
import type {FreshNode} from '../manager/view/fresh-node.js'
import type {Address} from '../model/address.js'

export class Create extends BaseCommand {
  static override summary = 'make a cluster out of empty nodes'
  static override description =
    'Checks each node, gives out all 16384 slots, places replicas away from the host of their primary, and returns when every ' +
    'node agrees and accepts writes. If that does not happen, what was done is undone. With --engine the nodes are those of the ' +
    'bundled engine, started in the background: no server need be installed.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> 127.0.0.1:7000-7005 --replicas 1',
    '<%= config.bin %> <%= command.id %> 10.0.0.1:7000 10.0.0.2:7000 10.0.0.3:7000 --yes',
    '<%= config.bin %> <%= command.id %> --engine 6 --replicas 1',
    '<%= config.bin %> <%= command.id %> 127.0.0.1:7000-7005 --replicas 1 --dry-run --explain',
  ]
  static override args = {
    nodes: Args.string({
      description: 'host:port of each node; 127.0.0.1:7000-7005 names six',
      multiple: true,
      required: false,
      ignoreStdin: true,
    }),
  }
  static override flags = {
    replicas: wholeNumber({char: 'r', aliases: ['cluster-replicas'], summary: 'replicas of each primary', default: 0}),
    'allow-few-primaries': Flags.boolean({
      summary: 'accept a cluster of one or two primaries, which cannot fail over by itself',
    }),
    engine: wholeNumber({
      summary: 'start this many nodes of the bundled engine first (default: on the first free ports from 7000 on)',
      helpValue: 'NODES',
      min: 1,
    }),
    ...folderFlag,
    ...changeFlags,
  }

  async run(): Promise<PlanResult> {
    const {args, flags} = await this.parse(Create)
    const words = args.nodes ?? []
    if (words.length === 0 && flags.engine === undefined) {
      throw usage('missing: NODES', 'name the nodes, or start some with --engine: see `tscluster create --help`')
    }
    const {addresses: named, options} = words.length > 0 ? this.entriesOf(words) : {addresses: [], options: {}}
    const session = await this.openSession(flags, options)
    const addresses = await this.#standingNodes(named, flags, session)
    const earlier = await this.takeUpUnfinished(session, addresses, flags)
    if (earlier !== undefined) return earlier
    session.renderer.busy(`looking at ${addresses.length} nodes …`)
    const nodes = await this.#lookAt(addresses, flags, session)
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
        next: commandLine('check', addresses[0]),
      },
      changeOptionsOf(flags),
    )
    this.end(result.exitCode)
    return result
  }

  /** The nodes that were named, or the ones that are started now. */
  async #standingNodes(
    named: readonly Address[],
    flags: {readonly engine: number | undefined; readonly dir: string | undefined},
    {renderer}: Session,
  ): Promise<readonly [Address, ...Address[]]> {
    if (flags.engine === undefined) return named as readonly [Address, ...Address[]]
    const {startForCreate} = await import('../cli/engine/create-nodes.js')
    return startForCreate(flags.engine, named, this.#engineRequest(flags, renderer))
  }

  /** Where nothing listens at all, the bundled engine is offered. */
  async #lookAt(
    addresses: readonly Address[],
    flags: {readonly dir: string | undefined; readonly yes: boolean},
    session: Session,
  ): Promise<FreshNode[]> {
    const {pool, renderer, prompt} = session
    const observe = (): Promise<FreshNode[]> => Promise.all(addresses.map((address) => observeFresh(pool, address)))
    try {
      return await observe()
    } catch (error) {
      if (!(error instanceof ManagerError) || error.code !== 'unreachable') throw error
      const {stdin, stderr} = this.world
      const mayAsk = stdin.isTerminal && stderr.isTerminal && !flags.yes && !this.jsonEnabled()
      const {offerEngine} = await import('../cli/engine/create-nodes.js')
      if (!(await offerEngine(addresses, mayAsk, prompt, this.#engineRequest(flags, renderer)))) throw error
      return observe()
    }
  }

  #engineRequest(flags: {readonly dir: string | undefined}, renderer: Session['renderer']): CreateNodesRequest {
    return {dir: flags.dir, version: this.config.version, world: this.world, renderer}
  }
}

export default Create
