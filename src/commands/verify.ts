/** `tscluster verify`: do two clusters, or a cluster and a backup, hold the same? */
import {Args, Flags} from '@oclif/core'
import {BaseCommand} from '../cli/base-command.js'
import {EXIT, type ExitCode} from '../cli/exit-code.js'
import {duration, usage, wholeNumber} from '../cli/flags.js'
import {count} from '../cli/render/numbers.js'
import {themeFor} from '../cli/render/theme.js'
import {renderSidesReport} from '../cli/render/verification.js'
import type {Session} from '../cli/session.js'
import {openSide} from '../cli/verify/open-side.js'
import type {SidesReport} from '../manager/verify/compare-sides.js'
import {SlotSet} from '../model/slot-set.js'

/** The documented result: docs/json.md. */
export interface VerifyResult extends SidesReport {
  readonly schema: 'tscluster.verify/1'
  readonly status: 'equal' | 'different'
  readonly exitCode: ExitCode
  readonly a: string
  readonly b: string
  readonly slots: SlotSet
}

export class Verify extends BaseCommand {
  static override summary = 'compare the keys of two clusters, or of a cluster and a backup'
  static override description =
    'Every key, its value and its time to live, by digests that are the same on every server and version. Nothing is changed. A ' +
    'side is host:port of a cluster or of a standalone server, or what `tscluster backup` wrote: the folder, its manifest.json, ' +
    'or one RDB file. Exit 0 when they are equal, 1 when they are not. What clients write meanwhile counts as a difference.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> 127.0.0.1:7000 /backups/today',
    '<%= config.bin %> <%= command.id %> 10.0.0.1:7000 10.1.0.1:7000 --slots 0-99',
    "<%= config.bin %> <%= command.id %> 127.0.0.1:7000 127.0.0.1:6379 --json | jq '.keys[].key'",
  ]
  static override args = {
    a: Args.string({description: 'host:port, or a backup', required: true, ignoreStdin: true}),
    b: Args.string({description: 'what it is compared with', required: true, ignoreStdin: true}),
  }
  static override flags = {
    slots: Flags.string({summary: 'only these slots', helpValue: '0-99,200'}),
    'ttl-tolerance': duration({
      summary: 'times to live that end this near each other are the same',
      default: 5_000,
      defaultHelp: () => Promise.resolve('5s'),
      helpValue: '5s',
    }),
    names: wholeNumber({summary: 'how many differing keys to name', default: 10, helpValue: 'N'}),
  }

  async run(): Promise<VerifyResult> {
    const {args, flags} = await this.parse(Verify)
    const slots = slotsFrom(flags.slots)
    const session = await this.openSession(flags, {})
    const [a, b] = await Promise.all([
      openSide(session, args.a, (fromUrl) => this.openPoolAs(flags, fromUrl)),
      openSide(session, args.b, (fromUrl) => this.openPoolAs(flags, fromUrl)),
    ])
    const {compareSides} = await import('../manager/verify/compare-sides.js')
    const report = await compareSides(a, b, {
      slots,
      ttlToleranceMs: flags['ttl-tolerance'],
      nowMs: Date.now,
      namesAtMost: flags.names,
      onRound: (doubtful) => tellRound(session, doubtful),
    })
    session.renderer.idle()
    const isEqual = report.differing.length === 0
    const exitCode = isEqual ? EXIT.done : EXIT.failed
    if (!this.jsonEnabled()) {
      const theme = themeFor(this.world.stdout, this.world.env, flags.color)
      this.world.stdout.write(await renderSidesReport(report, a.name, b.name, this.world.stdout, theme))
    }
    this.end(exitCode)
    const status = isEqual ? 'equal' : 'different'
    return {schema: 'tscluster.verify/1', status, exitCode, a: a.name, b: b.name, slots, ...report}
  }
}

export default Verify

function tellRound({renderer}: Session, doubtful: SlotSet | null): void {
  if (doubtful === null) renderer.busy('digesting every slot of both sides …')
  else renderer.busy(`${count(doubtful.size, 'slot')} differ: comparing them key by key …`)
}

function slotsFrom(text: string | undefined): SlotSet {
  if (text === undefined) return SlotSet.ALL
  const slots = SlotSet.parse(text)
  if (slots === undefined || slots.size === 0) throw usage(`--slots wants ranges such as 0-99,200-299; not "${text}"`)
  return slots
}
