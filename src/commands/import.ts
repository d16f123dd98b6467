/** `tscluster import`: the keys of a standalone server into the cluster. */
import {Args, Flags} from '@oclif/core'
import {BaseCommand} from '../cli/base-command.js'
import {changeFlags, migrationFlags, usage, wholeNumber} from '../cli/flags.js'
import {sourceFlags, sourceOptions} from '../cli/source-login.js'
import {changeOptionsOf, commandLine, look, runPlan, settingsOf, type PlanResult} from '../cli/run-plan.js'
import {observeSource} from '../manager/observe-source.js'
import {importWarnings, planImport} from '../manager/plan/import.js'
import {refuse} from '../manager/plan/plan.js'
import {formatAddress} from '../model/address.js'

export class Import extends BaseCommand {
  static override summary = 'bring the keys of a standalone server into the cluster'
  static override description =
    'Moves the keys; with --copy they stay at the source as well. Times to live are kept. What clients write to the source ' +
    'meanwhile is not followed. A key that the cluster has with another value stops it, unless --replace lets the source win. ' +
    'Interrupted, run the same command again: keys that have arrived are not copied twice.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> 127.0.0.1:7000 --from 127.0.0.1:6379 --copy',
    '<%= config.bin %> <%= command.id %> 127.0.0.1:7000 --from 10.0.0.9:6379 --from-db 1 --from-pass-file secret --yes',
    '<%= config.bin %> <%= command.id %> 127.0.0.1:7000 --from rediss://user@10.0.0.9:6379 --from-askpass --copy',
  ]
  static override args = {
    cluster: Args.string({description: 'host:port of any node of the cluster', required: true, ignoreStdin: true}),
  }
  static override flags = {
    from: Flags.string({
      helpGroup: 'SOURCE',
      aliases: ['cluster-from'],
      required: true,
      summary: 'the server to import from: host:port or redis://user@host:port',
      helpValue: 'HOST:PORT',
    }),
    'from-db': wholeNumber({helpGroup: 'SOURCE', default: 0, summary: 'its database', helpValue: 'N'}),
    ...sourceFlags,
    copy: Flags.boolean({default: false, aliases: ['cluster-copy'], summary: 'leave the keys at the source as well'}),
    ...migrationFlags,
    yes: changeFlags.yes,
    'dry-run': changeFlags['dry-run'],
    explain: changeFlags.explain,
    timeout: changeFlags.timeout,
    journal: changeFlags.journal,
    'json-stream': changeFlags['json-stream'],
  }

  async run(): Promise<PlanResult> {
    const {args, flags} = await this.parse(Import)
    const {addresses, options} = this.entriesOf([args.cluster])
    const from = this.entriesOf([flags.from])
    if (from.addresses.length > 1) throw usage('--from wants one address', 'a standalone server is host:port')
    const session = await this.openSession(flags, options)
    const source = await this.openPool({...(await sourceOptions(flags, this.world, this.prompt)), ...from.options})
    const earlier = await this.takeUpUnfinished(session, addresses, flags, source)
    if (earlier !== undefined) return earlier
    const server = await observeSource(source, from.addresses[0])
    const {topology, blockers} = await look(session, addresses)
    const settings = settingsOf(flags)
    const request = {keep: flags.copy, replace: settings.replace, database: flags['from-db'], settings}
    const planned = blockers.length > 0 ? refuse(...blockers) : planImport(topology, server, request)
    const name = formatAddress(from.addresses[0])
    const result = await runPlan(
      session,
      'import',
      {
        planned,
        source,
        warnings: importWarnings(server, request),
        nothingToDo: `nothing to import: database ${request.database} of ${name} has no keys`,
        next: commandLine('check', addresses[0]),
      },
      changeOptionsOf(flags),
    )
    this.end(result.exitCode)
    return result
  }
}

export default Import
