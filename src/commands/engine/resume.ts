/** `tscluster engine resume`: paused nodes of the bundled engine go on, as by SIGCONT. */
import {resumeNodes} from '../../cli/engine/change-nodes.js'
import {folderFlag} from '../../cli/engine/flags.js'
import {NodeCommand, portsArgument, type NodeOutcome} from '../../cli/engine/node-command.js'
import type {ExitCode} from '../../cli/exit-code.js'

/** The documented result: docs/json.md. */
export interface EngineResumeResult {
  readonly schema: 'tscluster.engine-resume/1'
  readonly exitCode: ExitCode
  readonly folder: string
  readonly nodes: readonly NodeOutcome<'resumed' | 'not-paused'>[]
}

export class EngineResume extends NodeCommand {
  static override summary = 'let paused nodes of the bundled engine go on, as SIGCONT'
  static override description = 'What was sent to them meanwhile is answered now. Without ports, all that are paused.'
  static override examples = ['<%= config.bin %> <%= command.id %> 7002', '<%= config.bin %> <%= command.id %>']
  static override args = portsArgument(false)
  static override flags = {...folderFlag}

  async run(): Promise<EngineResumeResult> {
    const {args, flags} = await this.parse(EngineResume)
    const {renderer, request} = await this.open(flags, args.ports)
    const changed = await resumeNodes(request)
    if (changed.length === 0) renderer.note('no node is paused')
    const words = {done: 'resumed', already: 'not-paused', alreadyIs: 'not paused'} as const
    const result = this.conclude(changed, words, renderer)
    return {schema: 'tscluster.engine-resume/1', folder: request.folder.path, ...result}
  }
}

export default EngineResume
