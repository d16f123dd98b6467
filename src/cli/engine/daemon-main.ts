/** The daemon as a process of its own: `tscluster engine start` runs bin/engine-daemon.js, and is told over IPC when requests may come. */
import {Daemon} from './daemon.js'
import {StateFolder} from './state-folder.js'

/** Returns when requests may come, or with exit code 1 set when they cannot: the parent was told either way. */
export async function runDaemon(folder: string, version: string): Promise<void> {
  const daemon = new Daemon(new StateFolder(folder), version)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void daemon.close())
  // The terminal in which it was started may go away.
  process.on('SIGHUP', () => undefined)
  try {
    await daemon.listen()
    tell({ready: true})
    // Nodes will be asked for: their code is loaded while the request is on its way.
    await import('../../engine/library/configured-node.js')
    const {boundYoungGeneration} = await import('../../engine/library/young-generation.js')
    boundYoungGeneration()
  } catch (error) {
    tell({error: error instanceof Error ? error.message : String(error)})
    process.exitCode = 1
  }
}

/** Then nobody listens any more, and the parent may end. */
function tell(message: object): void {
  process.send?.(message, undefined, undefined, () => process.disconnect())
}
