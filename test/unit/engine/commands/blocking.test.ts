/** Clients that wait for keys: who is served, when, with what, and what the replicas hear of it. */
import {expect} from 'chai'
import {EngineNode, type EngineClient} from '../../../support/engine/engine-node.js'
import {ReplyError} from '../../../support/engine/parse-replies.js'

function streamOf(node: EngineNode): string[] {
  const stream: string[] = []
  node.core.server.propagation.addSink({append: (_db, argv) => stream.push(argv.join(' '))})
  return stream
}

function clientsOf(node: EngineNode, count: number): EngineClient[] {
  return Array.from({length: count}, () => node.connect())
}

describe('blocking commands', () => {
  it('serve clients in the order in which they came', () => {
    const node = new EngineNode()
    const [first, second, pusher] = clientsOf(node, 3) as [EngineClient, EngineClient, EngineClient]
    expect(first.call('BLPOP', 'k', 0)).to.equal(undefined)
    expect(second.call('BRPOP', 'k', 0)).to.equal(undefined)
    expect(pusher.call('RPUSH', 'k', 'a', 'b', 'c')).to.equal(3)
    expect(first.received()).to.deep.equal([['k', 'a']])
    expect(second.received()).to.deep.equal([['k', 'c']])
    expect(pusher.call('LRANGE', 'k', 0, -1)).to.deep.equal(['b'])
  })

  it('are served once the whole transaction is done, by the key that was filled first', () => {
    const node = new EngineNode()
    const [waiter, pusher] = clientsOf(node, 2) as [EngineClient, EngineClient]
    waiter.call('BLPOP', 'a', 'b', 0)
    for (const line of ['MULTI', 'RPUSH b 1', 'RPUSH a 2', 'RPUSH b 3']) pusher.call(...line.split(' '))
    expect(pusher.call('EXEC')).to.deep.equal([1, 1, 2])
    expect(waiter.received()).to.deep.equal([['b', '1']])
    expect(pusher.call('LRANGE', 'b', 0, -1)).to.deep.equal(['3'])
  })

  it('go on waiting when the key is gone again, or holds another type, at the end of the transaction', () => {
    const node = new EngineNode()
    const [waiter, pusher] = clientsOf(node, 2) as [EngineClient, EngineClient]
    waiter.call('BLPOP', 'k', 0)
    for (const words of [['MULTI'], ['RPUSH', 'k', '1'], ['DEL', 'k'], ['ZADD', 'k', '1', 'm'], ['EXEC']]) {
      pusher.call(...words)
    }
    expect(waiter.received()).to.deep.equal([])
    pusher.call('DEL', 'k')
    pusher.call('RPUSH', 'k', '2')
    expect(waiter.received()).to.deep.equal([['k', '2']])
  })

  it('reach the replicas as the command that does not wait, after what served them', () => {
    const node = new EngineNode()
    const stream = streamOf(node)
    const [waiter, pusher] = clientsOf(node, 2) as [EngineClient, EngineClient]
    const served: readonly (readonly [(string | number)[], (string | number)[], string])[] = [
      [['BLPOP', 'l', 0], ['RPUSH', 'l', 'v'], 'LPOP l'],
      [['BRPOP', 'l', 0], ['RPUSH', 'l', 'v'], 'RPOP l'],
      [['BLMOVE', 'l', 'd', 'LEFT', 'RIGHT', 0], ['RPUSH', 'l', 'v'], 'LMOVE l d left right'],
      [['BRPOPLPUSH', 'l', 'd', 0], ['RPUSH', 'l', 'v'], 'RPOPLPUSH l d'],
      [['BLMPOP', 0, 1, 'l', 'RIGHT', 'COUNT', 9], ['RPUSH', 'l', 'v', 'w'], 'RPOP l 2'],
      [['BZPOPMIN', 'z', 0], ['ZADD', 'z', 1, 'm'], 'ZPOPMIN z'],
      [['BZPOPMAX', 'z', 0], ['ZADD', 'z', 1, 'm'], 'ZPOPMAX z'],
      [['BZMPOP', 0, 1, 'z', 'MIN', 'COUNT', 3], ['ZADD', 'z', 1, 'm', 2, 'n'], 'ZPOPMIN z 2'],
    ]
    for (const [blocking, push, form] of served) {
      stream.length = 0
      waiter.call(...blocking)
      pusher.call(...push)
      expect(stream).to.deep.equal([push.join(' '), form])
      expect(waiter.received()).to.have.length(1)
    }
  })

  it('hand on an element from list to list when others wait for the target', () => {
    const node = new EngineNode()
    const [mover, second, last, pusher] = clientsOf(node, 4) as [EngineClient, EngineClient, EngineClient, EngineClient]
    last.call('BLPOP', 'c', 0)
    second.call('BLMOVE', 'b', 'c', 'LEFT', 'LEFT', 0)
    mover.call('BRPOPLPUSH', 'a', 'b', 0)
    pusher.call('LPUSH', 'a', 'x')
    expect(mover.received()).to.deep.equal(['x'])
    expect(second.received()).to.deep.equal(['x'])
    expect(last.received()).to.deep.equal([['c', 'x']])
    expect(pusher.call('EXISTS', 'a', 'b', 'c')).to.equal(0)
  })

  it('tell the one whose target is no list, and leave the element for the next', () => {
    const node = new EngineNode()
    const [mover, second, pusher] = clientsOf(node, 3) as [EngineClient, EngineClient, EngineClient]
    pusher.call('SET', 'str', 'x')
    mover.call('BLMOVE', 'a', 'str', 'LEFT', 'LEFT', 0)
    second.call('BLPOP', 'a', 0)
    pusher.call('LPUSH', 'a', 'x')
    expect(mover.received()[0]).to.deep.equal(
      new ReplyError('WRONGTYPE Operation against a key holding the wrong kind of value'),
    )
    expect(second.received()).to.deep.equal([['a', 'x']])
  })

  it('give up when their time is over, fractions of a second included, and read on', () => {
    const node = new EngineNode()
    const [late, early] = clientsOf(node, 2) as [EngineClient, EngineClient]
    late.call('BLPOP', 'k', 2)
    early.call('BZPOPMIN', 'k', '0.15')
    early.send('PING\r\n')
    node.advance(100)
    expect(early.received()).to.deep.equal([])
    node.advance(100)
    expect(early.received()).to.deep.equal([null, 'PONG'])
    expect(node.core.server.blocking.nextTimeoutMs).to.equal(node.nowMs + 1800)
    node.advance(1800)
    expect(late.received()).to.deep.equal([null])
    expect(node.core.server.blocking.blockedClients).to.equal(0)
  })

  it('refuse timeouts that are none', () => {
    const client = new EngineNode().connect()
    for (const text of ['abc', '', 'nan']) {
      expect(client.call('BLPOP', 'k', text)).to.deep.equal(
        new ReplyError('ERR timeout is not a float or out of range'),
      )
    }
    for (const text of ['-1', '1e18', 'inf']) {
      expect(client.call('BLPOP', 'k', text)).to.deep.equal(new ReplyError('ERR timeout is negative'))
    }
  })

  it('do not wait inside MULTI', () => {
    const client = new EngineNode().connect()
    const lines = ['MULTI', 'BLPOP k 0', 'BLMOVE k d LEFT LEFT 0', 'BZMPOP 0 1 k MIN']
    for (const line of lines) client.call(...line.split(' '))
    expect(client.raw('EXEC')).to.equal('*3\r\n*-1\r\n$-1\r\n*-1\r\n')
  })

  it('forget a client that went away', () => {
    const node = new EngineNode()
    const [waiter, second, pusher] = clientsOf(node, 3) as [EngineClient, EngineClient, EngineClient]
    waiter.call('BLPOP', 'k', 0)
    second.call('BLPOP', 'k', 0)
    node.turn((core) => core.clientClosed(waiter.id))
    pusher.call('RPUSH', 'k', 'v')
    expect(second.received()).to.deep.equal([['k', 'v']])
  })
})

