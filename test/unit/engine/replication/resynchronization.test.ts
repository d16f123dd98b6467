/** Full and partial resynchronization, between nodes of ours. */
import {expect} from 'chai'
import {type EngineNode} from '../../../support/engine/engine-node.js'
import {ReplyError} from '../../../support/engine/parse-replies.js'
import {countingRng} from '../../../support/engine/seeded-rng.js'
import {contents, infoField, PaperNetwork} from './paper-network.js'

const LOADING = 'LOADING Redis is loading the dataset in memory'

function follow(network: PaperNetwork, replica: EngineNode, port: number): void {
  expect(replica.connect().call('REPLICAOF', '127.0.0.1', port)).to.equal('OK')
  network.advance(1200)
}

function linkStatus(node: EngineNode): string | undefined {
  return infoField(node, 'replication', 'master_link_status')
}

/** Bytes that no compression makes fewer. */
function noise(seed: number): string {
  const rng = countingRng(seed)
  return Array.from({length: 20_000}, () => String.fromCharCode(rng.uint32() & 0xff)).join('')
}

/** More than is loaded beside old data. */
function fillLarge(node: EngineNode): void {
  const client = node.connect()
  for (let index = 0; index < 10; index++) client.call('SET', `text${index}`, noise(index).repeat(6))
}

/** Carries everything forward, one effect at a time and one slice at a time, until it is so. */
function carryUntil(network: PaperNetwork, nodes: readonly EngineNode[], isSo: () => boolean): void {
  for (let step = 0; step < 2000 && !isSo(); step++) {
    for (const node of nodes) if (node.core.server.replication.hasWork) node.turn(() => undefined)
    network.step()
  }
  expect(isSo()).to.equal(true)
}

/** One key of every kind, in two databases, some with an expiry. */
function fill(node: EngineNode): void {
  const client = node.connect()
  client.call('SET', 'text', 'some text')
  client.call('SET', 'number', 1234)
  client.call('SET', 'short-lived', 'x', 'PX', 60_000)
  client.call('RPUSH', 'list', 'a', 'b', 'c')
  client.call('HSET', 'hash', 'field', 'value', 'other', 7)
  client.call('SADD', 'set', 'x', 'y', 'z')
  client.call('SADD', 'numbers', 3, 1, 2)
  client.call('ZADD', 'scores', 1.5, 'one', 2, 'two')
  client.call('SELECT', 3)
  client.call('SET', 'elsewhere', 'yes')
}

