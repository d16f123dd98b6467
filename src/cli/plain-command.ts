/** What every command has in common, whether it speaks to a cluster or not: output flags, one line for an error, an exit code. */
import {Command, Flags} from '@oclif/core'
import {ManagerError, toManagerError} from '../manager/error.js'
import {EXIT, exitCodeOfError, type ExitCode} from './exit-code.js'
import {outputFlags} from './flags.js'
import {createPrompt, type Prompt} from './prompt.js'
import {errorToJson, jsonRenderer, streamingEvents} from './render/json.js'
import type {Renderer} from './render/renderer.js'
import {usageErrorOf} from './usage-error.js'
import {processWorld, type World} from './world.js'

export interface OutputFlags {
  readonly quiet: boolean
  readonly color: boolean
}

export abstract class PlainCommand extends Command {
  static override enableJsonFlag = true
  static override baseFlags = {
    ...outputFlags,
    help: Flags.help({char: 'h', summary: 'show this help', helpGroup: 'GLOBAL'}),
  }

  protected readonly world: World = processWorld()
  #prompt: Prompt | undefined
  #renderer: Renderer | undefined

  protected get prompt(): Prompt {
    return (this.#prompt ??= createPrompt(this.world))
  }

  protected end(code: ExitCode): void {
    process.exitCode = code
  }

  /**
   * The words that are no flags, as they were typed. oclif's own `argv` puts words that occur twice next to each other
   * (`mset a 1 b 1` as `mset a 1 1 b`): what it found one by one (`raw`) is in order.
   */
  protected wordsOf(raw: readonly {readonly type: 'arg' | 'flag'; readonly input: string}[]): string[] {
    return raw.filter(({type}) => type === 'arg').map(({input}) => input)
  }

  /** The one that errors are told by from now on, too. */
  protected async openRenderer(flags: OutputFlags): Promise<Renderer> {
    this.#renderer = await this.#rendererFor(flags)
    return this.#renderer
  }

  /** `--json`, or `--json-stream` where the command has it. */
  override jsonEnabled(): boolean {
    return super.jsonEnabled() || this.#isStreaming()
  }

  protected override async catch(thrown: Error): Promise<void> {
    const error = usageErrorOf(thrown, this.ctor) ?? toManagerError(thrown)
    const code = thrown instanceof ManagerError || error.code === 'usage' ? exitCodeOfError(error) : EXIT.failed
    if (process.env['DEBUG'] !== undefined) this.world.stderr.write(`${thrown.stack}\n`)
    if (this.jsonEnabled()) this.logJson(errorToJson(error, code))
    if (!super.jsonEnabled()) {
      const renderer = this.#renderer ?? (await this.#textRenderer({quiet: false, color: true}))
      renderer.error(error)
    }
    this.end(code)
  }

  protected override finally(): Promise<void> {
    this.#renderer?.close()
    return Promise.resolve()
  }

  protected override logJson(json: unknown): void {
    this.world.stdout.write(`${JSON.stringify(json, null, this.#isStreaming() ? 0 : 2)}\n`)
  }

  /** Looked for before the flags are parsed, too: what is wrong with them is told in the same form. */
  #isStreaming(): boolean {
    const end = this.argv.indexOf('--')
    const words = end < 0 ? this.argv : this.argv.slice(0, end)
    return words.includes('--json-stream') && 'json-stream' in (this.ctor.flags ?? {})
  }

  async #rendererFor(flags: OutputFlags): Promise<Renderer> {
    const base = super.jsonEnabled() ? jsonRenderer() : await this.#textRenderer(flags)
    return this.#isStreaming() ? streamingEvents(base, this.world.stdout, () => new Date()) : base
  }

  async #textRenderer(flags: {readonly quiet: boolean; readonly color: boolean}): Promise<Renderer> {
    const {TextRenderer} = await import('./render/text.js')
    // Standard output belongs to the stream.
    const world = this.#isStreaming() ? {...this.world, stdout: this.world.stderr} : this.world
    return new TextRenderer(world, flags)
  }
}
