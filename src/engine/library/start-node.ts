/** `startNode`: one server in the caller's own process. */
import {EngineNode} from './engine-node.js'
import {freePorts, giveBackPorts} from './free-ports.js'
import {DEFAULT_HOST, type NodeWishes, settingsFor} from './node-settings.js'
import {openFolder} from './work-folder.js'
import {retryElsewhere} from './retry-elsewhere.js'

export interface StartNodeOptions extends NodeWishes {
  /** Default: one that is free. */
  readonly port?: number
  /** Keeps its files after the end. Default: a temporary folder that goes away with the node. */
  readonly directory?: string
  /** Cluster mode; the node belongs to nobody yet. Default false. */
  readonly cluster?: boolean
  /** Each line of its log. Default: nobody reads it. */
  readonly log?: (line: string) => void
}

/**
 * Starts one node; it accepts connections when the promise is kept.
 * @throws Error when a directive is wrong or the port cannot be had
 */
export async function startNode(options: StartNodeOptions = {}): Promise<EngineNode> {
  const {host = DEFAULT_HOST, cluster = false, log = () => undefined} = options
  return retryElsewhere(options.port !== undefined, async () => {
    const ports = options.port === undefined ? await freePorts(host, 1) : [options.port]
    const folder = openFolder(options.directory)
    const tidy = (): void => {
      folder.remove()
      if (options.port === undefined) giveBackPorts(ports)
    }
    try {
      const settings = settingsFor(options, ports[0]!, cluster ? {'cluster-enabled': true} : {})
      return await EngineNode.start({settings, directory: folder.path, log, tidy})
    } catch (error) {
      tidy()
      throw error
    }
  })
}
