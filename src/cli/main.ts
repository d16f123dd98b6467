/** The command line behind bin/run.js: the words go to the command that oclif finds in its manifest. */
import {execute} from '@oclif/core/execute'
import {settings} from '@oclif/core/settings'
import {oclifArguments} from './oclif-arguments.js'

/**
 * Runs one command; the exit code is left in `process.exitCode`, or the process ends with it.
 * @param args what was typed behind the program's name
 * @param root the package's folder: the manifest is there
 */
export async function main(args: readonly string[], root: string): Promise<void> {
  // Whatever NODE_ENV says: nothing is to be compiled here, and no compiler to be missed.
  settings.enableAutoTranspile = false
  await execute({args: [...oclifArguments(args)], dir: root})
}
