/** Joining, moving, leaving; slots and epochs: stories of a paper cluster. */
import {expect} from 'chai'
import {inHandshake} from '../../../../src/engine/cluster/state.js'
import {PaperCluster} from './paper-cluster.js'

function formed(nodes: number, primaries: number, seed = 11): PaperCluster {
  const cluster = new PaperCluster(seed, nodes)
  cluster.form(primaries)
  return cluster
}

describe('cluster membership', () => {
  it('spreads by gossip: nodes that were introduced to one know all', () => {
    const cluster = formed(6, 3)
    for (const node of cluster.nodes) expect(node.bus.state.list).to.have.length(6)
    expect(cluster.nodes[5]!.bus.state.myself.ip, 'learned from a socket').to.equal('10.0.0.6')
  })

  it('gives every primary an epoch of its own when fresh nodes meet', () => {
    const cluster = new PaperCluster(5, 5)
    cluster.form(5)
    const epochs = cluster.nodes.map((node) => node.bus.state.myself.configEpoch)
    expect(new Set(epochs).size).to.equal(5)
  })

  it('shows a node it was told to meet as a handshake, and gives it up after a second', () => {
    const cluster = new PaperCluster(3, 1)
    const [lone] = cluster.nodes
    expect(cluster.turn(lone!, (bus) => bus.meet('10.9.9.9', 7000))).to.equal('ok')
    cluster.turn(lone!, (bus) => bus.meet('10.9.9.9', 7000))
    expect(lone!.bus.nodes()).to.match(/ 10\.9\.9\.9:7000@17000 handshake - 0 0 0 disconnected\n/)
    expect(lone!.bus.state.list.filter(inHandshake)).to.have.length(1)
    cluster.run(1300)
    expect(lone!.bus.state.list).to.have.length(1)
  })

  it('does not meet itself', () => {
    const cluster = new PaperCluster(3, 1)
    const [lone] = cluster.nodes
    cluster.turn(lone!, (bus) => bus.meet(lone!.ip, lone!.config.port))
    cluster.run(3000)
    expect(lone!.bus.state.list).to.deep.equal([lone!.bus.state.myself])
  })

  it('forgets a node everywhere once one is told to, and does not learn of it again from gossip', () => {
    const cluster = formed(6, 3)
    const [first, , , , , leaver] = cluster.nodes
    const id = leaver!.bus.myId
    expect(cluster.turn(first!, (bus) => bus.forget(id))).to.equal('ok')
    cluster.runUntil(
      'all others have forgotten it',
      () => cluster.nodes.slice(0, 5).every((node) => !node.bus.state.nodes.has(id) || node.host.primaryId === id),
      10_000,
    )
    cluster.run(3000)
    expect(first!.bus.state.nodes.has(id)).to.be.false
  })

  it('takes it for done when it is told to forget whom gossip has made it forget already', () => {
    const cluster = formed(6, 3)
    const [first, second, , , , leaver] = cluster.nodes
    const id = leaver!.bus.myId
    cluster.turn(first!, (bus) => bus.forget(id))
    cluster.runUntil('the second has heard of it', () => !second!.bus.state.nodes.has(id), 10_000)
    expect(cluster.turn(second!, (bus) => bus.forget(id))).to.equal('ok')
  })

  it('takes a forgotten node back when told to meet it', () => {
    const cluster = formed(6, 3)
    const [first, , , , , leaver] = cluster.nodes
    cluster.turn(first!, (bus) => bus.forget(leaver!.bus.myId))
    cluster.run(1000)
    cluster.turn(leaver!, (bus) => bus.reset(true))
    cluster.turn(first!, (bus) => bus.meet(leaver!.ip, leaver!.config.port))
    cluster.runUntil(
      'everybody knows it under its new name',
      () => cluster.nodes.every((node) => node.bus.state.nodes.has(leaver!.bus.myId)),
      10_000,
    )
  })

  it('refuses to forget itself, its primary, and nobody', () => {
    const cluster = formed(6, 3)
    const [primary, , , replica] = cluster.nodes
    const forget = (id: string): string => cluster.turn(replica!, (bus) => bus.forget(id))
    expect(forget(replica!.bus.myId)).to.equal("I tried hard but I can't forget myself...")
    expect(forget(primary!.bus.myId)).to.equal("Can't forget my master!")
    expect(forget('nobody')).to.equal('Unknown node nobody')
  })

  it('follows a node to its new address', () => {
    const cluster = formed(6, 3)
    const [mover] = cluster.nodes
    cluster.kill(mover!)
    mover!.ip = '10.0.7.7'
    cluster.restart(mover!)
    cluster.runUntil(
      'everybody has the new address',
      () => cluster.nodes.every((node) => node === mover || cluster.view(node, mover!).ip === '10.0.7.7'),
      10_000,
    )
    expect(cluster.nodes[3]!.host.primaryEndpoint).to.deep.equal({host: '10.0.7.7', port: 7000})
  })

  it('tells its host name to those who read extensions, and takes it back', () => {
    const cluster = formed(3, 3)
    const [named, other] = cluster.nodes
    named!.config.announceHostname = 'one.example.com'
    cluster.runUntil('the name is known', () => cluster.view(other!, named!).hostname === 'one.example.com', 5000)
    expect(other!.bus.nodes()).to.contain(':7000@17000,one.example.com ')
    named!.config.announceHostname = ''
    cluster.runUntil('the name is gone', () => cluster.view(other!, named!).hostname === '', 5000)
  })

  it('marks a node fail? alone and fail by majority, and takes it back when it answers again', () => {
    const cluster = formed(6, 3)
    const [, second, third, , , quiet] = cluster.nodes
    cluster.kill(quiet!)
    cluster.runUntil(
      'it is fail everywhere',
      () => cluster.living.every((node) => / fail |,fail /.test(node.bus.nodes())),
      6000,
    )
    expect(cluster.turn(second!, (bus) => bus.countFailureReports(quiet!.bus.myId))).to.be.a('number')
    cluster.restart(quiet!)
    cluster.runUntil('nobody is fail', () => cluster.living.every((node) => !node.bus.nodes().includes('fail')), 6000)
    expect(cluster.view(third!, quiet!).failReports).to.equal(null)
  })
})

