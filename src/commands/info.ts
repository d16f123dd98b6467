/** `tscluster info`: who is there, with how many slots and keys. */
import {BaseCommand} from '../cli/base-command.js'
import {clusterArg} from '../cli/node-args.js'
import {nodeReports, renderNodes, summarize, type NodeReport} from '../cli/render/cluster-report.js'
import {themeFor} from '../cli/render/theme.js'
import {observe} from '../manager/observe.js'
import {toTopology, totalKeys} from '../manager/view/topology.js'

/** The documented result: docs/json.md. */
export interface InfoResult {
  readonly schema: 'tscluster.info/1'
  readonly keys: number
  readonly nodes: readonly NodeReport[]
}

export class Info extends BaseCommand {
  static override summary = 'list the nodes of a cluster with their slots and keys'
  static override examples = [
    '<%= config.bin %> <%= command.id %> 127.0.0.1:7000',
    '<%= config.bin %> <%= command.id %> 127.0.0.1:7000 | awk \'$3 == "primary" {print $1}\'',
    '<%= config.bin %> <%= command.id %> redis://user@10.0.0.1:7000 --askpass --json',
  ]
  static override args = clusterArg

  async run(): Promise<InfoResult> {
    const {args, flags} = await this.parse(Info)
    const {addresses, options} = this.entriesOf(args.cluster)
    const {pool, renderer} = await this.openSession(flags, options)
    renderer.busy('looking at the nodes …')
    const view = await observe(pool, addresses, (error) => renderer.warn(`${error.node ?? ''} ${error.message}`))
    const topology = toTopology(view)
    renderer.idle()
    const nodes = nodeReports(view, topology)
    const {stdout, env} = this.world
    if (!this.jsonEnabled()) {
      stdout.write(await renderNodes(nodes, stdout, themeFor(stdout, env, flags.color)))
      renderer.note(summarize(topology).trimEnd())
    }
    return {schema: 'tscluster.info/1', keys: totalKeys(topology), nodes}
  }
}

export default Info
