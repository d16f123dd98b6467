/** A program with a cluster of its own: `engine run`. */
import {spawn} from 'node:child_process'
import {constants} from 'node:os'
import {ManagerError} from '../../manager/error.js'
import type {EngineCluster, StartClusterOptions} from '../../engine/index.js'

export interface RunRequest {
  readonly command: readonly [program: string, ...args: readonly string[]]
  readonly cluster: StartClusterOptions
  readonly env: Readonly<Record<string, string | undefined>>
  /** What the program prints goes to standard error: standard output is for our own document. */
  readonly quietOutput: boolean
  /** Then Ctrl-C reaches the program without us: the terminal sends it to everybody in the foreground. */
  readonly hasTerminal: boolean
  readonly onReady: (cluster: EngineCluster) => void
}

export interface RunEnd {
  /** The program's own, or 128 and the number of the signal that ended it, as a shell has it. */
  readonly exitCode: number
  readonly nodes: readonly string[]
  readonly url: string
}

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Starts the cluster, runs the program with REDIS_URL and REDIS_CLUSTER_NODES set, and stops the cluster when the program has ended.
 * @throws ManagerError `usage` when the program cannot be started
 */
export async function runWithCluster(request: RunRequest): Promise<RunEnd> {
  let cluster: EngineCluster | undefined
  let child: ReturnType<typeof spawn> | undefined
  let early: NodeJS.Signals | undefined
  const forward = (signal: NodeJS.Signals): void => {
    if (child === undefined) early = signal
    else if (!request.hasTerminal || signal === 'SIGTERM') child.kill(signal)
  }
  for (const signal of FORWARDED) process.on(signal, forward)
  try {
    const {startCluster} = await import('../../engine/index.js')
    cluster = await startCluster(request.cluster)
    const nodes = cluster.nodes.map(({address}) => address)
    const end = {nodes, url: cluster.urls[0]!}
    if (early !== undefined) return {...end, exitCode: codeOfSignal(early)}
    request.onReady(cluster)
    const [program, ...args] = request.command
    child = spawn(program, args, {
      env: {...request.env, REDIS_URL: end.url, REDIS_CLUSTER_NODES: nodes.join(',')},
      stdio: ['inherit', request.quietOutput ? process.stderr : 'inherit', 'inherit'],
    })
    return {...end, exitCode: await exitCodeOf(child, program)}
  } finally {
    await cluster?.stop()
    for (const signal of FORWARDED) process.off(signal, forward)
  }
}

function exitCodeOf(child: ReturnType<typeof spawn>, program: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'ENOENT' ? 'there is no such program' : error.message
      reject(
        new ManagerError('usage', `cannot run ${program}: ${why}`, {
          hint: 'what follows -- is the program and its arguments',
        }),
      )
    })
    child.once('close', (code, signal) => resolve(code ?? codeOfSignal(signal!)))
  })
}

function codeOfSignal(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal]
}
