/** `engine start --foreground`: this process is the daemon; `engine status` and `engine stop` find it as they find any other. */
import {ManagerError} from '../../manager/error.js'
import {Daemon, FolderTaken} from './daemon.js'
import {findDaemon} from './daemon-client.js'
import {prepareStart, toStartedNodes, type StartedNode, type StartRequest} from './start-nodes.js'

export interface HeldNodes {
  readonly nodes: readonly StartedNode[]
  /** When the last node has ended. */
  readonly ended: Promise<void>
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Replicas that are in sync let a node go sooner than this. */
const UNTIL_TOLD_MS = 500

/**
 * @param tell hears which nodes keep somebody waiting who has pressed Ctrl-C
 * @throws ManagerError `refused` when another process holds this state folder
 */
export async function holdNodes(request: StartRequest, tell: (text: string) => void): Promise<HeldNodes> {
  const {folder, version, addresses} = request
  await prepareStart(request)
  const daemon = new Daemon(folder, version)
  try {
    await daemon.listen()
  } catch (error) {
    if (!(error instanceof FolderTaken)) throw error
    const state = await findDaemon(folder)
    const pid = state.kind === 'none' ? '' : ` ${state.pid}`
    throw new ManagerError('refused', `process${pid} holds ${folder.path} already`, {
      hint: 'leave out --foreground to start nodes in that process, or choose another --dir',
    })
  }
  const stop = (): void => {
    void daemon.close()
    setTimeout(() => daemon.waits().forEach(tell), UNTIL_TOLD_MS).unref()
  }
  for (const signal of SIGNALS) process.on(signal, stop)
  const ended = daemon.ended.then(() => {
    for (const signal of SIGNALS) process.off(signal, stop)
  })
  return {nodes: toStartedNodes(request, await daemon.start(addresses.map(({port}) => port))), ended}
}
