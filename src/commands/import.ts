/** `tscluster import`: the keys of a standalone server into the cluster. */
import {Args, Flags} from '@oclif/core'
import {BaseCommand, PASSWORD_WARNING} from '../cli/base-command.js'
import type {ConnectionOptions} from '../cli/connection.js'
import {changeFlags, migrationFlags, usage, verifyFlags, wholeNumber} from '../cli/flags.js'
import {changeOptionsOf, commandLine, look, runPlan, settingsOf, type PlanResult} from '../cli/run-plan.js'
import {observeSource} from '../manager/observe-source.js'
import {importWarnings, planImport} from '../manager/plan/import.js'
import {refuse} from '../manager/plan/plan.js'
import {formatAddress} from '../model/address.js'

const SOURCE = {helpGroup: 'SOURCE'}

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
      ...SOURCE,
      aliases: ['cluster-from'],
      required: true,
      summary: 'the server to import from: host:port or redis://user@host:port',
      helpValue: 'HOST:PORT',
    }),
    'from-db': wholeNumber({...SOURCE, default: 0, summary: 'its database', helpValue: 'N'}),
    'from-user': Flags.string({
      ...SOURCE,
      aliases: ['cluster-from-user'],
      summary: 'ACL user name there',
      helpValue: 'NAME',
    }),
    'from-pass': Flags.string({
      ...SOURCE,
      aliases: ['cluster-from-pass'],
      summary: 'password there (visible in process lists: prefer the next two)',
      helpValue: 'PASSWORD',
    }),
    'from-pass-file': Flags.string({...SOURCE, summary: 'read it from a file; - is standard input', helpValue: 'FILE'}),
    'from-askpass': Flags.boolean({...SOURCE, aliases: ['cluster-from-askpass'], summary: 'ask for it'}),
    'from-tls': Flags.boolean({...SOURCE, summary: 'connect to the source over TLS'}),
    'from-cacert': Flags.string({...SOURCE, summary: 'certificate authority (default: --cacert)', helpValue: 'FILE'}),
    'from-cert': Flags.string({...SOURCE, summary: 'client certificate (default: --cert)', helpValue: 'FILE'}),
    'from-key': Flags.string({...SOURCE, summary: 'key of the client certificate (default: --key)', helpValue: 'FILE'}),
    copy: Flags.boolean({aliases: ['cluster-copy'], summary: 'leave the keys at the source as well'}),
    ...migrationFlags,
    ...verifyFlags,
    yes: changeFlags.yes,
    'dry-run': changeFlags['dry-run'],
    explain: changeFlags.explain,
    timeout: changeFlags.timeout,
    'json-stream': changeFlags['json-stream'],
  }

  async run(): Promise<PlanResult> {
    const {args, flags} = await this.parse(Import)
    const {addresses, options} = this.entriesOf([args.cluster])
    const from = this.entriesOf([flags.from])
    if (from.addresses.length > 1) throw usage('--from wants one address', 'a standalone server is host:port')
    const session = await this.openSession(flags, options)
    const source = await this.openPool({...(await this.#sourceOptions(flags)), ...from.options})
    const server = await observeSource(source, from.addresses[0])
    const {topology, blockers} = await look(session, addresses)
    const request = {keep: flags.copy, replace: flags.replace, database: flags['from-db'], settings: settingsOf(flags)}
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
        resume: commandLine('import', addresses[0], ...sameAgain(name, flags)),
        next: commandLine('check', addresses[0]),
      },
      changeOptionsOf(flags),
    )
    this.end(result.exitCode)
    return result
  }

  /** The source's own login; its certificates are the cluster's where nothing else is said. */
  async #sourceOptions(flags: SourceFlags): Promise<ConnectionOptions> {
    return {
      user: flags['from-user'],
      password: await this.#sourcePassword(flags),
      tls: flags['from-tls'],
      cacert: flags['from-cacert'] ?? flags.cacert,
      cacertdir: flags.cacertdir,
      cert: flags['from-cert'] ?? flags.cert,
      key: flags['from-key'] ?? flags.key,
      insecure: flags.insecure,
      connectTimeoutMs: flags['connect-timeout'],
      commandTimeoutMs: flags['reply-timeout'],
    }
  }

  async #sourcePassword(flags: SourceFlags): Promise<string | undefined> {
    if (flags['from-askpass']) return this.prompt.secret('Please input import source node password')
    if (flags['from-pass-file'] === undefined) {
      const isVisible = flags['from-pass'] !== undefined && flags.pass === undefined && !flags['no-auth-warning']
      if (isVisible) this.world.stderr.write(`${PASSWORD_WARNING}\n`)
      return flags['from-pass']
    }
    const {readSecret} = await import('../cli/secret.js')
    return readSecret(flags['from-pass-file'])
  }
}

export default Import

/** Without secrets: who runs it again logs in again. */
function sameAgain(source: string, flags: {readonly copy: boolean; readonly 'from-db': number}): string[] {
  return [
    '--from',
    source,
    ...(flags.copy ? ['--copy'] : []),
    ...(flags['from-db'] === 0 ? [] : ['--from-db', String(flags['from-db'])]),
  ]
}

interface SourceFlags {
  readonly pass?: string | undefined
  readonly 'no-auth-warning': boolean
  readonly 'from-user'?: string | undefined
  readonly 'from-pass'?: string | undefined
  readonly 'from-pass-file'?: string | undefined
  readonly 'from-askpass': boolean
  readonly 'from-tls': boolean
  readonly 'from-cacert'?: string | undefined
  readonly 'from-cert'?: string | undefined
  readonly 'from-key'?: string | undefined
  readonly cacert?: string | undefined
  readonly cacertdir?: string | undefined
  readonly cert?: string | undefined
  readonly key?: string | undefined
  readonly insecure: boolean
  readonly 'connect-timeout'?: number | undefined
  readonly 'reply-timeout'?: number | undefined
}
