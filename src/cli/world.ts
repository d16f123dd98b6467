/** The terminal, handed in: what a command may touch outside its arguments. Tests make one of their own. */
import {setMaxListeners} from 'node:events'
import type {Readable} from 'node:stream'
import {isatty} from 'node:tty'
import type {ManagerClock} from '../manager/ports.js'

export interface Output {
  write(text: string): void
  readonly isTerminal: boolean
  /** Characters in a line; 80 where that is unknown. */
  readonly columns: number
}

export interface World {
  readonly stdout: Output
  readonly stderr: Output
  readonly stdin: {readonly isTerminal: boolean; readonly stream: Readable}
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: ManagerClock
}

export function processWorld(): World {
  return {
    stdout: outputOf(process.stdout),
    stderr: outputOf(process.stderr),
    stdin: {
      // To touch process.stdin opens it: most commands never ask anything.
      get isTerminal() {
        return isatty(0)
      },
      get stream() {
        return process.stdin
      },
    },
    env: process.env,
    clock: systemClock,
  }
}

export const systemClock: ManagerClock = {
  nowMs: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted === true) return resolve()
      const end = (): void => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', end)
        resolve()
      }
      const timer = setTimeout(end, ms)
      if (signal === undefined) return
      // Many wait for the same signal side by side: Node would warn of a leak.
      setMaxListeners(0, signal)
      signal.addEventListener('abort', end, {once: true})
    }),
}

function outputOf(stream: NodeJS.WriteStream): Output {
  return {
    write: (text) => void stream.write(text),
    get isTerminal() {
      return stream.isTTY === true
    },
    get columns() {
      return stream.columns ?? 80
    },
  }
}
