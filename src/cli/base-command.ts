/** What the commands that speak to a cluster have in common: connection flags, addresses, connections closed on the way out. */
import type {Interfaces} from '@oclif/core'
import type {NodePool, SnapshotReader} from '../manager/ports.js'
import type {Address} from '../model/address.js'
import type {ConnectionOptions} from './connection.js'
import {parseEndpoints} from './endpoints.js'
import {connectionFlags, usage} from './flags.js'
import {Interruption} from './interruption.js'
import {PlainCommand} from './plain-command.js'
import type {JournalPolicy} from './journal/keep.js'
import {shownCommand} from './journal/shown-command.js'
import type {ChangeFlags, PlanResult} from './run-plan.js'
import type {Meeting, Session} from './session.js'
import type {World} from './world.js'

type BaseFlags = Interfaces.InferredFlags<typeof BaseCommand.baseFlags>

export const PASSWORD_WARNING =
  "Warning: Using a password with '-a' or '-u' option on the command line interface may not be safe."

/** Of the flags that changing commands share. */
interface MeetingFlags {
  readonly 'force-unlock'?: boolean
  readonly 'dry-run'?: boolean
  readonly out?: string | undefined
}

export abstract class BaseCommand extends PlainCommand {
  static override baseFlags = {...connectionFlags, ...PlainCommand.baseFlags}

  readonly #pools: NodePool[] = []
  #interruption: Interruption | undefined
  #fromFlags: Promise<ConnectionOptions> | undefined
  #rehearse: Session['rehearse']

  /** Runs as ever up to its plan, which somebody else takes. @throws what running it throws */
  async runUpToPlan(rehearse: NonNullable<Session['rehearse']>): Promise<unknown> {
    this.#rehearse = rehearse
    try {
      return await this.run()
    } finally {
      await this.finally()
    }
  }

  /** @throws ManagerError `usage` when a word is no address, or there is none */
  protected entriesOf(words: readonly string[]): {
    addresses: readonly [Address, ...Address[]]
    options: Partial<ConnectionOptions>
  } {
    const parsed = parseEndpoints(words)
    if (typeof parsed === 'string') throw usage(parsed, 'an address is host:port')
    const {addresses, user, password, tls} = parsed
    const [first, ...others] = addresses
    if (first === undefined) throw usage('no address was given', 'name any node of the cluster as host:port')
    return {
      addresses: [first, ...others],
      options: {...(user !== undefined && {user}), ...(password !== undefined && {password}), ...(tls && {tls})},
    }
  }

  /**
   * Opens what a command works with; `finally` closes it.
   * @param fromUrl what a `redis://` address said about logging in
   */
  protected async openSession(
    flags: BaseFlags & MeetingFlags & {readonly journal?: string | undefined},
    fromUrl: Partial<ConnectionOptions>,
  ): Promise<Session> {
    const renderer = await this.openRenderer(flags)
    const interruption = new Interruption((message) => renderer.warn(message))
    this.#interruption = interruption
    interruption.listen()
    const pool = await this.openPoolAs(flags, fromUrl)
    const command = shownCommand([...(this.id ?? '').split(':'), ...this.argv])
    const journal: JournalPolicy = {command, file: flags.journal, isRequired: true}
    const {world, prompt} = this
    const changes = 'force-unlock' in (this.ctor.flags ?? {})
    const rehearse = this.#rehearse
    const meeting = rehearse === undefined ? meetingOf(flags) : 'plan'
    const session = {world, pool, renderer, prompt, interruption, journal, ...(changes && {meeting})}
    return rehearse === undefined ? session : {...session, rehearse}
  }

  /**
   * What an earlier command left half-way on the same cluster, finished where this is the same command again. To be asked before
   * anything else.
   * @returns the result that is to be handed back; `undefined` when the command may begin
   */
  protected async takeUpUnfinished(
    session: Session,
    addresses: readonly Address[],
    flags: ChangeFlags,
    source?: NodePool,
  ): Promise<PlanResult | undefined> {
    const {takeUpUnfinished} = await import('./journal/unfinished.js')
    const result = await takeUpUnfinished(session, {operation: this.id ?? '', addresses, flags, source})
    if (result !== undefined) this.end(result.exitCode)
    return result
  }

  /** A pool that logs in as the flags say, unless the address says otherwise; closed when the command ends. */
  protected async openPoolAs(
    flags: BaseFlags,
    fromUrl: Partial<ConnectionOptions>,
  ): Promise<NodePool & SnapshotReader> {
    // Once: a password is asked for once.
    this.#fromFlags ??= this.#connectionOptions(flags)
    return this.openPool({...(await this.#fromFlags), ...fromUrl})
  }

  /** A pool that is closed when the command ends. */
  protected async openPool(options: ConnectionOptions): Promise<NodePool & SnapshotReader> {
    const {openPool} = await import('./connection.js')
    const pool = await openPool(options)
    this.#pools.push(pool)
    return pool
  }

  protected override finally(): Promise<void> {
    this.#interruption?.ignore()
    for (const pool of this.#pools) pool.close()
    return super.finally()
  }

  async #connectionOptions(flags: BaseFlags): Promise<ConnectionOptions> {
    const {env, stderr} = this.world
    if (flags.pass !== undefined && !flags['no-auth-warning']) stderr.write(`${PASSWORD_WARNING}\n`)
    return {
      user: flags.user,
      password: await this.#password(flags, env),
      tls: flags.tls,
      cacert: flags.cacert,
      cacertdir: flags.cacertdir,
      cert: flags.cert,
      key: flags.key,
      sni: flags.sni,
      insecure: flags.insecure,
      tlsCiphers: flags['tls-ciphers'],
      connectTimeoutMs: flags['connect-timeout'],
      commandTimeoutMs: flags['reply-timeout'],
    }
  }

  async #password(flags: BaseFlags, env: World['env']): Promise<string | undefined> {
    if (flags.askpass) return this.prompt.secret('Please input password')
    if (flags['pass-file'] !== undefined) {
      const {readSecret} = await import('./secret.js')
      return readSecret(flags['pass-file'])
    }
    return flags.pass ?? env['REDISCLI_AUTH'] ?? env['VALKEYCLI_AUTH']
  }
}

function meetingOf(flags: MeetingFlags): Meeting {
  if (flags['dry-run'] === true || flags.out !== undefined) return 'plan'
  return flags['force-unlock'] === true ? 'force' : 'refuse'
}