describe('slots', () => {
  it('go from one primary to another by SETSLOT, and the new epoch convinces everybody', () => {
    const cluster = formed(6, 3)
    const [source, target, third] = cluster.nodes
    const sourceId = source!.bus.myId
    const targetId = target!.bus.myId
    source!.host.keys.set(42, 3)
    expect(cluster.turn(target!, (bus) => bus.setSlot(42, {kind: 'importing', id: sourceId}))).to.equal('ok')
    expect(cluster.turn(source!, (bus) => bus.setSlot(42, {kind: 'migrating', id: targetId}))).to.equal('ok')
    expect(source!.bus.nodes()).to.contain(`[42->-${targetId}]`)
    expect(target!.bus.nodes()).to.contain(`[42-<-${sourceId}]`)
    expect(cluster.turn(source!, (bus) => bus.setSlot(42, {kind: 'node', id: targetId}))).to.equal(
      "Can't assign hashslot 42 to a different node while I still hold keys for this hash slot.",
    )
    source!.host.keys.delete(42)
    expect(cluster.turn(target!, (bus) => bus.setSlot(42, {kind: 'node', id: targetId}))).to.equal('ok')
    expect(cluster.turn(source!, (bus) => bus.setSlot(42, {kind: 'node', id: targetId}))).to.equal('ok')
    cluster.runUntil('all agree', () => cluster.agrees(), 5000)
    expect(cluster.ownerOfSlot(42, third)).to.equal(target)
    expect(source!.bus.nodes()).not.to.contain('[')
    expect(source!.host.lost).to.deep.equal([42])
  })

  it('are left alone by gossip while they arrive', () => {
    const cluster = formed(4, 3)
    const [source, target] = cluster.nodes
    cluster.turn(target!, (bus) => bus.setSlot(42, {kind: 'importing', id: source!.bus.myId}))
    cluster.turn(target!, (bus) => bus.setSlot(42, {kind: 'node', id: target!.bus.myId}))
    cluster.turn(target!, (bus) => bus.setSlot(43, {kind: 'importing', id: source!.bus.myId}))
    cluster.run(3000)
    expect(cluster.ownerOfSlot(43, target)).to.equal(source)
    expect(target!.bus.isOpen(43)).to.be.true
  })

  it('make their giver a replica of the taker when they were its last', () => {
    const cluster = formed(3, 3)
    const [giver, taker] = cluster.nodes
    cluster.turn(giver!, (bus) => bus.delSlots([[1, 5460]]))
    cluster.turn(giver!, (bus) => bus.setSlot(0, {kind: 'node', id: taker!.bus.myId}))
    expect(giver!.host.primaryId).to.equal(taker!.bus.myId)
  })

  it('that two fresh primaries claim go to one of them, and all agree on whom', () => {
    for (const seed of [1, 2, 3, 4]) {
      const cluster = new PaperCluster(seed, 3, {requireFullCoverage: false})
      const [a, b, c] = cluster.nodes
      for (const node of [a!, b!]) cluster.turn(node, (bus) => bus.addSlots([[100, 200]]))
      cluster.turn(a!, (bus) => bus.meet(b!.ip, b!.config.port))
      cluster.turn(a!, (bus) => bus.meet(c!.ip, c!.config.port))
      cluster.runUntil(
        'all agree on the owner',
        () => cluster.nodes.every((node) => cluster.knowsAll(node)) && cluster.agrees(),
        10_000,
      )
      expect(cluster.ownerOfSlot(150)).to.be.oneOf([a, b])
    }
  })

  it('are taken with Redis’ own words of refusal', () => {
    const cluster = new PaperCluster(1, 1)
    const [node] = cluster.nodes
    const add = (...ranges: [number, number][]): string => cluster.turn(node!, (bus) => bus.addSlots(ranges))
    expect(add([0, 3])).to.equal('ok')
    expect(add([3, 3])).to.equal('Slot 3 is already busy')
    expect(add([9, 9], [9, 9])).to.equal('Slot 9 specified multiple times')
    expect(add([9, 8])).to.equal('start slot number 9 is greater than end slot number 8')
    expect(add([16_384, 16_384])).to.equal('Invalid or out of range slot')
    expect(cluster.turn(node!, (bus) => bus.delSlots([[9, 9]]))).to.equal('Slot 9 is already unassigned')
    node!.host.keys.set(1, 1)
    expect(cluster.turn(node!, (bus) => bus.flushSlots())).to.equal('DB must be empty to perform CLUSTER FLUSHSLOTS.')
    expect(cluster.turn(node!, (bus) => bus.reset(false))).to.equal(
      "CLUSTER RESET can't be called with master nodes containing keys",
    )
  })

  it('with keys but without an owner are adopted at the start; those of others become importing', () => {
    const cluster = formed(3, 3)
    const [first, second] = cluster.nodes
    cluster.kill(first!)
    cluster.restart(first!)
    cluster.turn(first!, (bus) => bus.delSlots([[7, 7]]))
    cluster.turn(first!, (bus) => bus.dataLoaded([7, 8, 6000]))
    expect(cluster.ownerOfSlot(7, first)).to.equal(first)
    expect(first!.bus.nodes()).to.contain(`[6000-<-${second!.bus.myId}]`)
  })
})

