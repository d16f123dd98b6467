/** FAILOVER and SHUTDOWN: a primary that leaves its place waits until a replica has every byte. */
import {expect} from 'chai'
import {type EngineNode} from '../../../support/engine/engine-node.js'
import {ReplyError} from '../../../support/engine/parse-replies.js'
import {contents, infoField, PaperNetwork} from './paper-network.js'

interface Pair {
  readonly network: PaperNetwork
  readonly primary: EngineNode
  readonly replica: EngineNode
}

function makePair(config: Readonly<Record<string, string>> = {}): Pair {
  const network = new PaperNetwork()
  const primary = network.add(1, config)
  const replica = network.add(2)
  replica.connect().call('REPLICAOF', '127.0.0.1', 1)
  network.advance(1200)
  return {network, primary, replica}
}

function stateOf(node: EngineNode): string | undefined {
  return infoField(node, 'replication', 'master_failover_state')
}

function roleOf(node: EngineNode): string | undefined {
  return infoField(node, 'replication', 'role')
}

describe('FAILOVER', () => {
  it('waits for the replica with writes held, then changes the roles without a full sync', () => {
    const {network, primary, replica} = makePair()
    const client = primary.connect()
    client.call('SET', 'key', 'value')
    expect(client.call('FAILOVER', 'TO', '127.0.0.1', 2)).to.equal('OK')
    expect(stateOf(primary)).to.equal('waiting-for-sync')
    expect(client.call('SET', 'key', 'held')).to.equal(undefined)
    network.advance(3000)
    expect([roleOf(primary), roleOf(replica)]).to.deep.equal(['slave', 'master'])
    expect(stateOf(primary)).to.equal('no-failover')
    expect(client.received()).to.deep.equal([new ReplyError("READONLY You can't write against a read only replica.")])
    expect(contents(primary)).to.deep.equal(contents(replica)).and.have.length(1)
    expect(replica.core.server.stats).to.include({fullSyncs: 0, partialSyncsAccepted: 1})
  })

  it('is given up when the time is over, and the held writes go on', () => {
    const {network, primary} = makePair()
    const client = primary.connect()
    client.call('SET', 'key', 'value')
    network.cutAll()
    client.call('SET', 'key', 'newer')
    expect(client.call('FAILOVER')).to.deep.equal(new ReplyError('ERR FAILOVER requires connected replicas.'))
    network.advance(1200)
    client.call('SET', 'key', 'newest')
    expect(client.call('FAILOVER', 'TIMEOUT', 200)).to.equal('OK')
    expect(client.call('SET', 'key', 'last')).to.equal(undefined)
    primary.advance(300)
    expect(client.received()).to.deep.equal(['OK'])
    expect([roleOf(primary), stateOf(primary)]).to.deep.equal(['master', 'no-failover'])
  })

  it('with FORCE goes to the named replica when the time is over, whatever that has', () => {
    const {network, primary, replica} = makePair()
    const client = primary.connect()
    client.call('SET', 'key', 'value')
    client.call('FAILOVER', 'TO', '127.0.0.1', 2, 'TIMEOUT', 100, 'FORCE')
    primary.advance(200)
    expect(stateOf(primary)).to.equal('failover-in-progress')
    network.advance(2000)
    expect([roleOf(primary), roleOf(replica)]).to.deep.equal(['slave', 'master'])
  })

  it('in progress is called off by ABORT: the node is a primary again, under a new id', () => {
    const {network, primary, replica} = makePair()
    const id = infoField(primary, 'replication', 'master_replid')
    network.remove(replica)
    const client = primary.connect()
    const stranger = primary.connect()
    for (const words of [
      ['REPLCONF', 'listening-port', '2'],
      ['PSYNC', id!, '1'],
    ]) {
      stranger.call(...words)
    }
    stranger.send('REPLCONF ACK 0\r\n')
    client.call('FAILOVER', 'TO', '127.0.0.1', 2, 'TIMEOUT', 100, 'FORCE')
    primary.advance(200)
    expect([roleOf(primary), stateOf(primary)]).to.deep.equal(['slave', 'failover-in-progress'])
    expect(client.call('FAILOVER', 'ABORT')).to.equal('OK')
    expect([roleOf(primary), stateOf(primary)]).to.deep.equal(['master', 'no-failover'])
    expect(infoField(primary, 'replication', 'master_replid2')).to.equal(id)
    expect(client.call('SET', 'key', 'value')).to.equal('OK')
  })

  it('asked of a node that is no replica, or of another history, is refused', () => {
    const {primary, replica} = makePair()
    const id = infoField(primary, 'replication', 'master_replid')!
    expect(primary.connect().call('PSYNC', id, 1, 'FAILOVER')).to.deep.equal(
      new ReplyError("ERR PSYNC FAILOVER can't be sent to a master."),
    )
    expect(replica.connect().call('PSYNC', 'f'.repeat(40), 1, 'FAILOVER')).to.deep.equal(
      new ReplyError('ERR PSYNC FAILOVER replid must match my replid.'),
    )
  })

  it('has Redis’ errors in Redis’ order', () => {
    const {primary, replica} = makePair()
    const client = primary.connect()
    const cases: readonly (readonly [words: string, error: string])[] = [
      ['ABORT', 'ERR No failover in progress.'],
      ['TO 127.0.0.1 1', 'ERR FAILOVER target HOST and PORT is not a replica.'],
      ['FORCE', 'ERR FAILOVER with force option requires both a timeout and target HOST and IP.'],
      ['TIMEOUT 0', 'ERR FAILOVER timeout must be greater than 0'],
      ['TIMEOUT x', 'ERR value is not an integer or out of range'],
      ['TO 127.0.0.1', 'ERR syntax error'],
      ['ABORT TIMEOUT 5', 'ERR syntax error'],
    ]
    for (const [words, error] of cases) {
      expect(client.call('FAILOVER', ...words.split(' ')), words).to.deep.equal(new ReplyError(error))
    }
    expect(replica.connect().call('FAILOVER')).to.deep.equal(
      new ReplyError('ERR FAILOVER is not valid when server is a replica.'),
    )
  })
})