describe('a replica and its primary', () => {
  for (const [form, diskless] of [
    ['with a mark at the end', 'yes'],
    ['with its length in front', 'no'],
  ] as const) {
    it(`agree after a full sync, the payload ${form}`, () => {
      const network = new PaperNetwork()
      const primary = network.add(1, {'repl-diskless-sync': diskless})
      const replica = network.add(2)
      fill(primary)
      replica.connect().call('SET', 'old', 'goes')
      follow(network, replica, 1)
      expect(linkStatus(replica)).to.equal('up')
      expect(contents(replica)).to.deep.equal(contents(primary)).and.not.to.deep.equal([])
      expect(infoField(replica, 'replication', 'master_replid')).to.equal(
        infoField(primary, 'replication', 'master_replid'),
      )
      const [wire] = network.wires
      expect(network.sent.get(wire!)?.toString('latin1')).to.include(diskless === 'yes' ? '\r\n$EOF:' : '\r\n$')
    })
  }

  it('go on with the stream behind the payload, every command at the same offset', () => {
    const network = new PaperNetwork()
    const primary = network.add(1)
    const replica = network.add(2)
    follow(network, replica, 1)
    fill(primary)
    const client = primary.connect()
    for (const command of ['MULTI', 'INCR number', 'DEL text', 'EXEC', 'SPOP set 2', 'PEXPIRE list 5000']) {
      client.call(...command.split(' '))
    }
    network.pump()
    expect(contents(replica)).to.deep.equal(contents(primary))
    expect(replica.core.server.replication.offset).to.equal(primary.core.server.replication.offset)
  })

  it('keeps what is written while the dump is being made, and nothing of it is in the dump', () => {
    const network = new PaperNetwork()
    const primary = network.add(1)
    const replica = network.add(2)
    const client = primary.connect()
    // More than one slice of work.
    for (let index = 0; index < 40; index++) client.call('RPUSH', `list${index}`, noise(index), index)
    replica.connect().call('REPLICAOF', '127.0.0.1', 1)
    // Carries the handshake forward, one effect at a time, until the dump has begun; then the data change under it.
    for (let step = 0; step < 50 && !primary.core.server.replication.replicas.isDumping; step++) network.step()
    expect(primary.core.server.replication.replicas.isDumping).to.equal(true)
    for (let index = 0; index < 40; index++) client.call('RPUSH', `list${index}`, 'later')
    client.call('SET', 'new', 1)
    client.call('DEL', 'list7')
    network.advance(1200)
    expect(linkStatus(replica)).to.equal('up')
    expect(contents(replica)).to.deep.equal(contents(primary))
  })

  it('takes no writes from the first moment, and keeps its old data until the new are here', () => {
    const network = new PaperNetwork()
    const primary = network.add(1)
    const replica = network.add(2)
    primary.connect().call('SET', 'a', 'new')
    const client = replica.connect()
    client.call('SET', 'a', 'old')
    client.call('REPLICAOF', '127.0.0.1', 1)
    expect(client.call('GET', 'a')).to.equal('old')
    expect(client.call('SET', 'a', 'mine')).to.have.property(
      'message',
      "READONLY You can't write against a read only replica.",
    )
    network.advance(1200)
    expect(client.call('GET', 'a')).to.equal('new')
  })

  it('loads a payload to its end though the primary is gone, and goes on from there when it is back', () => {
    const network = new PaperNetwork()
    const [primary, replica] = [network.add(1), network.add(2)]
    const client = primary.connect()
    fillLarge(primary)
    replica.connect().call('SET', 'old', 1)
    replica.connect().call('REPLICAOF', '127.0.0.1', 1)
    carryUntil(network, [primary, replica], () => replica.core.server.loading)
    expect(replica.connect().call('GET', 'a')).to.deep.equal(new ReplyError(LOADING))
    network.cutAll()
    client.call('SET', 'meanwhile', 1)
    network.advance(1200)
    expect(linkStatus(replica)).to.equal('up')
    expect(contents(replica)).to.deep.equal(contents(primary))
    expect(primary.core.server.stats.fullSyncs).to.equal(1)
  })

  for (const [title, old] of [
    ['up to 1 MiB beside the old data', 'old'],
    ['into an empty replica, whatever its size', undefined],
  ] as const) {
    it(`loads ${title}: nobody is told -LOADING, as by a real server`, () => {
      const network = new PaperNetwork()
      const [primary, replica] = [network.add(1), network.add(2)]
      if (old === undefined) fillLarge(primary)
      else {
        replica.connect().call('SET', old, 1)
        for (let index = 0; index < 40; index++) primary.connect().call('SET', `text${index}`, noise(index))
      }
      replica.connect().call('REPLICAOF', '127.0.0.1', 1)
      let wasLoading = false
      carryUntil(network, [primary, replica], () => {
        wasLoading ||= replica.core.server.loading
        return linkStatus(replica) === 'up'
      })
      expect(wasLoading).to.equal(false)
      expect(contents(replica)).to.deep.equal(contents(primary))
    })
  }

  it('leave an empty replica empty when the payload ends too early or is broken, and it asks again', () => {
    const network = new PaperNetwork()
    const [primary, replica] = [network.add(1), network.add(2)]
    fillLarge(primary)
    replica.connect().call('REPLICAOF', '127.0.0.1', 1)
    carryUntil(network, [primary, replica], () => primary.core.server.replication.replicas.isDumping)
    network.cutAfter(700_000)
    expect(replica.connect().call('DBSIZE')).to.equal(0)
    network.advance(2400)
    expect(linkStatus(replica)).to.equal('up')
    expect(contents(replica)).to.deep.equal(contents(primary))
  })

  it('resumes after a cut at any byte of the stream without another full sync', () => {
    const commands = ['SET a 1', 'SELECT 2', 'MULTI', 'INCR n', 'RPUSH l x y', 'EXEC', 'SET b 2', 'SELECT 0', 'INCR n']
    const network = new PaperNetwork()
    const primary = network.add(1)
    const replica = network.add(2)
    follow(network, replica, 1)
    const client = primary.connect()
    const {replication, stats} = primary.core.server
    for (let cut = 0, length = 1; cut <= length; cut++) {
      const before = replication.offset
      for (const command of commands) client.call(...command.split(' '))
      replication.replicas.requestAcks()
      primary.turn(() => undefined)
      length = replication.offset - before
      network.cutAfter(cut)
      network.cutAll()
      network.advance(1100)
      const title = `cut after ${cut} of ${length} bytes`
      expect(linkStatus(replica), title).to.equal('up')
      expect(contents(replica), title).to.deep.equal(contents(primary))
      expect(replica.core.server.replication.offset, title).to.equal(replication.offset)
      expect([stats.fullSyncs, stats.partialSyncsAccepted], title).to.deep.equal([1, cut + 1])
    }
  })

  it('needs a full sync again when the backlog has moved on', () => {
    const network = new PaperNetwork()
    const primary = network.add(1, {'repl-backlog-size': '16384'})
    const replica = network.add(2)
    follow(network, replica, 1)
    network.cutAll()
    const client = primary.connect()
    for (let index = 0; index < 20; index++) client.call('SET', `k${index}`, 'x'.repeat(1000))
    network.advance(1500)
    expect(linkStatus(replica)).to.equal('up')
    expect(primary.core.server.stats.fullSyncs).to.equal(2)
    expect(contents(replica)).to.deep.equal(contents(primary))
  })
})

