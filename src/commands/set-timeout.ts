/** `tscluster set-timeout`: cluster-node-timeout on every node. */
import {Args} from '@oclif/core'
import {BaseCommand} from '../cli/base-command.js'
import {EXIT} from '../cli/exit-code.js'
import {changeFlags, usage} from '../cli/flags.js'
import {changeOptionsOf, look, runPlan, settingsOf, type PlanResult} from '../cli/run-plan.js'
import type {Session} from '../cli/session.js'
import type {Finding} from '../manager/check/finding.js'
import {planSetTimeout, timeoutWarnings} from '../manager/plan/set-timeout.js'
import {formatAddress} from '../model/address.js'

export class SetTimeout extends BaseCommand {
  static override summary = 'set cluster-node-timeout on every node, for good'
  static override description =
    'CONFIG SET on every node that answers, and CONFIG REWRITE so that it outlives a restart. After this long without an ' +
    'answer a node counts as failing. Safe to repeat.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> 127.0.0.1:7000 15000',
    '<%= config.bin %> <%= command.id %> 127.0.0.1:7000 5000 --yes',
  ]
  static override args = {
    cluster: Args.string({description: 'host:port of any node of the cluster', required: true, ignoreStdin: true}),
    ms: Args.string({description: 'the node timeout in milliseconds', required: true, ignoreStdin: true}),
  }
  static override flags = {...changeFlags}

  async run(): Promise<PlanResult> {
    const {args, flags} = await this.parse(SetTimeout)
    if (!/^\d+$/.test(args.ms)) {
      throw usage(`"${args.ms}" is not a number of milliseconds`, 'write 15000 for 15 seconds')
    }
    const {addresses, options} = this.entriesOf([args.cluster])
    const session = await this.openSession(flags, options)
    const earlier = await this.takeUpUnfinished(session, addresses, flags)
    if (earlier !== undefined) return earlier
    const {topology} = await look(session, addresses)
    const planned = planSetTimeout(topology, Number(args.ms), settingsOf({timeout: flags.timeout}))
    const warnings = timeoutWarnings(topology)
    const result = withLeftOut(
      session,
      warnings,
      await runPlan(session, 'set-timeout', {planned, warnings}, changeOptionsOf(flags)),
    )
    this.end(result.exitCode)
    return result
  }
}

/** Where nodes were away, something is left to do, though all that could be done is done. */
function withLeftOut({renderer}: Session, away: readonly Finding[], result: PlanResult): PlanResult {
  if (away.length === 0 || result.status !== 'applied') return result
  const names = away.map(({node}) => formatAddress(node!.address)).join(', ')
  const [keeps, its, it] = away.length === 1 ? ['keeps', 'its', 'it'] : ['keep', 'their', 'them']
  renderer.warn(`${names} ${keeps} ${its} node timeout: start ${it}, then the same command again`)
  // Not everything was done: that outweighs what `check` says of a cluster with nodes away.
  return {...result, exitCode: EXIT.halfDone}
}

export default SetTimeout
