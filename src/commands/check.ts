/** `tscluster check`: is the cluster healthy, and if not, what repairs it. */
import {Flags} from '@oclif/core'
import {BaseCommand} from '../cli/base-command.js'
import {EXIT, type ExitCode} from '../cli/exit-code.js'
import {clusterArg} from '../cli/node-args.js'
import {nodeReports, renderNodes, summarize, type NodeReport} from '../cli/render/cluster-report.js'
import {renderFindings} from '../cli/render/findings.js'
import {themeFor} from '../cli/render/theme.js'
import {look} from '../cli/run-plan.js'
import {check, isHealthy} from '../manager/check/check.js'
import type {Finding} from '../manager/check/finding.js'
import {withAllKeyCounts} from '../manager/observe.js'

/** The documented result: docs/json.md. */
export interface CheckResult {
  readonly schema: 'tscluster.check/1'
  readonly healthy: boolean
  readonly exitCode: ExitCode
  readonly findings: readonly Finding[]
  readonly nodes: readonly NodeReport[]
}

export class Check extends BaseCommand {
  static override summary = 'find what is wrong with a cluster'
  static override description =
    'Asks every node for its own account and compares them. Exit 0 when the cluster is healthy (warnings included, unless ' +
    '--strict), 1 when it is not. Each finding names the command that repairs it.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> 127.0.0.1:7000',
    '<%= config.bin %> <%= command.id %> 10.0.0.1:7000 10.0.0.2:7000 --strict',
    "<%= config.bin %> <%= command.id %> 127.0.0.1:7000 --json | jq '.findings[].code'",
  ]
  static override args = clusterArg
  static override flags = {
    strict: Flags.boolean({summary: 'warnings fail, too'}),
    'search-multiple-owners': Flags.boolean({
      aliases: ['cluster-search-multiple-owners'],
      summary: 'also look for keys on nodes that do not own their slot',
    }),
  }

  async run(): Promise<CheckResult> {
    const {args, flags} = await this.parse(Check)
    const {addresses, options} = this.entriesOf(args.cluster)
    const session = await this.openSession(flags, options)
    const {view: first, topology} = await look(session, addresses)
    const searchMultipleOwners = flags['search-multiple-owners']
    const view = searchMultipleOwners ? await withAllKeyCounts(session.pool, first) : first
    const findings = check(view, {searchMultipleOwners})
    const healthy = isHealthy(findings)
    const exitCode = healthy && !(flags.strict && findings.length > 0) ? EXIT.done : EXIT.failed
    const nodes = nodeReports(view, topology)
    const {stdout, env} = this.world
    if (!this.jsonEnabled()) {
      const theme = themeFor(stdout, env, flags.color)
      const verdict =
        findings.length === 0
          ? theme.good('healthy')
          : healthy
            ? theme.warning('healthy, with warnings')
            : theme.bad('unhealthy')
      stdout.write((await renderNodes(nodes, stdout, theme)) + renderFindings(findings, theme))
      stdout.write(`${verdict} ${summarize(topology)}`)
    }
    this.end(exitCode)
    return {schema: 'tscluster.check/1', healthy, exitCode, findings, nodes}
  }
}

export default Check
