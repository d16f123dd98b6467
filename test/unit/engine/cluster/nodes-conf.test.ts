/** nodes.conf: written in the form of Redis 7.0, read in the forms of all servers, refused when it cannot be trusted. */
import {expect} from 'chai'
import {ClusterBus} from '../../../../src/engine/cluster/cluster-bus.js'
import {paperConfig, PaperCluster, seededRng, START_MS} from './paper-cluster.js'
import {PaperHost} from './paper-host.js'

const ME = 'a'.repeat(40)
const PEER = 'b'.repeat(40)
const REPLICA = 'c'.repeat(40)

function load(...lines: string[]): ClusterBus {
  return new ClusterBus({
    host: new PaperHost(),
    config: paperConfig(7000),
    rng: seededRng(1),
    nowMs: START_MS,
    nodesConf: lines.join('\n'),
  })
}

function saved(bus: ClusterBus): string | undefined {
  bus.beforeSleep(START_MS)
  return (bus.context.host as PaperHost).endTurn().saved
}

const OWN_LINE = `${ME} 127.0.0.1:7000@17000 myself,master - 0 0 3 connected 0-100 [7->-${PEER}] [900-<-${PEER}]`
const PEER_LINE = `${PEER} 127.0.0.2:7001@17001,two.example master - 0 1700000000000 9 connected 900 1000-1999`
const REPLICA_LINE = `${REPLICA} 127.0.0.3:7002@17002 slave,fail,nofailover ${PEER} 1 1 9 disconnected`
const VARS = 'vars currentEpoch 12 lastVoteEpoch 11'

