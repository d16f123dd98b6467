/** A replica has at most what its primary has written: bytes of a history come from one place only, in their order. */
import {type SimNode} from '../sim-node.js'
import {type Checker, Violation} from './checker.js'

const RULE = 'a replica has only what was written'

interface History {
  /** The latest offset of the primary that writes it. */
  offset: number
  readonly writer: SimNode
}

export class Offsets implements Checker {
  /** By replication id. */
  readonly #histories = new Map<string, History>()

  turnEnded(node: SimNode): void {
    const {replication, isReplica} = node.core.server
    const {historyId, offset} = replication
    const history = this.#histories.get(historyId)
    // Who has written in this turn may have become a replica at its end.
    if (isReplica && history?.writer !== node) {
      if (history !== undefined && offset > history.offset) complain(node, offset, history)
      return
    }
    if (history === undefined) this.#histories.set(historyId, {offset, writer: node})
    else if (history.writer === node) history.offset = Math.max(history.offset, offset)
    else throw new Violation(RULE, `${node.name} writes the history of ${history.writer.name}`)
  }
}

function complain(node: SimNode, offset: number, {offset: written, writer}: History): never {
  throw new Violation(RULE, `${node.name} is at ${offset}, its primary ${writer.name} at ${written}`)
}
