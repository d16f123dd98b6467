/** A node from the text of a redis.conf: what the daemon starts. */
import {existsSync} from 'node:fs'
import path from 'node:path'
import {textOf} from '../host/utf8.js'
import {EngineNode} from './engine-node.js'
import {type ConfigSource, readConfig} from './read-config.js'

/**
 * Starts it; it accepts connections when the promise is kept. Its files are in `dir`, which is the source's folder by default.
 * @param isNew it has never run: nothing can have happened while it was away, and as a primary it need not wait to hear of it
 * @throws ConfigError for a wrong directive; Error naming the port when it cannot be had
 */
export async function startConfiguredNode(source: ConfigSource, {isNew}: {isNew: boolean}): Promise<EngineNode> {
  const config = readConfig(source)
  const directory = textOf(config.text('dir'))
  const hasRun = existsSync(path.resolve(directory, textOf(config.text('cluster-config-file'))))
  return EngineNode.start({
    readConfig: () => readConfig(source),
    settings: [],
    directory,
    bornWhole: isNew && !hasRun,
  })
}
