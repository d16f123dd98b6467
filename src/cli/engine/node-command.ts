/** What the commands share that do something to nodes of a state folder: their arguments, their words, their result. */
import {Args} from '@oclif/core'
import {ManagerError} from '../../manager/error.js'
import {EXIT, type ExitCode} from '../exit-code.js'
import type {OutputFlags} from '../plain-command.js'
import {PlainCommand} from '../plain-command.js'
import {count} from '../render/numbers.js'
import type {Renderer} from '../render/renderer.js'
import type {ChangeRequest} from './change-nodes.js'
import type {Changed} from './daemon-protocol.js'
import {parsePorts} from './flags.js'
import {formatPorts} from './port-groups.js'
import {StateFolder} from './state-folder.js'

/** One node in the result of a command. */
export interface NodeOutcome<Outcome extends string> {
  readonly port: number
  readonly outcome: Outcome | 'failed'
  readonly error?: string
}

/** Words for what became of a node. */
export interface OutcomeWords<Outcome extends string> {
  /** In the document, and `3 nodes paused: 7000-7002`. */
  readonly done: Outcome
  /** In the document, for a node that was so before. */
  readonly already: Outcome
  /** The same in a sentence: `is paused already`. */
  readonly alreadyIs: string
}

export const portsArgument = (required: boolean) => ({
  ports: Args.string({description: '7002, 7000-7002, 7000,7005', multiple: true, required, ignoreStdin: true}),
})

export abstract class NodeCommand extends PlainCommand {
  /** What is asked for, and who is told. @throws ManagerError `usage` for what is no port */
  protected async open(
    flags: OutputFlags & {readonly dir: string | undefined},
    ports: readonly string[] = [],
  ): Promise<{readonly renderer: Renderer; readonly request: ChangeRequest}> {
    const renderer = await this.openRenderer(flags)
    const folder = StateFolder.of(flags.dir, this.world.env)
    return {renderer, request: {folder, ports: parsePorts(ports), warn: (message) => renderer.warn(message)}}
  }

  /** Tells what became of the nodes. @returns the part of the document that says so */
  protected conclude<Outcome extends string>(
    nodes: readonly Changed[],
    words: OutcomeWords<Outcome>,
    renderer: Renderer,
  ): {readonly exitCode: ExitCode; readonly nodes: readonly NodeOutcome<Outcome>[]} {
    const outcomes = nodes.map(({port, already, error}): NodeOutcome<Outcome> => {
      if (error !== undefined) return {port, outcome: 'failed', error}
      return {port, outcome: already ? words.already : words.done}
    })
    const old = nodes.filter(({already, error}) => already && error === undefined).map(({port}) => port)
    if (old.length > 0) renderer.note(`${formatPorts(old)} ${words.alreadyIs}`)
    const fresh = nodes.filter(({already, error}) => !already && error === undefined).map(({port}) => port)
    this.sayDone(fresh, words.done)
    return {exitCode: this.endWith(outcomes, renderer), nodes: outcomes}
  }

  /** `2 nodes killed: 7000-7001`, for people. */
  protected sayDone(ports: readonly number[], done: string): void {
    if (ports.length > 0) this.say(`${count(ports.length, 'node')} ${done}: ${formatPorts(ports)}`)
  }

  /** One line of standard output, unless a document is wanted there. */
  protected say(line: string): void {
    if (!this.jsonEnabled()) this.world.stdout.write(`${line}\n`)
  }

  /** An error line for each that failed, and the exit code. */
  protected endWith(nodes: readonly {readonly port: number; readonly error?: string}[], renderer: Renderer): ExitCode {
    for (const {port, error} of nodes) {
      if (error === undefined) continue
      renderer.error(
        new ManagerError('io', error, {node: `port ${port}`, hint: `see \`tscluster engine logs ${port}\``}),
      )
    }
    const exitCode = nodes.some(({error}) => error !== undefined) ? EXIT.failed : EXIT.done
    this.end(exitCode)
    return exitCode
  }
}
