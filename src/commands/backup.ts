/** `tscluster backup`: an RDB file of each primary. */
import {Args} from '@oclif/core'
import {BaseCommand} from '../cli/base-command.js'
import {EXIT, type ExitCode} from '../cli/exit-code.js'
import {BackupProgress} from '../cli/render/backup-progress.js'
import {count, formatBytes} from '../cli/render/numbers.js'
import {themeFor} from '../cli/render/theme.js'
import {look} from '../cli/run-plan.js'
import {backup} from '../manager/backup/backup.js'
import type {SavedNode} from '../manager/backup/saved-node.js'
import {check} from '../manager/check/check.js'
import type {Finding} from '../manager/check/finding.js'

/** The documented result: docs/json.md. */
export interface BackupResult {
  readonly schema: 'tscluster.backup/1'
  readonly directory: string
  /** Every slot is in one of the files. */
  readonly complete: boolean
  readonly exitCode: ExitCode
  readonly files: readonly SavedNode[]
  /** Errors of `check` at the time: a restore has to reckon with them. */
  readonly findings: readonly Finding[]
}

export class Backup extends BaseCommand {
  static override summary = 'save the data of every primary, and who has which slots'
  static override description =
    'Writes an RDB file for each primary (several at once, each checked), nodes.json as redis-cli writes it, and manifest.json ' +
    'with sizes and SHA-256 sums. The files are of slightly different moments. Nothing gets its name before all is there: a ' +
    'backup that fails leaves what was in the folder. Exit 1 when the cluster is unhealthy, though the files are written.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> 127.0.0.1:7000 /backups/today',
    '<%= config.bin %> <%= command.id %> 127.0.0.1:7000 /backups/today --json | jq -r \'.files[] | .sha256 + "  " + .file\'',
  ]
  static override args = {
    cluster: Args.string({description: 'host:port of any node of the cluster', required: true, ignoreStdin: true}),
    directory: Args.string({
      description: 'the folder to write to; made when it is not there',
      required: true,
      ignoreStdin: true,
    }),
  }

  async run(): Promise<BackupResult> {
    const {args, flags} = await this.parse(Backup)
    const {addresses, options} = this.entriesOf([args.cluster])
    const session = await this.openSession(flags, options)
    const {view, topology} = await look(session, addresses)
    const {openBackupFolder} = await import('../manager/io/backup-folder.js')
    const folder = await openBackupFolder(args.directory, {create: true})
    const findings = check(view).filter(({severity}) => severity === 'error')
    const {stderr, stdout, clock, env} = this.world
    const quiet = flags.quiet || this.jsonEnabled()
    const progress = new BackupProgress(stderr, clock, {quiet})
    const saving = session.interruption.during(() =>
      backup(view, session.pool, folder, {
        prefix: 'redis',
        clusterErrors: findings.length,
        stop: session.interruption.stop,
        emit: (event) => progress.event(event),
      }),
    )
    const [files] = await Promise.all([saving.finally(() => progress.end()), progress.run()])
    const complete = topology.owners.every((owner) => owner !== null)
    const exitCode = findings.length === 0 ? EXIT.done : EXIT.failed
    if (!this.jsonEnabled()) {
      session.renderer.findings(findings)
      const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
      const theme = themeFor(stdout, env, flags.color)
      const label = complete ? theme.good('done') : theme.bad('incomplete')
      stdout.write(`${label} backup: ${count(files.length, 'file')}, ${formatBytes(bytes)} in ${args.directory}\n`)
    }
    this.end(exitCode)
    return {schema: 'tscluster.backup/1', directory: args.directory, complete, exitCode, files, findings}
  }
}

export default Backup
