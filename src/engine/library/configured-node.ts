/** A node from the text of a redis.conf: what the daemon starts. */
import {EngineNode} from './engine-node.js'
import {type ConfigSource, readConfig} from './read-config.js'

/**
 * Starts it; it accepts connections when the promise is kept. Its files are in `dir`, which is the source's folder by default.
 * @param isNew it has never run: nothing can have happened while it was away, and as a primary it need not wait to hear of it
 * @throws ConfigError for a wrong directive; Error naming the port when it cannot be had
 */
export async function startConfiguredNode(source: ConfigSource, {isNew}: {isNew: boolean}): Promise<EngineNode> {
  const directory = readConfig(source).text('dir')
  return EngineNode.start({
    readConfig: () => readConfig(source),
    settings: [],
    directory,
    bornWhole: isNew,
  })
}
