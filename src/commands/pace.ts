/** `tscluster pace`: looks at an operation that moves keys, and steers it, from another terminal. */
import {Flags} from '@oclif/core'
import {BaseCommand} from '../cli/base-command.js'
import {EXIT, type ExitCode} from '../cli/exit-code.js'
import {paceFlags} from '../cli/flags.js'
import {clusterArg} from '../cli/node-args.js'
import type {SteeredOperation} from '../cli/operations/steer.js'
import type {Rate} from '../cli/rate.js'
import type {PaceChange} from '../manager/execute/pace/pace.js'

/** The documented result: docs/json.md. */
export interface PaceResult {
  readonly schema: 'tscluster.pace/1'
  readonly exitCode: ExitCode
  readonly operations: readonly SteeredOperation[]
}

export class Pace extends BaseCommand {
  static override summary = 'look at what moves keys, pause it, or change its speed'
  static override description =
    'Finds reshard, rebalance, del-node, fix, import and apply that the same user runs on this machine against the cluster of ' +
    'host:port, and shows how far they are. Paused, they finish the slots in hand first. Exit 3 when something is to be ' +
    'changed and nothing runs.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> 127.0.0.1:7000',
    '<%= config.bin %> <%= command.id %> 127.0.0.1:7000 --pause',
    '<%= config.bin %> <%= command.id %> 127.0.0.1:7000 --resume --max-latency 3ms',
    '<%= config.bin %> <%= command.id %> 127.0.0.1:7000 --rate 20000keys/s',
  ]
  static override args = clusterArg
  static override flags = {
    pause: Flags.boolean({summary: 'finish what is in hand, then wait', exclusive: ['resume']}),
    resume: Flags.boolean({summary: 'go on'}),
    slower: Flags.boolean({summary: 'half as fast', exclusive: ['faster']}),
    faster: Flags.boolean({summary: 'twice as fast, up to what nodes and limits allow'}),
    ...paceFlags,
    'no-limit': Flags.boolean({
      summary: 'as fast as the nodes can',
      exclusive: ['max-latency', 'rate', 'slower', 'faster'],
    }),
  }

  async run(): Promise<PaceResult> {
    const {args, flags} = await this.parse(Pace)
    const {addresses, options} = this.entriesOf(args.cluster)
    const changes = changesOf(flags)
    const session = await this.openSession(flags, options)
    const {renderOperations, steer} = await import('../cli/operations/steer.js')
    const operations = await steer(session, addresses, changes)
    if (!this.jsonEnabled()) this.world.stdout.write(renderOperations(operations))
    return {schema: 'tscluster.pace/1', exitCode: EXIT.done, operations}
  }
}

export default Pace

interface PaceFlags {
  readonly pause: boolean
  readonly resume: boolean
  readonly slower: boolean
  readonly faster: boolean
  readonly 'no-limit': boolean
  readonly 'max-latency'?: number | undefined
  readonly rate?: Rate | undefined
}

/** Limits before speed, and both before it goes on. */
function changesOf(flags: PaceFlags): PaceChange[] {
  const {rate, 'max-latency': maxLatencyMs} = flags
  // One rate at a time: the new one takes the place of the old, whichever it counts.
  const limits = {
    ...(maxLatencyMs !== undefined && {maxLatencyMs}),
    ...(rate !== undefined && {bytesPerSecond: null, keysPerSecond: null, ...rate}),
  }
  return [
    ...(flags['no-limit'] ? [{do: 'no-limit'} as const] : []),
    ...(Object.keys(limits).length > 0 ? [{do: 'limit', limits} as const] : []),
    ...(['slower', 'faster', 'pause', 'resume'] as const).flatMap((name) => (flags[name] ? [{do: name}] : [])),
  ]
}
