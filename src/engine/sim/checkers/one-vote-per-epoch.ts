/** A primary votes once in an epoch, whatever happens to it between the vote and the next request: else two replicas could win. */
import {AT, HEADER_BYTES, PACKET} from '../../cluster/packet.js'
import {readU64} from '../../cluster/packet-codec.js'
import {type NodeId} from '../../../model/node-id.js'
import {type LinkEffect, type TurnOutput} from '../../ports.js'
import {type SimNode} from '../sim-node.js'
import {type Checker, Violation} from './checker.js'

const RULE = 'one vote per epoch'

export class OneVotePerEpoch implements Checker {
  /** Whom a node has voted for, by `voter epoch`. Outlives every crash, unlike what the node knows itself. */
  readonly #votes = new Map<string, NodeId | undefined>()

  /** How many votes were seen. */
  get votes(): number {
    return this.#votes.size
  }

  turnEnded(node: SimNode, {links}: TurnOutput): void {
    for (const effect of links) if (isVote(effect)) this.#note(node, effect)
  }

  /** The epoch is the packet's own: a node that was stopped may vote in several epochs in one turn. */
  #note(node: SimNode, {link, bytes}: Sending): void {
    const epoch = readU64(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), AT.CURRENT_EPOCH)
    const vote = `${node.id} ${epoch}`
    const candidate = node.core.server.cluster!.state.links.get(link)?.node?.id
    if (this.#votes.has(vote)) {
      const before = this.#votes.get(vote)
      throw new Violation(RULE, `${node.name} votes for ${candidate} in epoch ${epoch}, after ${before}`)
    }
    this.#votes.set(vote, candidate)
  }
}

type Sending = Extract<LinkEffect, {kind: 'send'}>

function isVote(effect: LinkEffect): effect is Sending {
  if (effect.kind !== 'send' || effect.bytes.length !== HEADER_BYTES) return false
  return effect.bytes[AT.TYPE] === 0 && effect.bytes[AT.TYPE + 1] === PACKET.AUTH_ACK
}
