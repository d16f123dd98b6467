import {expect} from 'chai'
import {encodeRequest, EngineNode} from '../../../support/engine/engine-node.js'

describe('the turns of a node', () => {
  it('answer a pipeline in one go, up to the half request at its end', () => {
    const client = new EngineNode().connect()
    const [set, get] = [encodeRequest(['SET', 'k', 'v']), encodeRequest(['GET', 'k'])]
    client.send(set + get + get.slice(0, 9))
    expect(client.received()).to.deep.equal(['OK', 'v'])
    client.send(get.slice(9))
    expect(client.received()).to.deep.equal(['v'])
  })

  it('end a connection that speaks no protocol, after the answers that it has earned', () => {
    const node = new EngineNode()
    const client = node.connect()
    client.send('PING\r\n*1\r\nx\r\nPING\r\n')
    expect(node.takeBytes(client.id).toString()).to.equal("+PONG\r\n-ERR Protocol error: expected '$', got 'x'\r\n")
    client.send('PING\r\n')
    expect(client.received()).to.deep.equal([])
  })

  it('stand still while the node sleeps: nothing is said, and what came is answered afterwards in its order', () => {
    const node = new EngineNode({config: {'enable-debug-command': 'yes'}})
    const [sleeper, other] = [node.connect(), node.connect()]
    sleeper.send(encodeRequest(['DEBUG', 'SLEEP', '1']) + encodeRequest(['SET', 'k', 'first']))
    other.send(encodeRequest(['GETSET', 'k', 'second']))
    const late = node.connect()
    late.send('PING\r\n')
    node.advance(900)
    expect([sleeper.received(), other.received(), late.received()]).to.deep.equal([[], [], []])
    node.advance(200)
    expect([sleeper.received(), other.received(), late.received()]).to.deep.equal([['OK', 'OK'], ['first'], ['PONG']])
  })

  it('ask for the next one when a blocked client’s time will be over', () => {
    const node = new EngineNode()
    const client = node.connect()
    client.send(encodeRequest(['BLPOP', 'list', '2']))
    node.core.beginTurn(node.nowMs)
    expect(node.core.endTurn().wakeAtMs).to.equal(node.nowMs + 2000)
  })

  it('leave a client that is blocked its later requests', () => {
    const node = new EngineNode()
    const [waiting, giving] = [node.connect(), node.connect()]
    waiting.send(encodeRequest(['BLPOP', 'list', '0']) + encodeRequest(['PING']))
    expect(waiting.received()).to.deep.equal([])
    giving.call('RPUSH', 'list', 'x')
    expect(waiting.received()).to.deep.equal([['list', 'x'], 'PONG'])
  })
})
