/** `tscluster abort`: brings the cluster back to a clean state after an operation that is not to be finished. */
import {ContinueCommand, continueArgs, continueFlags} from '../cli/continue-command.js'
import type {PlanResult} from '../cli/run-plan.js'

export class Abort extends ContinueCommand {
  static override summary = 'give up an operation that was left half-way, and leave nothing open'
  static override description =
    'Slots that are half moved are completed, or closed where nothing of them has moved: whichever keeps every key. Slots that ' +
    'have arrived stay where they are. What create and add-node did is undone, as long as the new nodes hold no keys. Settings ' +
    'that were changed for the time being are put back.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> 9f2c41d0 --yes',
    '<%= config.bin %> <%= command.id %> 127.0.0.1:7000 --dry-run',
  ]
  static override args = continueArgs
  static override flags = continueFlags

  async run(): Promise<PlanResult> {
    const {args, flags} = await this.parse(Abort)
    return this.continueThe('abort', args.operation, flags)
  }
}

export default Abort
