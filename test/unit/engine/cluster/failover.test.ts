/** Elections, as the cluster specification tells them, on a paper cluster. */
import {expect} from 'chai'
import {isPrimary, isReplica} from '../../../../src/engine/cluster/state.js'
import {PaperCluster, type PaperNode} from './paper-cluster.js'

const SEED = 7

function formed(nodes: number, primaries: number, seed = SEED): PaperCluster {
  const cluster = new PaperCluster(seed, nodes)
  cluster.form(primaries)
  return cluster
}

const becamePrimary = (node: PaperNode) => (): boolean => node.bus.isPrimary

describe('failover', () => {
  it('elects the replica of a killed primary, and everybody agrees', () => {
    const cluster = formed(6, 3)
    const [dead, , , heir] = cluster.nodes
    cluster.kill(dead!)
    cluster.runUntil('the replica is a primary', becamePrimary(heir!), 8000)
    cluster.runUntil('all agree and are ok', () => cluster.agrees() && cluster.allOk(), 3000)
    expect(cluster.ownerOfSlot(0)).to.equal(heir)
    expect(heir!.bus.state.myself.configEpoch).to.equal(heir!.bus.state.currentEpoch)
  })

  it('takes the old primary back as a replica of the new one', () => {
    const cluster = formed(6, 3)
    const [dead, , , heir] = cluster.nodes
    cluster.kill(dead!)
    cluster.runUntil('the replica is a primary', becamePrimary(heir!), 8000)
    cluster.restart(dead!)
    cluster.runUntil('it is a replica', () => dead!.host.primaryId === heir!.bus.myId, 8000)
    cluster.runUntil('all agree and are ok', () => cluster.agrees() && cluster.allOk())
    expect(cluster.view(heir!, dead!).primary).to.equal(heir!.bus.state.myself)
  })

  it('elects the replica that has heard the most', () => {
    for (const seed of [1, 2]) {
      const cluster = formed(7, 3, seed)
      const [dead, , , behind, , , ahead] = cluster.nodes
      behind!.host.lagging = true
      dead!.host.offset = 5000
      cluster.run(1500)
      cluster.kill(dead!)
      cluster.runUntil('the replica ahead is a primary', becamePrimary(ahead!), 8000)
      cluster.runUntil('all agree and are ok', () => cluster.agrees() && cluster.allOk())
      expect(cluster.view(behind!, ahead!)).to.equal(behind!.bus.state.myself.primary)
    }
  })

  it('does not let a replica stand whose data are too old', () => {
    const cluster = formed(6, 3)
    const [dead, , , heir] = cluster.nodes
    heir!.config.replicaValidityFactor = 1
    heir!.config.replPingPeriodMs = 0
    heir!.host.lastHeardMs = 0
    cluster.kill(dead!)
    heir!.host.lastHeardMs = 0
    cluster.run(10_000)
    expect(heir!.bus.isPrimary).to.be.false
    expect(heir!.host.logs.join('\n')).to.contain('Disconnected from master for longer than allowed')
    heir!.config.replicaValidityFactor = 0
    cluster.runUntil('it stands after all', becamePrimary(heir!), 10_000)
  })

  it('does not let a replica stand that is told not to', () => {
    const cluster = formed(6, 3)
    const [dead, , , heir] = cluster.nodes
    heir!.config.replicaNoFailover = true
    cluster.kill(dead!)
    cluster.run(8000)
    expect(heir!.bus.isPrimary).to.be.false
    expect(cluster.nodes[1]!.bus.nodes()).to.contain('slave,nofailover')
  })

  it('keeps the vote on disk before the candidate can count it', () => {
    const cluster = formed(6, 3)
    const [dead, voter, , heir] = cluster.nodes
    cluster.kill(dead!)
    cluster.runUntil('the replica is a primary', becamePrimary(heir!), 8000)
    const epoch = heir!.bus.state.myself.configEpoch
    expect(voter!.disk).to.match(new RegExp(`vars currentEpoch ${epoch} lastVoteEpoch ${epoch}\n$`))
    cluster.restart(voter!)
    expect(voter!.bus.state.lastVoteEpoch).to.equal(epoch)
  })

  it('goes down in the minority, on in the majority, and is whole again when the partition heals', () => {
    const cluster = formed(6, 3)
    const [first, second, third, firstHeir, secondHeir, thirdHeir] = cluster.nodes
    cluster.partition([first!], [second!, third!, firstHeir!, secondHeir!, thirdHeir!])
    cluster.runUntil('the minority is down', () => !first!.bus.ok, 4000)
    cluster.runUntil('the majority has a new primary', becamePrimary(firstHeir!), 8000)
    expect(first!.bus.isPrimary).to.be.true
    cluster.heal()
    cluster.runUntil('the old primary follows the new one', () => first!.host.primaryId === firstHeir!.bus.myId, 10_000)
    cluster.runUntil('all agree and are ok', () => cluster.agrees() && cluster.allOk())
  })

  it('elects nobody without a majority, and loses nothing by that', () => {
    const cluster = formed(6, 3)
    const [first, second, third, ...replicas] = cluster.nodes
    cluster.partition([first!, ...replicas], [second!], [third!])
    cluster.run(10_000)
    expect(replicas.some((node) => node.bus.isPrimary)).to.be.false
    expect(cluster.nodes.some((node) => node.bus.ok)).to.be.false
    cluster.heal()
    // Two primaries that meet again before the third is back are a majority: it may be replaced then, and follows.
    cluster.runUntil('all agree and are ok', () => cluster.agrees() && cluster.allOk(), 20_000)
    expect(cluster.nodes.filter((node) => node.bus.isPrimary)).to.have.length(3)
  })

  it('gives a replica to a primary that has lost its own', () => {
    const cluster = formed(7, 3) // the first primary has two
    const [, second, , , onlyReplica] = cluster.nodes
    cluster.kill(onlyReplica!)
    const spare = cluster.nodes.filter((node) => node.host.primaryId === cluster.nodes[0]!.bus.myId)
    const mover = spare.sort((a, b) => (a.bus.myId < b.bus.myId ? -1 : 1))[0]!
    const tookMs = cluster.runUntil('the smallest id moves', () => mover.host.primaryId === second!.bus.myId, 15_000)
    expect(tookMs).to.be.greaterThan(5000)
    cluster.runUntil('all agree and are ok', () => cluster.agrees() && cluster.allOk())
  })

  it('keeps replicas where they are when migration is switched off', () => {
    const cluster = formed(7, 3)
    for (const node of cluster.nodes) node.config.allowReplicaMigration = false
    cluster.kill(cluster.nodes[4]!)
    cluster.run(12_000)
    expect(cluster.living.filter((node) => node.host.primaryId === cluster.nodes[0]!.bus.myId)).to.have.length(2)
  })
})

