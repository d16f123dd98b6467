/** A primary votes once in an epoch, whatever happens to it between the vote and the next request: else two replicas could win. */
import {AT, HEADER_BYTES, PACKET} from '../../cluster/packet.js'
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
    for (const effect of links) if (isVote(effect)) this.#note(node, effect.link)
  }

  #note(node: SimNode, link: number): void {
    const {state} = node.core.server.cluster!
    const vote = `${node.id} ${state.currentEpoch}`
    const candidate = state.links.get(link)?.node?.id
    if (this.#votes.has(vote)) {
      const before = this.#votes.get(vote)
      throw new Violation(RULE, `${node.name} votes for ${candidate} in epoch ${state.currentEpoch}, after ${before}`)
    }
    this.#votes.set(vote, candidate)
  }
}

function isVote(effect: LinkEffect): effect is Extract<LinkEffect, {kind: 'send'}> {
  if (effect.kind !== 'send' || effect.bytes.length !== HEADER_BYTES) return false
  return effect.bytes[AT.TYPE] === 0 && effect.bytes[AT.TYPE + 1] === PACKET.AUTH_ACK
}