describe('repl-diskless-load swapdb', () => {
  /** A replica with old data, in the middle of taking over new ones. */
  function interrupted(isSameHistory: boolean): {network: PaperNetwork; primary: EngineNode; replica: EngineNode} {
    const network = new PaperNetwork()
    const primary = network.add(1, {'repl-backlog-size': '16384'})
    const replica = network.add(2, {'repl-diskless-load': 'swapdb'})
    fillLarge(primary)
    if (isSameHistory) {
      follow(network, replica, 1)
      network.cutAll()
      for (let index = 0; index < 20; index++) primary.connect().call('SET', 'moved on', noise(index))
      replica.nowMs += 1100
    } else {
      replica.connect().call('SET', 'text1', 'old')
      replica.connect().call('REPLICAOF', '127.0.0.1', 1)
    }
    replica.turn((core) => core.tick())
    carryUntil(network, [primary, replica], () => replica.core.server.loading || replica.core.server.asyncLoading)
    return {network, primary, replica}
  }

  it('goes on serving the old data while later ones of the same history come in, and refuses what would disturb that', () => {
    const {network, primary, replica} = interrupted(true)
    const client = replica.connect()
    expect(client.call('STRLEN', 'text1')).to.equal(120_000)
    expect(client.call('EXISTS', 'moved on')).to.equal(0)
    expect(infoField(replica, 'persistence', 'async_loading')).to.equal('1')
    for (const command of [['SAVE'], ['BGREWRITEAOF'], ['REPLICAOF', 'no', 'one']]) {
      expect(client.call(...command), command[0]).to.deep.equal(new ReplyError(LOADING))
    }
    network.advance(200)
    expect(linkStatus(replica)).to.equal('up')
    expect(infoField(replica, 'persistence', 'async_loading')).to.equal('0')
    expect(contents(replica)).to.deep.equal(contents(primary))
    expect(primary.core.server.stats.fullSyncs).to.equal(2)
  })

  it('hides data of another history behind -LOADING, and has them back when the new ones do not arrive', () => {
    const {network, primary, replica} = interrupted(false)
    const client = replica.connect()
    expect(client.call('GET', 'text1')).to.deep.equal(new ReplyError(LOADING))
    network.cutAll()
    expect(client.call('GET', 'text1')).to.equal('old')
    network.advance(1500)
    expect(contents(replica)).to.deep.equal(contents(primary))
  })
})

describe('a chain of replicas', () => {
  it('has the same data and the same offset at its end, whatever the database', () => {
    const network = new PaperNetwork()
    const [primary, middle, last] = [network.add(1), network.add(2), network.add(3)]
    follow(network, middle, 1)
    const client = primary.connect()
    client.call('SELECT', 5)
    client.call('SET', 'before', 1)
    network.pump()
    follow(network, last, 2)
    // No SELECT comes down the chain any more: the last one must know the database from the dump.
    client.call('SET', 'after', 2)
    network.pump()
    expect(contents(last)).to.deep.equal(contents(primary))
    expect(contents(last).every((line) => line.startsWith('5 '))).to.equal(true)
    expect(last.core.server.replication.offset).to.equal(primary.core.server.replication.offset)
  })

  it('goes on partially when its head changes: the new primary serves the old id up to the promotion', () => {
    const network = new PaperNetwork()
    const [primary, second, third] = [network.add(1), network.add(2), network.add(3)]
    follow(network, second, 1)
    follow(network, third, 1)
    primary.connect().call('SET', 'a', 1)
    network.pump()
    network.remove(primary)
    expect(second.connect().call('REPLICAOF', 'NO', 'ONE')).to.equal('OK')
    follow(network, third, 2)
    second.connect().call('SET', 'b', 2)
    network.pump()
    expect(second.core.server.stats.fullSyncs).to.equal(0)
    expect(second.core.server.stats.partialSyncsAccepted).to.equal(1)
    expect(contents(third)).to.deep.equal(contents(second)).and.to.have.lengthOf(2)
    expect(infoField(third, 'replication', 'master_replid')).to.equal(infoField(second, 'replication', 'master_replid'))
  })

  it('takes the old primary back partially when it wrote nothing more', () => {
    const network = new PaperNetwork()
    const [primary, second] = [network.add(1), network.add(2)]
    follow(network, second, 1)
    primary.connect().call('SET', 'a', 1)
    network.pump()
    second.connect().call('REPLICAOF', 'NO', 'ONE')
    network.pump()
    follow(network, primary, 2)
    expect(linkStatus(primary)).to.equal('up')
    expect(second.core.server.stats.fullSyncs).to.equal(0)
  })

  it('gives the old primary everything anew when it went its own way', () => {
    const network = new PaperNetwork()
    const [primary, second] = [network.add(1), network.add(2)]
    follow(network, second, 1)
    second.connect().call('REPLICAOF', 'NO', 'ONE')
    network.pump()
    primary.connect().call('SET', 'mine', 1)
    second.connect().call('SET', 'theirs', 2)
    follow(network, primary, 2)
    expect(second.core.server.stats.fullSyncs).to.equal(1)
    expect(contents(primary)).to.deep.equal(contents(second)).and.to.have.lengthOf(1)
  })
})
