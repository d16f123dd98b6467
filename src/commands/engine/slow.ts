/** `tscluster engine slow`: a slow network for nodes of the bundled engine. */
import {slowNodes} from '../../cli/engine/change-nodes.js'
import {folderFlag} from '../../cli/engine/flags.js'
import {NodeCommand, portsArgument, type NodeOutcome} from '../../cli/engine/node-command.js'
import type {ExitCode} from '../../cli/exit-code.js'
import {wholeNumber} from '../../cli/flags.js'

/** The documented result: docs/json.md. */
export interface EngineSlowResult {
  readonly schema: 'tscluster.engine-slow/1'
  readonly exitCode: ExitCode
  readonly folder: string
  readonly latencyMs: number
  readonly nodes: readonly NodeOutcome<'set' | 'already-set'>[]
}

const LONGEST_LATENCY_MS = 60_000

export class EngineSlow extends NodeCommand {
  static override summary = 'give nodes of the bundled engine a slow network'
  static override description =
    'Every round trip with such a node takes that much longer, for clients, on the bus and between primary and replica: one half is ' +
    'added to what it receives, one half to what it sends. Nothing is lost or overtaken. --latency 0 or `engine heal` ends it.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> 7003 --latency 50',
    '<%= config.bin %> <%= command.id %> 7000-7002 --latency 200',
    '<%= config.bin %> <%= command.id %> 7003 --latency 0',
  ]
  static override args = portsArgument(true)
  static override flags = {
    ...folderFlag,
    latency: wholeNumber({
      summary: 'added to every round trip, in ms; 0 ends it',
      helpValue: 'MS',
      max: LONGEST_LATENCY_MS,
      required: true,
    }),
  }

  async run(): Promise<EngineSlowResult> {
    const {args, flags} = await this.parse(EngineSlow)
    const {renderer, request} = await this.open(flags, args.ports)
    const latencyMs = flags.latency
    const changed = await slowNodes(request, latencyMs)
    const fresh = changed.filter(({already}) => !already).map(({port}) => port)
    this.sayDone(fresh, latencyMs === 0 ? 'quick again' : `slower by ${latencyMs} ms`)
    const nodes = changed.map(({port, already}) => ({port, outcome: already ? 'already-set' : 'set'}) as const)
    if (fresh.length < nodes.length) renderer.note('nothing to change for the others')
    if (latencyMs > 0) renderer.suggest('tscluster engine heal')
    const exitCode = this.endWith(changed, renderer)
    return {schema: 'tscluster.engine-slow/1', exitCode, folder: request.folder.path, latencyMs, nodes}
  }
}

export default EngineSlow