describe('the epoch', () => {
  it('is bumped by order only when it is not the greatest already', () => {
    const cluster = formed(3, 3)
    const [node] = cluster.nodes
    const greatest = Math.max(...cluster.nodes.map((each) => each.bus.state.myself.configEpoch))
    const own = node!.bus.state.myself.configEpoch
    const expected = own === greatest ? `STILL ${own}` : `BUMPED ${node!.bus.state.currentEpoch + 1}`
    expect(cluster.turn(node!, (bus) => bus.bumpEpoch())).to.equal(expected)
    const bumped = node!.bus.state.myself.configEpoch
    expect(cluster.turn(node!, (bus) => bus.bumpEpoch())).to.equal(`STILL ${bumped}`)
  })

  it('is set by order only on a node that is alone and has none', () => {
    const cluster = new PaperCluster(2, 2)
    const [a, b] = cluster.nodes
    expect(cluster.turn(a!, (bus) => bus.setConfigEpoch(4))).to.equal('ok')
    expect(cluster.turn(a!, (bus) => bus.setConfigEpoch(5))).to.equal('Node config epoch is already non-zero')
    cluster.turn(a!, (bus) => bus.meet(b!.ip, b!.config.port))
    cluster.run(1000)
    expect(cluster.turn(b!, (bus) => bus.setConfigEpoch(5))).to.equal(
      'The user can assign a config epoch only when the node does not know any other node.',
    )
  })
})

describe('messages', () => {
  it('reach all nodes, and sharded ones the shard only', () => {
    const cluster = formed(6, 3)
    const [speaker, , , replica] = cluster.nodes
    cluster.turn(speaker!, (bus) => bus.publish('news', 'all\0ÿ', false))
    cluster.turn(speaker!, (bus) => bus.publish('news', 'shard', true))
    cluster.run(10)
    expect(replica!.host.delivered).to.deep.equal(['news: all\0ÿ', 'shard news: shard'])
    for (const node of cluster.nodes.filter((each) => each !== speaker && each !== replica)) {
      expect(node.host.delivered).to.deep.equal(['news: all\0ÿ'])
    }
  })
})
