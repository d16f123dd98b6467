/** Questions: asked with inquirer on a terminal, answered line by line from a pipe, refused where nobody can answer. */
import type {NodeId} from '../model/node-id.js'
import {ManagerError} from '../manager/error.js'
import {usage} from './flags.js'
import {PipedAnswers} from './piped-answers.js'
import type {World} from './world.js'

export interface Choice {
  readonly id: NodeId
  /** `127.0.0.1:7000`. */
  readonly name: string
  /** What helps to choose: slots, keys. */
  readonly detail: string
}

/** Each question names the flag that answers it without being asked. */
export interface Prompt {
  confirm(question: string, flag: string): Promise<boolean>
  number(question: string, flag: string, range: {readonly min: number; readonly max: number}): Promise<number>
  /** @param resolve how a typed name becomes a node: an id, an unambiguous prefix, an address */
  pickNode(question: string, flag: string, choices: readonly Choice[], resolve: Resolve): Promise<NodeId>
  /** Several, or all of them. From a pipe: one a line, until `done` or `all`, as redis-cli asks. */
  pickNodes(question: string, flag: string, choices: readonly Choice[], resolve: Resolve): Promise<NodeId[] | 'all'>
  secret(question: string): Promise<string>
}

/** @throws ManagerError `usage` when no node, or more than one, goes by this name */
export type Resolve = (name: string) => NodeId

export function createPrompt(world: World): Prompt {
  return world.stdin.isTerminal && world.stderr.isTerminal ? new TerminalPrompt() : new PipedPrompt(world)
}

/** Draws on standard error, so that standard output stays a result. */
class TerminalPrompt implements Prompt {
  async confirm(question: string): Promise<boolean> {
    return this.#ask<boolean>({type: 'confirm', message: question, default: false})
  }

  async number(
    question: string,
    _flag: string,
    {min, max}: {readonly min: number; readonly max: number},
  ): Promise<number> {
    const range = `from ${min} to ${max}`
    const valid = (value: number | undefined): true | string =>
      (value !== undefined && Number.isInteger(value) && value >= min && value <= max) || `a whole number ${range}`
    return this.#ask<number>({type: 'number', message: `${question} (${range})`, min, max, validate: valid})
  }

  async pickNode(question: string, _flag: string, choices: readonly Choice[]): Promise<NodeId> {
    return this.#ask<NodeId>({type: 'select', message: question, choices: choices.map(asOption), pageSize: 15})
  }

  async pickNodes(question: string, _flag: string, choices: readonly Choice[]): Promise<NodeId[] | 'all'> {
    const all = {name: 'all of them, in proportion to their slots', value: 'all', short: 'all'}
    const some = {name: 'let me choose', value: 'some', short: 'some'}
    const how = await this.#ask<'all' | 'some'>({type: 'select', message: question, choices: [all, some]})
    if (how === 'all') return 'all'
    return this.#ask<NodeId[]>({
      type: 'checkbox',
      message: 'Which ones? (space to choose, enter when done)',
      choices: choices.map(asOption),
      pageSize: 15,
      required: true,
    })
  }

  async secret(question: string): Promise<string> {
    return this.#ask<string>({type: 'password', message: question, mask: '*'})
  }

  async #ask<Answer>(question: Readonly<Record<string, unknown>>): Promise<Answer> {
    const {default: inquirer} = await import('inquirer')
    const ask = inquirer.createPromptModule({output: process.stderr})
    try {
      // inquirer types a question by the literal of its `type`, which is not known here.
      const answers = (await ask([{...question, name: 'answer'}] as never)) as Readonly<Record<'answer', Answer>>
      return answers.answer
    } catch (error) {
      // Ctrl-C at a prompt.
      if (error instanceof Error && error.name === 'ExitPromptError') {
        throw new ManagerError('interrupted', 'interrupted by the operator; nothing was changed')
      }
      throw error
    }
  }
}

function asOption({id, name, detail}: Choice): {name: string; value: NodeId; short: string} {
  return {name: `${name}  ${id.slice(0, 8)}  ${detail}`, value: id, short: name}
}

class PipedPrompt implements Prompt {
  readonly #world: World
  readonly #answers: PipedAnswers

  constructor(world: World) {
    this.#world = world
    this.#answers = new PipedAnswers(world.stdin.stream)
  }

  /** Only `yes` is a yes, as in redis-cli. */
  async confirm(question: string, flag: string): Promise<boolean> {
    return (await this.#ask(`${question} (type 'yes' to accept): `, flag)) === 'yes'
  }

  async number(
    question: string,
    flag: string,
    {min, max}: {readonly min: number; readonly max: number},
  ): Promise<number> {
    const answer = await this.#ask(`${question} (from ${min} to ${max})? `, flag)
    const value = Number(answer)
    if (/^\d+$/.test(answer) && value >= min && value <= max) return value
    throw usage(`"${answer}" is not a whole number from ${min} to ${max}`, `answer again, or give ${flag}`)
  }

  async pickNode(question: string, flag: string, _choices: readonly Choice[], resolve: Resolve): Promise<NodeId> {
    return resolve(await this.#ask(`${question} `, flag))
  }

  async pickNodes(
    question: string,
    flag: string,
    _choices: readonly Choice[],
    resolve: Resolve,
  ): Promise<NodeId[] | 'all'> {
    const chosen: NodeId[] = []
    for (;;) {
      const answer = await this.#ask(`${question} #${chosen.length + 1} (all, or done): `, flag)
      if (answer === 'all') return 'all'
      if (answer === 'done') return chosen
      chosen.push(resolve(answer))
    }
  }

  async secret(question: string): Promise<string> {
    return this.#ask(`${question}: `, '--pass-file or REDISCLI_AUTH')
  }

  async #ask(question: string, flag: string): Promise<string> {
    this.#world.stderr.write(question)
    const answer = await this.#answers.next()
    this.#world.stderr.write('\n')
    if (answer === undefined) throw usage('a question has no answer: standard input is no terminal', `give ${flag}`)
    return answer.trim()
  }
}
