/** Whole clusters in virtual time. */
import {expect} from 'chai'
import {AT, HEADER_BYTES, PACKET} from '../../../../src/engine/cluster/packet.js'
import {writeU64} from '../../../../src/engine/cluster/packet-codec.js'
import {giveSlot} from '../../../../src/engine/cluster/slot-table.js'
import {isPrimary} from '../../../../src/engine/cluster/state.js'
import {type TurnOutput} from '../../../../src/engine/ports.js'
import {allCheckers} from '../../../../src/engine/sim/checkers/all-checkers.js'
import {stateOf, unrest} from '../../../../src/engine/sim/checkers/convergence.js'
import {GrowingEpochs} from '../../../../src/engine/sim/checkers/epochs.js'
import {OneOwnerPerSlotAndEpoch} from '../../../../src/engine/sim/checkers/one-owner-per-slot-and-epoch.js'
import {OneVotePerEpoch} from '../../../../src/engine/sim/checkers/one-vote-per-epoch.js'
import {Chaos} from '../../../../src/engine/sim/chaos.js'
import {playChaos} from '../../../../src/engine/sim/chaos-play.js'
import {type SimNode} from '../../../../src/engine/sim/sim-node.js'
import {simulate} from '../../../../src/engine/sim/simulate.js'
import {Simulator} from '../../../../src/engine/sim/simulator.js'

const isOfRank = (node: SimNode): boolean => isPrimary(stateOf(node).myself)
const atRest = (sim: Simulator, limitMs = 60_000): number =>
  sim.runUntil('the cluster is at rest', () => unrest(sim.nodes) === undefined, limitMs)

describe('a simulated cluster', () => {
  it('is born formed: all agree, and every replica has its primary’s data', () => {
    const sim = simulate({primaries: 3, replicasEach: 2, seed: 7})
    expect(sim.nodes).to.have.lengthOf(9)
    expect(sim.nodes[0]!.call('CLUSTER', 'INFO')).to.include('cluster_state:ok').and.to.include('cluster_size:3')
    expect(sim.elapsedMs).to.be.below(2000)
  })

  it('is formed by its own nodes, too, with the commands of an operator', () => {
    const sim = new Simulator({seed: 1})
    const nodes = [0, 1, 2].map(() => sim.addNode({config: {'cluster-node-timeout': '1000'}}))
    nodes.forEach((node, index) => {
      expect(node.call('CLUSTER', 'SET-CONFIG-EPOCH', index + 1)).to.equal('OK')
      expect(
        node.call(
          'CLUSTER',
          'ADDSLOTSRANGE',
          ...[
            [0, 5000],
            [5001, 10_000],
            [10_001, 16_383],
          ][index]!,
        ),
      ).to.equal('OK')
      expect(nodes[0]!.call('CLUSTER', 'MEET', node.address.host, node.address.port)).to.equal('OK')
    })
    atRest(sim)
    expect(stateOf(nodes[2]!).size).to.equal(3)
  })

  it('has the same trace for the same seed, and another one for another seed', () => {
    const hashOf = (seed: number): string => {
      const sim = simulate({replicasEach: 1, seed, nodeTimeoutMs: 1000})
      new Chaos(sim, {everyMs: 1000}).start()
      sim.run(10_000)
      return `${sim.trace.hash} ${sim.trace.messages} ${sim.trace.tail(5)}`
    }
    expect(hashOf(4)).to.equal(hashOf(4))
    expect(hashOf(4)).not.to.equal(hashOf(5))
  })

  it('answers clients over its network', () => {
    const sim = simulate({seed: 2})
    const heard: string[] = []
    const connection = sim.connect(sim.nodes[0]!, {
      onBytes: (chunk) => heard.push(Buffer.from(chunk).toString()),
      onClose: (reason) => heard.push(reason),
    })
    connection.send(Buffer.from('SET {06S} 1\r\nSET foo 1\r\nQUIT\r\n'))
    sim.run(100)
    expect(heard.join('')).to.match(/^\+OK\r\n-MOVED 12182 10\.0\.0\.3:7002\r\n\+OK\r\nconnection closed by peer$/)
  })

  it('keeps over a loss of power what appendfsync always has promised', () => {
    const sim = new Simulator({seed: 3})
    const node = sim.addNode({config: {'cluster-enabled': 'no', appendonly: 'yes', appendfsync: 'always'}})
    for (let value = 0; value < 100; value++) expect(node.call('SET', 'key', value)).to.equal('OK')
    node.crash()
    expect(() => node.call('GET', 'key')).to.throw('does not run')
    node.restart()
    expect(node.call('GET', 'key')).to.equal('99')
  })

  it('loses in a loss of power a second of writes at most with everysec, and nothing when only the process is killed', () => {
    const valueAfter = (kind: 'process' | 'machine'): number => {
      const sim = new Simulator({seed: 3})
      const node = sim.addNode({config: {'cluster-enabled': 'no', appendonly: 'yes'}})
      for (let value = 1; value <= 50; value++) {
        node.call('SET', 'key', value)
        sim.run(100)
      }
      node.crash(kind)
      node.restart()
      return Number(node.call('GET', 'key'))
    }
    expect(valueAfter('process')).to.equal(50)
    expect(valueAfter('machine')).to.be.within(38, 50)
  })

  it('fails over when a primary is cut off, and takes it back as a replica', () => {
    const sim = simulate({replicasEach: 1, seed: 5, nodeTimeoutMs: 2000})
    sim.check(...allCheckers())
    const [primary, , , replica] = sim.nodes
    sim.faults.partition([primary!])
    const tookMs = sim.runUntil('the replica is elected', () => isOfRank(replica!), 10_000)
    expect(tookMs).to.be.within(2000, 5000)
    expect(isOfRank(primary!)).to.equal(true)
    expect(stateOf(primary!).ok).to.equal(false)
    sim.faults.heal()
    atRest(sim)
    expect([isOfRank(primary!), isOfRank(replica!)]).to.deep.equal([false, true])
  })

  it('does nothing in a node that is stopped, and all of it when it goes on', () => {
    const sim = simulate({seed: 6})
    const heard: string[] = []
    const [node] = sim.nodes
    const connection = sim.connect(node!, {
      onBytes: (chunk) => heard.push(Buffer.from(chunk).toString()),
      onClose: heard.push,
    })
    sim.run(10)
    node!.pause()
    connection.send(Buffer.from('PING\r\n'))
    sim.run(1000)
    expect(heard).to.deep.equal([])
    node!.resume()
    sim.run(10)
    expect(heard).to.deep.equal(['+PONG\r\n'])
  })

  it('goes on with clocks that drift and jump', () => {
    const sim = simulate({replicasEach: 1, seed: 8, nodeTimeoutMs: 2000})
    sim.check(...allCheckers())
    sim.nodes.forEach((node, index) => sim.faults.drift(node, 100 * index - 250))
    sim.faults.jump(sim.nodes[1]!, -300)
    sim.run(60_000)
    expect(unrest(sim.nodes)).to.equal(undefined)
    expect(stateOf(sim.nodes[0]!).currentEpoch).to.equal(3)
  })
})

