/** What a node sends into its replication stream, and what it announces of its keys, one line each. */
import {type EngineNode} from '../../../support/engine/engine-node.js'

/** The array grows as commands are propagated. */
export function recordStream(node: EngineNode): string[] {
  const lines: string[] = []
  node.core.server.propagation.addSink({append: (_db, argv) => void lines.push(argv.join(' '))})
  return lines
}

/** Key events as `event key`, of every class. */
export function recordEvents(node: EngineNode): string[] {
  const lines: string[] = []
  const {server} = node.core
  server.events.configure('EAmn')
  server.pubsub.deliver = (channel, key) => {
    lines.push(`${channel.replace('__keyevent@', '').replace('__:', ':')} ${key}`)
    return 1
  }
  return lines
}
