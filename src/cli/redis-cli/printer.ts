/** Lines as redis-cli writes them: everything on standard output, in its four colours, a few things on standard error. */
import {colourLevel} from '../render/theme.js'
import type {World} from '../world.js'

const BOLD = '29;1m'
const GREEN = '32;1m'
const YELLOW = '33;1m'
const RED = '31;1m'

export class Printer {
  readonly #world: World
  readonly #coloured: boolean

  constructor(world: World) {
    this.#world = world
    this.#coloured = colourLevel(world.stdout, world.env, true) > 0
  }

  /** As it is: neither colour nor line end is added. */
  write(text: string): void {
    this.#world.stdout.write(text)
  }

  line(text: string): void {
    this.write(`${text}\n`)
  }

  /** `>>> …` */
  info(text: string): void {
    this.#painted(BOLD, `${text}\n`)
  }

  /** Bold without a line end: `call` puts the command after it. */
  strong(text: string): void {
    this.#painted(BOLD, text)
  }

  /** `[OK] …` */
  ok(text: string): void {
    this.#painted(GREEN, `${text}\n`)
  }

  /** `*** …` */
  warning(text: string): void {
    this.#painted(YELLOW, `${text}\n`)
  }

  /** `[ERR] …`: on standard output, where redis-cli writes it. */
  error(text: string): void {
    this.#painted(RED, `${text}\n`)
  }

  /** One of the few lines that redis-cli writes to standard error. */
  complain(text: string): void {
    this.#world.stderr.write(`${text}\n`)
  }

  /** The line end belongs to the coloured text, so that the reset stands at the beginning of the next line. */
  #painted(colour: string, text: string): void {
    this.write(this.#coloured ? `\u001b[${colour}${text}\u001b[0m` : text)
  }
}
