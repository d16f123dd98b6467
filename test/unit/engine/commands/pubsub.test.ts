/** Publishing and subscribing. */
import {expect} from 'chai'
import {type EngineClient, EngineNode} from '../../../support/engine/engine-node.js'
import {ReplyError} from '../../../support/engine/parse-replies.js'
import {keySlot} from '../../../../src/engine/keyspace/key-slot.js'

describe('pub/sub', () => {
  let node: EngineNode
  let client: EngineClient
  let listener: EngineClient

  beforeEach(() => {
    node = new EngineNode()
    client = node.connect()
    listener = node.connect()
  })

  function subscribe(...words: string[]): void {
    listener.call(...words)
    listener.received()
  }

  it('each name is confirmed with the number of subscriptions', () => {
    listener.send('*3\r\n$9\r\nSUBSCRIBE\r\n$1\r\na\r\n$1\r\nb\r\n')
    expect(listener.received()).to.deep.equal([
      ['subscribe', 'a', 1],
      ['subscribe', 'b', 2],
    ])
    listener.send('*1\r\n$11\r\nUNSUBSCRIBE\r\n*1\r\n$11\r\nUNSUBSCRIBE\r\n')
    expect(listener.received()).to.deep.equal([
      ['unsubscribe', 'a', 1],
      ['unsubscribe', 'b', 0],
      ['unsubscribe', null, 0],
    ])
  })

  it('a message comes once for the channel and once for each pattern', () => {
    subscribe('SUBSCRIBE', 'news')
    subscribe('PSUBSCRIBE', 'n*', '*s')
    expect(client.call('PUBLISH', 'news', 'hi')).to.equal(3)
    expect(listener.received()).to.deep.equal([
      ['message', 'news', 'hi'],
      ['pmessage', 'n*', 'news', 'hi'],
      ['pmessage', '*s', 'news', 'hi'],
    ])
  })

  it('a RESP2 subscriber may do little else, a RESP3 subscriber anything', () => {
    subscribe('SUBSCRIBE', 'news')
    expect(listener.call('GET', 'a')).to.deep.equal(
      new ReplyError(
        "ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context",
      ),
    )
    client.call('HELLO', 3)
    client.call('SUBSCRIBE', 'news')
    expect(client.raw('PUBLISH', 'news', 'me')).to.equal('>3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$2\r\nme\r\n:2\r\n')
  })

  it('messages pass a client that wants no replies', () => {
    listener.call('CLIENT', 'REPLY', 'OFF')
    subscribe('SUBSCRIBE', 'news')
    client.call('PUBLISH', 'news', 'hi')
    expect(listener.received()).to.deep.equal([['message', 'news', 'hi']])
  })

  it('shard channels are a world of their own', () => {
    subscribe('SSUBSCRIBE', 'orders')
    expect(client.call('PUBLISH', 'orders', 'x')).to.equal(0)
    expect(client.call('SPUBLISH', 'orders', 'y')).to.equal(1)
    expect(listener.received()).to.deep.equal([['smessage', 'orders', 'y']])
    expect(client.call('PUBSUB', 'SHARDNUMSUB', 'orders')).to.deep.equal(['orders', 1])
  })

  it('a slot that leaves takes its shard channels along', () => {
    subscribe('SSUBSCRIBE', 'orders')
    node.turn(() => node.core.server.pubsub.dropSlot(keySlot('orders')))
    expect(listener.received()).to.deep.equal([['sunsubscribe', 'orders', 0]])
    expect(client.call('SPUBLISH', 'orders', 'y')).to.equal(0)
  })

  it('PUBLISH is handed to the cluster layer; what that delivers is not sent on', () => {
    const sent: string[] = []
    node.core.server.pubsub.broadcast = (kind, channel, message) => sent.push(`${kind} ${channel} ${message}`)
    subscribe('SUBSCRIBE', 'news')
    client.call('PUBLISH', 'news', 'a')
    client.call('SPUBLISH', 'orders', 'b')
    node.turn(() => node.core.server.pubsub.deliver('news', 'from afar'))
    expect(sent).to.deep.equal(['channel news a', 'shard orders b'])
    expect(listener.received()).to.deep.equal([
      ['message', 'news', 'a'],
      ['message', 'news', 'from afar'],
    ])
  })

  it('keyspace events arrive as messages where they are wanted', () => {
    client.call('CONFIG', 'SET', 'notify-keyspace-events', 'KEA')
    subscribe('PSUBSCRIBE', '__key*')
    client.call('SET', 'a', 1)
    expect(listener.received()).to.deep.equal([
      ['pmessage', '__key*', '__keyspace@0__:a', 'set'],
      ['pmessage', '__key*', '__keyevent@0__:set', 'a'],
    ])
  })

  it('a connection that closes listens no more', () => {
    subscribe('SUBSCRIBE', 'news')
    node.turn((core) => core.clientClosed(listener.id))
    expect(client.call('PUBSUB', 'CHANNELS')).to.deep.equal([])
  })
})
