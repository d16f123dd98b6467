/** `tscluster engine stop`: nodes of the bundled engine end well. */
import {Args, Flags} from '@oclif/core'
import {folderFlag, parsePorts} from '../../cli/engine/flags.js'
import {waitTeller} from '../../cli/engine/node-stopping.js'
import {StateFolder} from '../../cli/engine/state-folder.js'
import {stopNodes, type StoppedNode} from '../../cli/engine/stop-nodes.js'
import {EXIT, type ExitCode} from '../../cli/exit-code.js'
import {PlainCommand} from '../../cli/plain-command.js'
import {count} from '../../cli/render/numbers.js'
import {ManagerError} from '../../manager/error.js'

/** The documented result: docs/json.md. */
export interface EngineStopResult {
  readonly schema: 'tscluster.engine-stop/1'
  readonly exitCode: ExitCode
  readonly folder: string
  readonly nodes: readonly StoppedNode[]
}

export class EngineStop extends PlainCommand {
  static override summary = 'stop nodes of the bundled engine'
  static override description =
    'As SHUTDOWN: a node saves its data where save points are set (they are, by default), and waits for replicas that lag, up to its ' +
    'shutdown-timeout; `engine kill` does not. Without ports, all of them. The folders stay, and `engine start` brings the nodes back; --remove-data removes them, with everything in them.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> 7003',
    '<%= config.bin %> <%= command.id %> --remove-data',
  ]
  static override args = {
    ports: Args.string({description: '7000, 7000-7005', multiple: true, required: false, ignoreStdin: true}),
  }
  static override flags = {
    ...folderFlag,
    'remove-data': Flags.boolean({summary: 'remove their folders as well: all their data are lost'}),
  }

  async run(): Promise<EngineStopResult> {
    const {args, flags} = await this.parse(EngineStop)
    const renderer = await this.openRenderer(flags)
    const folder = StateFolder.of(flags.dir, this.world.env)
    renderer.busy('stopping …')
    const nodes = await stopNodes({
      folder,
      ports: parsePorts(args.ports ?? []),
      removeData: flags['remove-data'],
      warn: (message) => renderer.warn(message),
      tellWait: waitTeller((text) => renderer.note(text)),
    })
    renderer.idle()
    for (const {port, error} of nodes) {
      if (error !== undefined) renderer.error(new ManagerError('io', `did not stop: ${error}`, {node: `port ${port}`}))
    }
    for (const {port, removed} of nodes.filter(({outcome}) => outcome === 'not-running')) {
      if (!removed) renderer.note(`no node of this folder runs on port ${port}`)
    }
    const stopped = nodes.filter(({outcome}) => outcome === 'stopped').length
    const removed = nodes.filter((node) => node.removed).length
    if (!this.jsonEnabled()) {
      const also = removed > 0 ? `, ${count(removed, 'folder')} removed` : ''
      if (stopped + removed > 0) this.world.stdout.write(`${count(stopped, 'node')} stopped${also}\n`)
      else if (nodes.length === 0) renderer.note('nothing runs')
    }
    const exitCode = nodes.some(({outcome}) => outcome === 'failed') ? EXIT.failed : EXIT.done
    this.end(exitCode)
    return {schema: 'tscluster.engine-stop/1', exitCode, folder: folder.path, nodes}
  }
}

export default EngineStop
