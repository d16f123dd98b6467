/** Keys that steer the operation in front of which one sits. Only for a person: on a terminal, and while progress is drawn on it. */
import type {ReadStream} from 'node:tty'
import type {Pace, PaceChange} from '../../manager/execute/pace/pace.js'
import type {Renderer} from '../render/renderer.js'
import type {World} from '../world.js'
import {isInForeground} from './foreground.js'

/** What a terminal in raw mode hands over instead of acting on it. */
const CTRL_C = '\u0003'
const CTRL_Z = '\u001a'
const CTRL_BACKSLASH = '\u001c'

const HINT = 'p pause/resume   + faster   - slower   ? help'
const HELP =
  'p or space pauses and resumes, - halves the speed, + doubles it again, up to what nodes and limits allow; Ctrl-C finishes what ' +
  'is in hand and stops. `tscluster pace` does the same from another terminal, and sets limits'

const LOOK_EVERY_MS = 2_000

type Teller = Pick<Renderer, 'hint' | 'note'>

export interface PaceKeys {
  /** Gives the terminal back as it was. */
  close(): void
}

/** @returns `undefined` where there is no terminal to read from, or nobody sees what keys would do */
export function listenToKeys(world: World, pace: Pace, teller: Teller): PaceKeys | undefined {
  if (!world.stdin.isTerminal || !teller.hint(HINT)) return undefined
  teller.hint('')
  const keyboard = new Keyboard(world.stdin.stream as ReadStream, {
    press: (key) => act(key, pace, teller),
    // What is shown is true: in the background no key is heard.
    listens: (whether) => teller.hint(whether ? HINT : ''),
  })
  keyboard.open()
  return keyboard
}

function act(key: string, pace: Pace, teller: Teller): void {
  if (key === '?' || key === 'h') return teller.note(HELP)
  const change = changeFor(key, pace.state.paused)
  if (change !== undefined) pace.change(change)
}

/** `undefined` for a key that means nothing. */
export function changeFor(key: string, isPaused: boolean): PaceChange | undefined {
  switch (key) {
    case 'p':
    case ' ':
      return {do: isPaused ? 'resume' : 'pause'}
    case '+':
    case '=':
      return {do: 'faster'}
    case '-':
      return {do: 'slower'}
    default:
      return undefined
  }
}

interface Player {
  readonly press: (key: string) => void
  /** Whether keys are heard from now on. */
  readonly listens: (whether: boolean) => void
}

/**
 * A terminal in raw mode, so that keys come one by one and unseen. What it would have done with Ctrl-C and its like is done here,
 * and it is given back however the process ends (Node itself does so when a signal ends it).
 */
class Keyboard implements PaceKeys {
  readonly #terminal: ReadStream
  readonly #player: Player
  readonly #listener = (chunk: Buffer | string): void => this.#read(chunk.toString())
  readonly #restore = (): void => this.#release()
  readonly #continued = (): void => this.#continue()
  #watch: NodeJS.Timeout | undefined
  #isRaw = false

  constructor(terminal: ReadStream, player: Player) {
    this.#terminal = terminal
    this.#player = player
  }

  open(): void {
    process.on('exit', this.#restore)
    if (process.platform !== 'win32') process.on('SIGCONT', this.#continued)
    // A terminal that is hung up has nothing more to say; the signal that comes with it says the rest.
    this.#terminal.on('error', this.#restore)
    this.#seize()
    // A job that is brought to the foreground while it runs is not told.
    this.#watch = setInterval(() => this.#seize(), LOOK_EVERY_MS).unref()
  }

  close(): void {
    clearInterval(this.#watch)
    process.off('exit', this.#restore)
    if (process.platform !== 'win32') process.off('SIGCONT', this.#continued)
    this.#release()
    this.#terminal.off('error', this.#restore)
  }

  /** Who is in the background and touches the terminal is stopped by it. */
  #seize(): void {
    if (this.#isRaw || !isInForeground()) return
    this.#isRaw = true
    this.#terminal.setRawMode(true)
    this.#terminal.on('data', this.#listener).resume()
    this.#player.listens(true)
  }

  #continue(): void {
    if (this.#isRaw && !isInForeground()) this.#fallSilent()
    this.#seize()
  }

  #release(): void {
    if (!this.#isRaw) return
    this.#fallSilent()
    this.#terminal.setRawMode(false)
  }

  #fallSilent(): void {
    this.#isRaw = false
    this.#terminal.off('data', this.#listener).pause()
    this.#player.listens(false)
  }

  #read(text: string): void {
    for (const key of text) {
      if (key === CTRL_C) process.emit('SIGINT', 'SIGINT')
      else if (key === CTRL_Z) this.#signal('SIGTSTP')
      else if (key === CTRL_BACKSLASH) this.#signal('SIGQUIT')
      else this.#player.press(key)
    }
  }

  /** Whoever looks at the terminal while we are stopped, or gone, finds it as it was. */
  #signal(signal: 'SIGTSTP' | 'SIGQUIT'): void {
    if (process.platform === 'win32') return
    this.#release()
    process.kill(process.pid, signal)
    setImmediate(this.#continued)
  }
}