describe('Blocking', () => {
  it('ends one wait on request, as if its time were over or with an error', () => {
    const node = new EngineNode()
    const {blocking, clients} = node.core.server
    const [waiter, other] = clientsOf(node, 2) as [EngineClient, EngineClient]
    waiter.call('BLPOP', 'k', 0)
    node.turn(() => expect(blocking.unblockOnRequest(clients.get(waiter.id)!, 'timeout')).to.equal(true))
    expect(waiter.received()).to.deep.equal([null])
    waiter.call('BLPOP', 'k', 0)
    node.turn(() => expect(blocking.unblockOnRequest(clients.get(waiter.id)!, 'error')).to.equal(true))
    expect(waiter.received()).to.deep.equal([new ReplyError('UNBLOCKED client unblocked via CLIENT UNBLOCK')])
    expect(blocking.unblockOnRequest(clients.get(other.id)!, 'error')).to.equal(false)
  })

  it('ends the waits of chosen keys with an error of their own', () => {
    const node = new EngineNode()
    const [first, second] = clientsOf(node, 2) as [EngineClient, EngineClient]
    first.call('BLPOP', 'a', 0)
    second.call('BLPOP', 'b', 0)
    node.turn(({server}) => {
      const ended = server.blocking.endKeyWaits(
        ({keys}) => keys.includes('a'),
        ({keys}) => `MOVED 1 ${keys[0]}`,
      )
      expect(ended).to.equal(1)
    })
    expect(first.received()).to.deep.equal([new ReplyError('MOVED 1 a')])
    expect(second.received()).to.deep.equal([])
  })

  it('sends everybody away who waits when the node becomes a replica', () => {
    const node = new EngineNode()
    const waiter = node.connect()
    waiter.call('BLPOP', 'a', 5)
    node.turn(({server}) => server.blocking.endAllForNewRole())
    expect(waiter.received()).to.deep.equal([
      new ReplyError('UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)'),
    ])
    expect(node.core.server.clients.has(waiter.id)).to.equal(false)
    expect(node.core.server.blocking.nextTimeoutMs).to.equal(Infinity)
  })
})
