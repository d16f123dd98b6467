/** What `resume` and `abort` have in common: which operation, and the flags of a changing command. */
import {Args, type Interfaces} from '@oclif/core'
import type {NodePool} from '../manager/ports.js'
import {BaseCommand} from './base-command.js'
import {changeFlags, usage} from './flags.js'
import type {Prompt} from './prompt.js'
import {changeOptionsOf, type PlanResult} from './run-plan.js'

export const continueArgs = {
  operation: Args.string({
    description:
      'the id of the operation, its beginning, or host:port of the cluster; default: the only unfinished one',
    ignoreStdin: true,
  }),
}

export const continueFlags = {
  yes: changeFlags.yes,
  'dry-run': changeFlags['dry-run'],
  explain: changeFlags.explain,
  timeout: changeFlags.timeout,
  journal: changeFlags.journal,
  'json-stream': changeFlags['json-stream'],
}

type Flags = Interfaces.InferredFlags<typeof continueFlags> & Interfaces.InferredFlags<typeof BaseCommand.baseFlags>

export abstract class ContinueCommand extends BaseCommand {
  /** @param openSource how an import logs in to its source; absent: it is not needed */
  protected async continueThe(
    purpose: 'resume' | 'abort',
    word: string | undefined,
    flags: Flags,
    openSource?: (prompt: Prompt) => Promise<NodePool>,
  ): Promise<PlanResult> {
    if (word !== undefined && flags.journal !== undefined) {
      throw usage('an operation and --journal name two journals', 'give one of them')
    }
    const address = word?.includes(':') === true ? this.entriesOf([word]) : undefined
    const [{findOperation}, {continueOperation}] = await Promise.all([
      import('./journal/find.js'),
      import('./journal/continue.js'),
    ])
    const opened = findOperation(word, flags.journal, this.world.env)
    const session = await this.openSession(flags, address?.options ?? {})
    const {head, journal} = opened
    session.renderer.note(`${purpose} of ${head.id.slice(0, 8)}: ${head.command}`)
    const imports = journal.plan.phases.some(({steps}) => steps.some(({kind}) => kind === 'copy-keys'))
    const source = imports ? await openSource?.(this.prompt) : undefined
    const limitMs = flags.timeout ?? journal.plan.settings.timeoutMs
    const options = changeOptionsOf(flags)
    const result = await continueOperation(session, opened, {purpose, command: purpose, options, limitMs, source})
    this.end(result.exitCode)
    return result
  }
}