describe('SHUTDOWN of a primary', () => {
  it('waits for a replica that lags, with writes held, and ends when it has everything', () => {
    const {network, primary} = makePair()
    const [client, writer] = [primary.connect(), primary.connect()]
    client.call('SET', 'key', 'value')
    expect(client.call('SHUTDOWN', 'NOSAVE')).to.equal(undefined)
    expect(primary.core.server.ending).to.equal(undefined)
    expect(writer.call('SET', 'key', 'held')).to.equal(undefined)
    network.advance(2500)
    expect(primary.core.server.ending).to.equal('shutdown')
  })

  it('waits no longer than shutdown-timeout, and not at all with NOW', () => {
    for (const [words, waitMs] of [
      [['NOSAVE'], 3000],
      [['NOSAVE', 'NOW'], 0],
    ] as const) {
      const {primary} = makePair({'shutdown-timeout': '3'})
      const client = primary.connect()
      client.call('SET', 'key', 'value')
      client.call('SHUTDOWN', ...words)
      if (waitMs > 0) primary.advance(waitMs - 200)
      expect(primary.core.server.ending).to.equal(waitMs > 0 ? undefined : 'shutdown')
      primary.advance(400)
      expect(primary.core.server.ending).to.equal('shutdown')
    }
  })

  it('is called off by ABORT: who asked for it is told, and the held writes go on', () => {
    const {primary} = makePair()
    const [asker, client] = [primary.connect(), primary.connect()]
    client.call('SET', 'key', 'value')
    asker.call('SHUTDOWN')
    expect(client.call('SHUTDOWN', 'ABORT')).to.equal('OK')
    expect(asker.received()).to.deep.equal([new ReplyError('ERR Errors trying to SHUTDOWN. Check logs.')])
    expect(client.call('SET', 'key', 'newer')).to.equal('OK')
    expect(client.call('SHUTDOWN', 'ABORT')).to.deep.equal(new ReplyError('ERR No shutdown in progress.'))
  })
})

describe('a replica in CLIENT LIST', () => {
  it('names its primary, and CLIENT KILL TYPE master only interrupts the stream', () => {
    const {network, primary, replica} = makePair()
    const client = replica.connect()
    expect(client.call('CLIENT', 'LIST', 'TYPE', 'master')).to.match(/^id=\d+ addr=127\.0\.0\.1:1 .* flags=M /)
    expect(client.call('CLIENT', 'KILL', 'TYPE', 'master')).to.equal(1)
    network.advance(1200)
    expect(infoField(replica, 'replication', 'master_link_status')).to.equal('up')
    expect(primary.core.server.stats).to.include({fullSyncs: 1, partialSyncsAccepted: 1})
  })

  it('PSYNC behind a reply that has not left is refused, as the stream would begin in the middle of it', () => {
    const {primary} = makePair()
    const client = primary.connect()
    client.send('REPLCONF capa eof\r\nPSYNC ? -1\r\n')
    expect(client.received()).to.deep.equal([
      'OK',
      new ReplyError('ERR SYNC and PSYNC are invalid with pending output'),
    ])
  })
})
