/** CLUSTER NODES, SLOTS, SHARDS, INFO, REPLICAS as Redis 7.0 tells them. */
import {expect} from 'chai'
import {PaperCluster, type PaperNode} from './paper-cluster.js'

describe('cluster reports', () => {
  const cluster = new PaperCluster(21, 3)
  let primary: PaperNode
  let replica: PaperNode

  before(() => {
    cluster.form(2)
    ;[primary, , replica] = cluster.nodes as [PaperNode, PaperNode, PaperNode]
  })

  it('a lone, fresh node knows itself only, at no address', () => {
    const lone = new PaperCluster(1, 1).nodes[0]!
    expect(lone.bus.nodes()).to.equal(`${lone.bus.myId} :7000@17000 myself,master - 0 0 0 connected\n`)
    expect(lone.bus.slots()).to.deep.equal([])
    expect(lone.bus.shards()[0]!.slots).to.deep.equal([])
    expect(lone.bus.info()).to.contain('cluster_state:fail\r\ncluster_slots_assigned:0\r\n')
  })

  it('NODES has a line for each node, with its slots, and the primary’s epoch on a replica’s line', () => {
    const line = primary.bus
      .nodes()
      .split('\n')
      .find((each) => each.startsWith(replica.bus.myId))!
    const epoch = primary.bus.state.myself.configEpoch
    expect(line).to.match(new RegExp(`:7002@17002 slave ${primary.bus.myId} \\d+ \\d+ ${epoch} connected$`))
    expect(primary.bus.nodes()).to.match(/myself,master - 0 0 \d+ connected 0-8191\n/)
  })

  it('SLOTS leaves out replicas without data', () => {
    const self = {endpoint: '10.0.0.1', port: 7000, id: primary.bus.myId, extra: []}
    expect(primary.bus.slots()[0]).to.deep.equal({first: 0, last: 8191, nodes: [self]})
    primary.host.offset = 14
    cluster.run(1500)
    expect(primary.bus.slots()[0]!.nodes.map((node) => node.id)).to.deep.equal([primary.bus.myId, replica.bus.myId])
  })

  it('SLOTS names other ways to a node when the IP is not the preferred one', () => {
    primary.config.preferredEndpointType = 'unknown-endpoint'
    const [range] = primary.bus.slots()
    expect(range!.nodes[0]).to.deep.include({endpoint: null, extra: [['ip', '10.0.0.1']]})
    primary.config.preferredEndpointType = 'ip'
  })

  it('SHARDS tells roles, offsets and health', () => {
    const shard = primary.bus.shards()[0]!
    expect(shard.slots).to.deep.equal([[0, 8191]])
    expect(shard.nodes.map((node) => [node.role, node.health, node.replicationOffset])).to.deep.equal([
      ['master', 'online', 14],
      ['replica', 'online', 14],
    ])
  })

  it('REPLICAS asks about a primary only', () => {
    expect(primary.bus.replicas(primary.bus.myId)).to.have.length(1)
    expect(primary.bus.replicas(replica.bus.myId)).to.equal('The specified node is not a master')
    expect(primary.bus.replicas('x')).to.equal('Unknown node x')
  })

  it('INFO counts what went over the bus, by type, and leaves out what never did', () => {
    const info = primary.bus.info()
    expect(info).to.match(/cluster_stats_messages_ping_sent:\d+\r\ncluster_stats_messages_pong_sent:\d+\r\n/)
    expect(info).not.to.contain('auth-req')
    expect(info).to.match(/cluster_known_nodes:3\r\ncluster_size:2\r\n/)
  })

  it('REPLICATE refuses with Redis’ own words', () => {
    const order = (node: PaperNode, id: string): string => cluster.turn(node, (bus) => bus.replicate(id))
    expect(order(primary, 'x')).to.equal('Unknown node x')
    expect(order(primary, primary.bus.myId)).to.equal("Can't replicate myself")
    expect(order(primary, replica.bus.myId)).to.equal('I can only replicate a master, not a replica.')
    expect(order(primary, cluster.nodes[1]!.bus.myId)).to.equal(
      'To set a master the node must be empty and without assigned slots.',
    )
  })

  it('RESET HARD makes a node of no past and another name', () => {
    const before = replica.bus.myId
    expect(cluster.turn(replica, (bus) => bus.reset(true))).to.equal('ok')
    expect(replica.bus.myId).not.to.equal(before)
    expect(replica.bus.nodes()).to.match(/^\w{40} 10\.0\.0\.3:7002@17002 myself,master - 0 0 0 connected\n$/)
    expect(replica.host.flushes).to.equal(1)
    expect(replica.disk).to.match(/vars currentEpoch 0 lastVoteEpoch 0\n$/)
  })
})
