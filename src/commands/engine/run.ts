/** `tscluster engine run`: a program with a cluster of its own, which ends with it. */
import {Flags} from '@oclif/core'
import {parseSetting} from '../../cli/engine/node-conf.js'
import {runWithCluster} from '../../cli/engine/run-with-cluster.js'
import {duration, usage, wholeNumber} from '../../cli/flags.js'
import {PlainCommand} from '../../cli/plain-command.js'

/** The documented result: docs/json.md. */
export interface EngineRunResult {
  readonly schema: 'tscluster.engine-run/1'
  /** The program's own. */
  readonly exitCode: number
  readonly command: readonly string[]
  /** `host:port` of each node, primaries first. */
  readonly nodes: readonly string[]
  readonly url: string
}

export class EngineRun extends PlainCommand {
  static override strict = false
  static override summary = 'run a program with a cluster of its own'
  static override description =
    'Starts a cluster inside this process, on free ports, runs the program with REDIS_URL (one node) and REDIS_CLUSTER_NODES (all of ' +
    'them: host:port,host:port…) in its environment, stops the cluster when the program ends, and passes its exit code on. Nothing ' +
    'is left behind.'
  static override usage = '<%= command.id %> [--nodes N] [--replicas N] -- PROGRAM [ARGUMENTS]'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --nodes 6 --replicas 1 -- npm test',
    '<%= config.bin %> <%= command.id %> -- sh -c \'redis-cli -c -u "$REDIS_URL" set a 1\'',
  ]
  static override flags = {
    nodes: wholeNumber({summary: 'nodes in all', min: 1, default: 3}),
    replicas: wholeNumber({char: 'r', summary: 'replicas of each primary', default: 0}),
    'node-timeout': duration({
      summary: 'a node that is silent for this long is taken for dead',
      default: 5000,
      defaultHelp: () => Promise.resolve('5s'),
      helpValue: '5s',
    }),
    set: Flags.string({
      summary: "a directive of the nodes' redis.conf",
      helpValue: 'NAME=VALUE',
      multiple: true,
      multipleNonGreedy: true,
      default: [],
    }),
  }

  async run(): Promise<EngineRunResult> {
    const {raw, flags} = await this.parse(EngineRun)
    const renderer = await this.openRenderer(flags)
    const [program, ...args] = this.wordsOf(raw)
    if (program === undefined) {
      throw usage('there is no program to run', 'it follows --: `tscluster engine run -- npm test`')
    }
    const primaries = flags.nodes / (1 + flags.replicas)
    if (!Number.isInteger(primaries)) {
      throw usage(
        `--nodes ${flags.nodes} cannot be shared out: a primary with its replicas takes ${1 + flags.replicas} nodes`,
        'choose a multiple of that',
      )
    }
    const {isTerminal} = this.world.stdin
    renderer.busy('starting a cluster …')
    const {exitCode, nodes, url} = await runWithCluster({
      command: [program, ...args],
      cluster: {
        primaries,
        replicasEach: flags.replicas,
        nodeTimeoutMs: flags['node-timeout'],
        config: Object.fromEntries(flags.set.map(parseSetting)),
      },
      env: this.world.env,
      quietOutput: this.jsonEnabled(),
      hasTerminal: isTerminal,
      onReady: () => renderer.idle(),
    })
    process.exitCode = exitCode
    return {schema: 'tscluster.engine-run/1', exitCode, command: [program, ...args], nodes, url}
  }
}

export default EngineRun
