/** `tscluster resume`: finishes an operation that was left half-way. */
import {ContinueCommand, continueArgs, continueFlags} from '../cli/continue-command.js'
import type {PlanResult} from '../cli/run-plan.js'
import {sourceFlags, sourceOptions} from '../cli/source-login.js'

export class Resume extends ContinueCommand {
  static override summary = 'finish an operation that was left half-way'
  static override description =
    'Looks at the cluster as it is now, waits until its nodes agree, and does what is left of the plan: what has become true ' +
    'meanwhile is not done again, and after a failover the new primary takes the place of the old. Without an argument, the only ' +
    'unfinished operation. To go on with an import, say again how to log in to its source.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> 9f2c41d0 --yes',
    '<%= config.bin %> <%= command.id %> 127.0.0.1:7000 --dry-run',
    '<%= config.bin %> <%= command.id %> --journal nightly.jsonl --yes',
  ]
  static override args = continueArgs
  static override flags = {...continueFlags, ...sourceFlags}

  async run(): Promise<PlanResult> {
    const {args, flags} = await this.parse(Resume)
    return this.continueThe('resume', args.operation, flags, async (prompt) => {
      return this.openPool(await sourceOptions(flags, this.world, prompt))
    })
  }
}

export default Resume
