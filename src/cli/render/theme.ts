/** Colours: the only place that knows chalk. Off wherever a person is not looking. */
import {Chalk, type ChalkInstance} from 'chalk'
import type {Output, World} from '../world.js'

export interface Theme {
  readonly good: (text: string) => string
  readonly warning: (text: string) => string
  readonly bad: (text: string) => string
  readonly strong: (text: string) => string
  readonly faint: (text: string) => string
  readonly accent: (text: string) => string
}

/** @param wanted false for --no-color */
export function themeFor(output: Output, env: World['env'], wanted: boolean): Theme {
  const chalk: ChalkInstance = new Chalk({level: colourLevel(output, env, wanted)})
  return {
    good: chalk.green,
    warning: chalk.yellow,
    bad: chalk.red,
    strong: chalk.bold,
    faint: chalk.dim,
    accent: chalk.cyan,
  }
}

/** 1 where colours are wanted and can be seen. */
export function colourLevel(output: Output, env: World['env'], wanted: boolean): 0 | 1 {
  if (!wanted || (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb') return 0
  const forced = env['FORCE_COLOR']
  if (forced !== undefined && forced !== '0' && forced !== 'false') return 1
  return output.isTerminal ? 1 : 0
}
