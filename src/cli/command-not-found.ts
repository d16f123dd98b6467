/** What oclif calls when no command goes by the first word (package.json, oclif.hooks). */
import type {Hook} from '@oclif/core'
import {EXIT} from './exit-code.js'
import {errorToJson} from './render/json.js'
import {TextRenderer} from './render/text.js'
import {unknownCommand} from './usage-error.js'
import {processWorld} from './world.js'

/** One line with a suggestion, exit 2. Nothing is guessed and run. */
export const commandNotFound: Hook.CommandNotFound = ({id, config}) => {
  const world = processWorld()
  // Not the hook's own words: oclif joins them with colons and counts those of an address among the separators.
  const [first = id, second, ...rest] = process.argv.slice(2)
  const isTopic = config.topics.some(({name}) => name === first) && second !== undefined
  const [word, others] = isTopic
    ? [`${first} ${second}`, rest]
    : [first, second === undefined ? rest : [second, ...rest]]
  const known = config.commands.filter(({hidden}) => !hidden).map((command) => command.id.replaceAll(':', ' '))
  const error = unknownCommand(word, others, known)
  if (others.includes('--json')) world.stdout.write(`${JSON.stringify(errorToJson(error, EXIT.usage), null, 2)}\n`)
  else new TextRenderer(world, {quiet: false, color: !others.includes('--no-color')}).error(error)
  process.exitCode = EXIT.usage
  return Promise.resolve()
}
