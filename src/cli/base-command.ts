/** What every command has in common: flags, one line for an error, an exit code, connections closed on the way out. */
import {Command, Flags, type Interfaces} from '@oclif/core'
import {ManagerError, toManagerError} from '../manager/error.js'
import type {NodePool, SnapshotReader} from '../manager/ports.js'
import type {Address} from '../model/address.js'
import type {ConnectionOptions} from './connection.js'
import {parseEndpoints} from './endpoints.js'
import {EXIT, exitCodeOfError, type ExitCode} from './exit-code.js'
import {connectionFlags, outputFlags, usage} from './flags.js'
import {Interruption} from './interruption.js'
import {createPrompt, type Prompt} from './prompt.js'
import {errorToJson, jsonRenderer, streamingEvents} from './render/json.js'
import type {Renderer} from './render/renderer.js'
import type {Session} from './session.js'
import {usageErrorOf} from './usage-error.js'
import {processWorld, type World} from './world.js'

type BaseFlags = Interfaces.InferredFlags<typeof BaseCommand.baseFlags>

export const PASSWORD_WARNING =
  "Warning: Using a password with '-a' or '-u' option on the command line interface may not be safe."

export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true
  static override baseFlags = {
    ...connectionFlags,
    ...outputFlags,
    help: Flags.help({char: 'h', summary: 'show this help', helpGroup: 'GLOBAL'}),
  }

  protected readonly world: World = processWorld()
  #prompt: Prompt | undefined
  #renderer: Renderer | undefined
  readonly #pools: NodePool[] = []
  #interruption: Interruption | undefined

  protected get prompt(): Prompt {
    return (this.#prompt ??= createPrompt(this.world))
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
    flags: BaseFlags & {readonly events?: boolean},
    fromUrl: Partial<ConnectionOptions>,
  ): Promise<Session> {
    const renderer = await this.#openRenderer(flags)
    const interruption = new Interruption((message) => renderer.warn(message))
    this.#interruption = interruption
    interruption.listen()
    const pool = await this.openPool({...(await this.#connectionOptions(flags)), ...fromUrl})
    return {world: this.world, pool, renderer, prompt: this.prompt, interruption}
  }

  /** A pool that is closed when the command ends. */
  protected async openPool(options: ConnectionOptions): Promise<NodePool & SnapshotReader> {
    const {openPool} = await import('./connection.js')
    const pool = await openPool(options)
    this.#pools.push(pool)
    return pool
  }

  protected end(code: ExitCode): void {
    process.exitCode = code
  }

  protected override async catch(thrown: Error): Promise<void> {
    const error = usageErrorOf(thrown, this.ctor) ?? toManagerError(thrown)
    const code = thrown instanceof ManagerError || error.code === 'usage' ? exitCodeOfError(error) : EXIT.failed
    if (process.env['DEBUG'] !== undefined) this.world.stderr.write(`${thrown.stack}\n`)
    if (this.jsonEnabled()) {
      this.logJson(errorToJson(error, code))
    } else {
      const renderer = this.#renderer ?? (await this.#textRenderer({quiet: false, color: true}))
      renderer.error(error)
    }
    this.end(code)
  }

  protected override finally(): Promise<void> {
    this.#renderer?.close()
    this.#interruption?.ignore()
    for (const pool of this.#pools) pool.close()
    return Promise.resolve()
  }

  protected override logJson(json: unknown): void {
    this.world.stdout.write(`${JSON.stringify(json, null, 2)}\n`)
  }

  async #openRenderer(flags: BaseFlags & {readonly events?: boolean}): Promise<Renderer> {
    const base = this.jsonEnabled() ? jsonRenderer() : await this.#textRenderer(flags)
    this.#renderer = flags.events === true ? streamingEvents(base, this.world.stderr) : base
    return this.#renderer
  }

  async #textRenderer(flags: {readonly quiet: boolean; readonly color: boolean}): Promise<Renderer> {
    const {TextRenderer} = await import('./render/text.js')
    return new TextRenderer(this.world, flags)
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
