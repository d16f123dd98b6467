/** A stream that says what Redis 7.0 does not: obeyed as far as it can be, and never in silence. */
import {expect} from 'chai'
import {type EngineNode} from '../../../support/engine/engine-node.js'
import {infoField, PaperNetwork} from './paper-network.js'

interface Pair {
  readonly network: PaperNetwork
  readonly primary: EngineNode
  readonly replica: EngineNode
  /** Warnings of the replica. */
  readonly warnings: string[]
}

function makePair(config: Readonly<Record<string, string>> = {}): Pair {
  const network = new PaperNetwork()
  const [primary, replica] = [network.add(1), network.add(2, config)]
  const warnings: string[] = []
  replica.core.server.log = (level, text) => {
    if (level === 'warning') warnings.push(text)
  }
  replica.connect().call('REPLICAOF', '127.0.0.1', 1)
  network.advance(1200)
  return {network, primary, replica, warnings}
}

/** Puts a command into the stream as another server would. @returns what the replica logs of it */
function stream({network, primary, warnings}: Pair, ...argv: string[]): string[] {
  primary.turn(({server}) => server.replication.stream.append(0, argv))
  network.pump()
  return warnings.splice(0)
}

describe('the stream of a newer primary', () => {
  it('may tell of HINCRBYFLOAT as Redis 8.0 does', () => {
    const pair = makePair()
    expect(stream(pair, 'HSETEX', 'h', 'KEEPTTL', 'FIELDS', '1', 'f', '1.5')).to.deep.equal([])
    expect(pair.replica.connect().call('HGETALL', 'h')).to.deep.equal(['f', '1.5'])
  })

  it('may hold commands that are unknown here: counted, and logged once each', () => {
    const pair = makePair()
    const unknown = "ERR unknown command 'HPEXPIREAT', with args beginning with: 'h' '1' "
    expect(stream(pair, 'HPEXPIREAT', 'h', '1')).to.deep.equal([
      `== CRITICAL == This replica is sending an error to its master: '-${unknown}' after processing the command '<unknown>'`,
    ])
    expect(stream(pair, 'HPEXPIREAT', 'h', '1')).to.deep.equal([])
    expect(infoField(pair.replica, 'replication', 'master_link_status')).to.equal('up')
    expect(pair.replica.core.server.stats.unexpectedErrorReplies).to.equal(2)
    expect(pair.replica.core.server.replication.offset).to.equal(pair.primary.core.server.replication.offset)
  })

  it('ends the node that would rather end than differ (propagation-error-behavior)', () => {
    const pair = makePair({'propagation-error-behavior': 'panic'})
    expect(() => stream(pair, 'HPEXPIREAT', 'h', '1')).to.throw(/^This replica panicked/)
  })
})