describe('what is checked at each turn', () => {
  it('finds a second vote in one epoch', () => {
    const sim = simulate({seed: 9})
    const [node] = sim.nodes
    const vote = Buffer.alloc(HEADER_BYTES)
    vote.writeUInt16BE(PACKET.AUTH_ACK, AT.TYPE)
    writeU64(vote, 4, AT.CURRENT_EPOCH)
    const turn = {links: [{kind: 'send', link: 1, bytes: vote}]} as unknown as TurnOutput
    const checker = new OneVotePerEpoch()
    checker.turnEnded(node!, turn)
    writeU64(vote, 5, AT.CURRENT_EPOCH)
    checker.turnEnded(node!, turn)
    expect(() => checker.turnEnded(node!, turn)).to.throw('one vote per epoch: 10.0.0.1:7000 votes for')
  })

  it('finds two owners of a slot that were both voted into one epoch, and ends the simulation', () => {
    const sim = simulate({seed: 9})
    for (const node of sim.nodes) stateOf(node).election.epoch = stateOf(node).myself.configEpoch
    sim.check(new OneOwnerPerSlotAndEpoch())
    sim.run(200)
    const state = stateOf(sim.nodes[1]!)
    giveSlot(state, state.myself, 0)
    state.myself.configEpoch = state.election.epoch = 1
    expect(() => sim.run(200)).to.throw('one owner per slot and epoch: slot 0 in epoch 1 is claimed by')
  })

  it('lets an epoch that was taken without a vote collide, as long as the two settle it', () => {
    const sim = simulate({seed: 9})
    sim.check(new OneOwnerPerSlotAndEpoch())
    sim.run(200)
    const state = stateOf(sim.nodes[1]!)
    giveSlot(state, state.myself, 0)
    state.myself.configEpoch = 1
    expect(unrest(sim.nodes)).to.be.a('string')
    sim.run(2000)
    const epochs = sim.nodes.map((node) => stateOf(node).myself.configEpoch)
    expect(new Set(epochs)).to.have.property('size', epochs.length)
  })

  it('finds a node that has forgotten an epoch that it has used', () => {
    const sim = simulate({seed: 9})
    sim.check(new GrowingEpochs())
    sim.run(2000)
    const [node] = sim.nodes
    const text = Buffer.from(node!.disk.read('nodes.conf')!).toString()
    node!.crash('process')
    node!.disk.replace('nodes.conf', Buffer.from(text.replace(/^(.* myself,.*) 1 connected/m, '$1 0 connected')))
    node!.restart()
    expect(() => sim.run(2000)).to.throw('epochs only grow: configEpoch of 10.0.0.1:7000 is 0, after 1')
  })
})

describe('a simulated cluster in which much goes wrong', () => {
  for (let seed = 1; seed <= 8; seed++) {
    it(`keeps every rule, loses nothing that it has promised, and is whole again afterwards: seed ${seed}`, () => {
      expect(playChaos({seed, lastsMs: 15_000}).acknowledged).to.be.above(10)
    })
  }

  it('is the same play for the same seed', () => {
    expect(playChaos({seed: 11, lastsMs: 5000})).to.deep.equal(playChaos({seed: 11, lastsMs: 5000}))
  })
})
