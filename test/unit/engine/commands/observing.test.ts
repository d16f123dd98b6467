/** MONITOR, SLOWLOG, LATENCY: commands watched as they go by. */
import {expect} from 'chai'
import {type EngineClient, EngineNode} from '../../../support/engine/engine-node.js'
import {type Reply, ReplyError} from '../../../support/engine/parse-replies.js'

describe('MONITOR', () => {
  let node: EngineNode
  let client: EngineClient
  let monitor: EngineClient

  beforeEach(() => {
    node = new EngineNode()
    client = node.connect()
    monitor = node.connect()
    monitor.call('MONITOR')
  })

  it('shows each command with time, database, address and quoted words', () => {
    client.call('SELECT', 2)
    client.call('SET', 'a', 'x"y\n\x01')
    expect(monitor.received()).to.deep.equal([
      '1704067200.000000 [2 127.0.0.1:50001] "SELECT" "2"',
      '1704067200.000000 [2 127.0.0.1:50001] "SET" "a" "x\\"y\\n\\x01"',
    ])
  })

  it('shows no passwords and no administration', () => {
    client.call('AUTH', 'default', 'secret')
    client.call('CONFIG', 'SET', 'requirepass', 'secret')
    expect(monitor.received()).to.deep.equal(['1704067200.000000 [0 127.0.0.1:50001] "AUTH" "(redacted)" "(redacted)"'])
  })

  it('shows a transaction as it is run, EXEC last', () => {
    client.call('MULTI')
    client.call('GET', 'a')
    client.call('EXEC')
    expect(monitor.received().map((line) => (line as string).split('] ')[1])).to.deep.equal([
      '"MULTI"',
      '"GET" "a"',
      '"EXEC"',
    ])
  })

  it('the one who looks on touches no keys until RESET', () => {
    expect(monitor.call('GET', 'a')).to.deep.equal(new ReplyError("ERR Replica can't interact with the keyspace"))
    monitor.call('RESET')
    monitor.received()
    client.call('PING')
    expect(monitor.received()).to.deep.equal([])
  })
})

describe('SLOWLOG', () => {
  it('keeps the latest slow commands, newest first, shortened', () => {
    const client = new EngineNode({config: {'slowlog-log-slower-than': '0', 'slowlog-max-len': '2'}}).connect()
    client.call('CLIENT', 'SETNAME', 'me')
    client.call('SET', 'a', 'x'.repeat(200))
    client.call('DEL', ...Array.from({length: 40}, (_, at) => `key${at}`))
    const entries = client.call('SLOWLOG', 'GET') as Reply[][]
    expect(entries.map(([id]) => id)).to.deep.equal([2, 1])
    const [, atSeconds, , words, peer, name] = entries[0]!
    expect([atSeconds, peer, name]).to.deep.equal([1_704_067_200, '127.0.0.1:50001', 'me'])
    expect(words).to.have.length(32)
    expect((words as string[]).at(-1)).to.equal('... (10 more arguments)')
    expect((entries[1]![3] as string[])[2]).to.equal(`${'x'.repeat(128)}... (72 more bytes)`)
  })
})

describe('LATENCY', () => {
  it('keeps the worst spike of each second by event', () => {
    const node = new EngineNode({config: {'latency-monitor-threshold': '10'}})
    const {latency} = node.core.server
    for (const ms of [5, 20, 15]) latency.sample('command', ms, node.nowMs)
    latency.sample('command', 30, node.nowMs + 1000)
    const client = node.connect()
    expect(client.call('LATENCY', 'HISTORY', 'command')).to.deep.equal([
      [1_704_067_200, 20],
      [1_704_067_201, 30],
    ])
    expect(client.call('LATENCY', 'LATEST')).to.deep.equal([['command', 1_704_067_201, 30, 30]])
    expect(client.call('LATENCY', 'GRAPH', 'command')).to.match(
      /^command - high 30 ms, low 20 ms \(all time high 30 ms\)\n-{80}\n/,
    )
    expect(client.call('LATENCY', 'DOCTOR')).to.contain('command: 2 latency spikes (average 25ms')
    expect(client.call('LATENCY', 'RESET')).to.equal(1)
    expect(client.call('LATENCY', 'HISTORY', 'command')).to.deep.equal([])
  })

  it('HISTOGRAM tells how many calls took at most how long', () => {
    const client = new EngineNode().connect()
    client.call('SET', 'a', 1)
    client.call('SET', 'a', 2)
    expect(client.call('LATENCY', 'HISTOGRAM', 'set')).to.deep.equal(['set', ['calls', 2, 'histogram_usec', [1, 2]]])
    expect(client.call('LATENCY', 'HISTOGRAM', 'nosuch')).to.deep.equal([])
  })
})
