/** `tscluster operations`: what runs, what was left half-way, and what was done. */
import {Flags} from '@oclif/core'
import {EXIT, type ExitCode} from '../cli/exit-code.js'
import type {ListedOperation} from '../cli/journal/list.js'
import {PlainCommand} from '../cli/plain-command.js'
import {themeFor} from '../cli/render/theme.js'

/** The documented result: docs/json.md. */
export interface OperationsResult {
  readonly schema: 'tscluster.operations/1'
  readonly exitCode: ExitCode
  readonly operations: readonly ListedOperation[]
}

export class Operations extends PlainCommand {
  static override summary = 'list the changing commands that run, were left half-way, or have ended'
  static override description =
    'What the same user ran on this machine: from the journals that every changing command keeps. The last 20 that have ended ' +
    'are kept. No node is asked.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --unfinished --json',
  ]
  static override flags = {
    unfinished: Flags.boolean({summary: 'only what can be resumed or aborted'}),
    journal: Flags.string({summary: 'what this journal tells, instead of the state folder', helpValue: 'FILE'}),
  }

  async run(): Promise<OperationsResult> {
    const {flags} = await this.parse(Operations)
    const {listOperations, renderList} = await import('../cli/journal/list.js')
    const all = listOperations(this.world.env, flags.journal)
    const operations = flags.unfinished ? all.filter(({next}) => next !== null) : all
    if (!this.jsonEnabled()) {
      const {stdout, env} = this.world
      stdout.write(await renderList(operations, stdout, themeFor(stdout, env, flags.color)))
    }
    return {schema: 'tscluster.operations/1', exitCode: EXIT.done, operations}
  }
}

export default Operations