describe('manual failover', () => {
  it('waits for the last byte of the paused primary, then changes places without loss', () => {
    const cluster = formed(6, 3)
    const [old, , , heir] = cluster.nodes
    heir!.host.lagging = true
    old!.host.offset = 900
    expect(cluster.turn(heir!, (bus) => bus.failover('normal'))).to.equal('ok')
    cluster.run(500)
    expect(old!.host.pausedUntilMs).to.be.greaterThan(cluster.nowMs)
    expect(heir!.bus.isPrimary, 'it has not heard everything').to.be.false
    heir!.host.lagging = false
    cluster.runUntil('places are changed', () => heir!.bus.isPrimary && !old!.bus.isPrimary, 2000)
    expect(heir!.host.offset).to.equal(900)
    expect(old!.host.pausedUntilMs, 'clients may go on').to.equal(0)
    cluster.runUntil('all agree and are ok', () => cluster.agrees() && cluster.allOk())
  })

  it('is given up after five seconds, and the primary goes on', () => {
    const cluster = formed(6, 3)
    const [old, , , heir] = cluster.nodes
    heir!.host.lagging = true
    old!.host.offset = 900
    cluster.turn(heir!, (bus) => bus.failover('normal'))
    cluster.run(5300)
    expect(old!.host.pausedUntilMs).to.equal(0)
    expect(old!.bus.isPrimary).to.be.true
    expect(old!.host.logs).to.contain('Manual failover timed out.')
  })

  it('by force needs votes, but not the primary', () => {
    const cluster = formed(6, 3)
    const [old, , , heir] = cluster.nodes
    cluster.kill(old!)
    cluster.run(200) // long before anybody calls it FAIL
    expect(cluster.turn(heir!, (bus) => bus.failover('normal'))).to.contain('Master is down or failed')
    expect(cluster.turn(heir!, (bus) => bus.failover('force'))).to.equal('ok')
    cluster.runUntil('the replica is a primary', becamePrimary(heir!), 500)
  })

  it('as a takeover needs nobody', () => {
    const cluster = formed(6, 3)
    const [old, second, third, heir] = cluster.nodes
    for (const node of [old!, second!, third!]) cluster.kill(node)
    cluster.run(100)
    expect(cluster.turn(heir!, (bus) => bus.failover('takeover'))).to.equal('ok')
    expect(heir!.bus.isPrimary).to.be.true
    expect(heir!.disk).to.match(/myself,master - \d+ \d+ \d+ connected 0-5460/)
    for (const node of [old!, second!, third!]) cluster.restart(node)
    cluster.runUntil('all agree and are ok', () => cluster.agrees() && cluster.allOk(), 20_000)
    expect(isReplica(cluster.view(heir!, old!))).to.be.true
  })

  it('is refused with Redis’ own words', () => {
    const cluster = formed(6, 3)
    const [primary, , , replica] = cluster.nodes
    expect(cluster.turn(primary!, (bus) => bus.failover('normal'))).to.equal(
      'You should send CLUSTER FAILOVER to a replica',
    )
    replica!.bus.state.myself.primary = null
    expect(cluster.turn(replica!, (bus) => bus.failover('force'))).to.equal(
      "I'm a replica but my master is unknown to me",
    )
  })

  it('leaves the roles of bystanders alone', () => {
    const cluster = formed(6, 3)
    cluster.turn(cluster.nodes[3]!, (bus) => bus.failover('normal'))
    cluster.runUntil('it is a primary', becamePrimary(cluster.nodes[3]!), 2000)
    expect(isPrimary(cluster.view(cluster.nodes[5]!, cluster.nodes[2]!))).to.be.true
  })
})
