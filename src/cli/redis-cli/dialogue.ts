/** What one run in redis-cli's manner shares: what was asked for, the nodes, whom to tell and whom to ask. */
import {ManagerError} from '../../manager/error.js'
import type {NodePool, SnapshotReader} from '../../manager/ports.js'
import type {ConnectionOptions} from '../connection.js'
import type {Interruption} from '../interruption.js'
import type {JournalPolicy} from '../journal/keep.js'
import {PipedAnswers} from '../piped-answers.js'
import type {World} from '../world.js'
import type {Invocation} from './invocation.js'
import type {Printer} from './printer.js'
import type {Words} from './words.js'

export interface Dialogue {
  readonly invocation: Invocation
  readonly world: World
  readonly words: Words
  readonly print: Printer
  readonly questions: Questions
  readonly interruption: Interruption
  readonly journal: JournalPolicy
  readonly pool: NodePool & SnapshotReader
  /** For an import's source, which has a login of its own; closed with the rest. */
  readonly openPool: (options: ConnectionOptions) => Promise<NodePool>
}

/** 0 for success, 1 for everything else: all that redis-cli knows. */
export type Verdict = 0 | 1

/** Whoever writes into a pipe may think between two answers; a pipe into which nobody writes must not hang a script. */
const ANSWER_LIMIT_MS = 60_000

/** redis-cli's questions: printed as it prints them, answered line by line, however many answers arrive at once. */
export class Questions {
  readonly #world: World
  readonly #print: Printer
  readonly #answers: PipedAnswers
  readonly #yes: boolean

  /** @param yes `--cluster-yes`: takes the confirmations away, text and all */
  constructor(world: World, print: Printer, yes: boolean) {
    this.#world = world
    this.#print = print
    this.#answers = new PipedAnswers(world.stdin.stream, world.stdin.isTerminal ? Infinity : ANSWER_LIMIT_MS)
    this.#yes = yes
  }

  /** `QUESTION (type 'yes' to accept): `. The end of the input is a no. */
  async confirm(question: string): Promise<boolean> {
    return this.#yes || this.insist(question)
  }

  /** The same, but `--cluster-yes` does not answer it. */
  async insist(question: string): Promise<boolean> {
    return this.confirmText(`${question} (type 'yes' to accept): `)
  }

  /** Any other question that is answered by yes; what follows the three letters does not count, as in redis-cli. */
  async confirmText(text: string): Promise<boolean> {
    this.#print.write(text)
    return (await this.#answers.next())?.startsWith('yes') === true
  }

  /**
   * One line.
   * @throws ManagerError `usage` at the end of the input, where redis-cli would ask for ever
   */
  async ask(text: string, option: string): Promise<string> {
    this.#print.write(text)
    const answer = await this.#answers.next()
    if (answer !== undefined) return answer.trim()
    this.#print.write('\n')
    throw new ManagerError('usage', `[ERR] No answer on standard input: give ${option}`)
  }

  /** A password: not shown on a terminal, and not asked for in words where there is none, as in redis-cli. */
  async secret(question: string): Promise<string> {
    if (!this.#world.stdin.isTerminal) return (await this.#answers.next()) ?? ''
    const {createPrompt} = await import('../prompt.js')
    return createPrompt(this.#world).secret(question)
  }
}
