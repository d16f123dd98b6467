/** A world on paper: what is written is kept, what is read was put there, and no terminal is near. */
import {PassThrough} from 'node:stream'
import type {Output, World} from '../../src/cli/world.js'
import {handClock} from './scripted-pool.js'

export interface PaperWorld extends World {
  /** All that was written to standard output so far. */
  readonly said: () => string
  /** The same for standard error. */
  readonly complained: () => string
}

export interface PaperOptions {
  /** Standard input, which then ends. Default: empty. */
  readonly input?: string
  readonly env?: World['env']
  /** Standard output is a terminal. Default false. */
  readonly terminal?: boolean
}

export function paperWorld({input = '', env = {}, terminal = false}: PaperOptions = {}): PaperWorld {
  const stdout = sheet(terminal)
  const stderr = sheet(false)
  const stream = new PassThrough()
  stream.end(input)
  return {
    stdout: stdout.output,
    stderr: stderr.output,
    stdin: {isTerminal: false, stream},
    env,
    clock: handClock(),
    said: stdout.text,
    complained: stderr.text,
  }
}

function sheet(isTerminal: boolean): {readonly output: Output; readonly text: () => string} {
  let text = ''
  return {output: {write: (more) => void (text += more), isTerminal, columns: 80}, text: () => text}
}