describe('nodes.conf', () => {
  it('brings back names, slots, roles, epochs and votes', () => {
    const bus = load(OWN_LINE, PEER_LINE, REPLICA_LINE, VARS, '')
    expect(bus.loadError).to.equal(undefined)
    expect(bus.myId).to.equal(ME)
    const {state} = bus
    expect([state.currentEpoch, state.lastVoteEpoch, state.myself.configEpoch]).to.deep.equal([12, 11, 3])
    expect(state.assignedSlots).to.equal(101 + 1001)
    expect(state.nodes.get(REPLICA)!.primary!.id).to.equal(PEER)
    expect(state.nodes.get(PEER)!.hostname).to.equal('two.example')
    expect([bus.isOpen(7), bus.isOpen(900), bus.isOpen(8)]).to.deep.equal([true, true, false])
  })

  it('of a new node says who it is before it says where, and is not written again for that', () => {
    const host = new PaperHost()
    const bus = new ClusterBus({host, config: paperConfig(7000), rng: seededRng(1), nowMs: START_MS})
    const first = host.endTurn().saved
    expect(first).to.equal(`${bus.myId} :0@0 myself,master - 0 0 0 connected\nvars currentEpoch 0 lastVoteEpoch 0\n`)
    expect(host.lastSaveIsBinding).to.equal(true)
    expect(saved(bus)).to.equal(undefined)
    bus.saveConfig()
    expect(saved(bus)).to.include(' :7000@17000 myself,master ')
  })

  it('is written as it was read', () => {
    const text = saved(load(OWN_LINE, PEER_LINE, REPLICA_LINE, VARS))
    expect(text).to.equal(
      [
        OWN_LINE,
        PEER_LINE.replace('connected', 'disconnected'),
        REPLICA_LINE.replace(' 1 1 ', ` ${START_MS} ${START_MS} `),
        `${VARS}\n`,
      ].join('\n'),
    )
  })

  it('is read in the form of newer servers, additions and all', () => {
    const bus = load(
      `${ME} 127.0.0.1:7000@17000,,tls-port=0,shard-id=${'d'.repeat(40)} myself,master - 0 0 3 connected`,
      `${PEER} ::1:7001@17001,two,tls-port=0,client-ipv4=1.2.3.4 master - 0 0 9 connected`,
      VARS,
    )
    expect(bus.loadError).to.equal(undefined)
    expect(bus.state.myself.shardId).to.equal('d'.repeat(40))
    const peer = bus.state.nodes.get(PEER)!
    expect([peer.ip, peer.port, peer.hostname]).to.deep.equal(['::1', 7001, 'two'])
  })

  it('may lack bus ports, vars, and know vars that we do not', () => {
    const bus = load(`${ME} 127.0.0.1:7000 myself,master - 0 0 3 connected`, '', 'vars future 1 currentEpoch 2')
    expect(bus.loadError).to.equal(undefined)
    expect(bus.state.currentEpoch, 'not below any configEpoch').to.equal(3)
    expect(load(`${ME} :0@0 myself,master - 0 0 0 connected`).loadError).to.equal(undefined)
  })

  it('leaves out handshakes, and what is being introduced survives no restart', () => {
    const cluster = new PaperCluster(1, 1)
    const [node] = cluster.nodes
    cluster.turn(node!, (bus) => bus.meet('10.1.1.1', 7000))
    cluster.turn(node!, (bus) => bus.saveConfig())
    expect(node!.disk).not.to.contain('handshake')
  })

  const refused: [why: string, ...lines: string[]][] = [
    ['nobody is myself', PEER_LINE, VARS],
    ['a flag is unknown', OWN_LINE.replace('master', 'captain'), VARS],
    ['a line is cut short', `${ME} 127.0.0.1:7000@17000 myself,master - 0`, VARS],
    ['a slot is out of range', OWN_LINE.replace('0-100', '0-16384'), VARS],
    ['an open slot is garbled', OWN_LINE.replace('[7->-', '[7>'), VARS],
    ['an address is garbled', PEER_LINE.replace('127.0.0.2:7001', 'nowhere'), OWN_LINE],
    ['an id is none', PEER_LINE.replace(PEER, 'b'), OWN_LINE],
    ['an epoch is none', OWN_LINE.replace(' 3 connected', ' x connected')],
    ['two lines are myself', OWN_LINE, PEER_LINE.replace('master', 'myself,master')],
    ['a variable has no value', OWN_LINE, 'vars currentEpoch'],
  ]
  for (const [why, ...lines] of refused) {
    it(`is refused when ${why}`, () => {
      const bus = load(...lines)
      expect(bus.loadError).to.be.a('string')
      expect(saved(bus), 'and stays as it is').to.equal(undefined)
    })
  }

  it('is written once in a turn, and before anybody can hear of the turn', () => {
    const cluster = new PaperCluster(1, 2) // a host that is asked to save twice in one turn throws
    cluster.turn(cluster.nodes[0]!, (bus) => {
      bus.addSlots([[1, 2]])
      bus.bumpEpoch()
      bus.saveConfig()
    })
    expect(cluster.nodes[0]!.disk).to.contain('connected 1-2\nvars currentEpoch 1 lastVoteEpoch 0\n')
  })

  it('must reach the disk when it has a new epoch or vote in it, and need not for a slot', () => {
    const cluster = new PaperCluster(1, 1)
    const [node] = cluster.nodes
    const savesBindingly = (work: Parameters<typeof cluster.turn>[1]): boolean => {
      cluster.turn(node!, work)
      return node!.host.lastSaveIsBinding
    }
    expect(node!.host.lastSaveIsBinding, 'the first file of a node').to.equal(true)
    expect(
      savesBindingly((bus) => bus.saveConfig()),
      'the same once more',
    ).to.equal(false)
    expect(savesBindingly((bus) => bus.addSlots([[1, 2]]))).to.equal(false)
    expect(savesBindingly((bus) => bus.bumpEpoch())).to.equal(true)
    expect(savesBindingly((bus) => bus.delSlots([[2, 2]]))).to.equal(false)
    const vote = (bus: ClusterBus): void => {
      bus.state.lastVoteEpoch = 1
      bus.saveConfig()
    }
    expect(savesBindingly(vote)).to.equal(true)
  })
})
