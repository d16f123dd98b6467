import {expect} from 'chai'
import {type Endpoint} from '../../../../src/engine/ports.js'
import {seededRng} from '../../../../src/engine/sim/seeded-rng.js'
import {ClientMachine, type SimConnection} from '../../../../src/engine/sim/sim-client.js'
import {Trace} from '../../../../src/engine/sim/trace.js'
import {START_MS, VirtualClock} from '../../../../src/engine/sim/virtual-clock.js'
import {type Machine, type Station, VirtualNetwork, type Wire} from '../../../../src/engine/sim/virtual-network.js'

const SERVER: Endpoint = {host: '10.0.0.1', port: 7000}

describe('a virtual network', () => {
  let clock: VirtualClock
  let network: VirtualNetwork
  let server: Machine
  let client: Machine
  let heard: string[]
  let wires: Wire[]

  beforeEach(() => {
    clock = new VirtualClock()
    network = new VirtualNetwork({clock, rng: seededRng(1), trace: new Trace(), latency: {from: 1, to: 10}})
    heard = []
    wires = []
    server = network.addMachine(SERVER.host, () => clock.nowMs)
    client = network.addMachine('10.0.0.9', () => clock.nowMs)
    network.listen(SERVER, {
      machine: server,
      accept: (wire) => ({station: echo, id: wires.push(wire) - 1}),
    })
  })

  /** Sends back what it gets, in one piece. */
  const echo: Station = {
    get machine() {
      return server
    },
    opened: () => undefined,
    bytes: (id, chunk) => network.send(wires[id]!, wires[id]!.far!, chunk),
    closed: (id, reason) => heard.push(`server ${id}: ${reason}`),
    waiting: (_, count) => heard.push(`server waits: ${count}`),
  }

  const connect = (name: string, to = SERVER): SimConnection =>
    new ClientMachine(network, client).connect(to, {
      onBytes: (chunk) => heard.push(`${name}: ${Buffer.from(chunk).toString()}`),
      onClose: (reason) => heard.push(`${name}: ${reason}`),
    })
  const run = (ms: number): void => {
    const endMs = clock.nowMs + ms
    while (clock.nextMs <= endMs) clock.step()
    clock.advanceTo(endMs)
  }
  const say = (connection: SimConnection, text: string): void => connection.send(Buffer.from(text))

  it('keeps the order of each connection, and of nothing else', () => {
    const connections = [connect('a'), connect('b'), connect('c')]
    run(100)
    for (let index = 0; index < 5; index++) for (const each of connections) say(each, String(index))
    run(100)
    for (const name of ['a', 'b', 'c']) {
      const own = heard.filter((line) => line.startsWith(name))
      expect(own).to.deep.equal(['0', '1', '2', '3', '4'].map((text) => `${name}: ${text}`))
    }
    const sorted = [...heard].sort((one, other) => Number(one.at(-1)) - Number(other.at(-1)))
    expect(heard).not.to.deep.equal(sorted)
  })

  it('takes bytes before the connection stands, and refuses where nobody listens', () => {
    say(connect('early'), 'hello')
    connect('lost', {host: SERVER.host, port: 7001})
    run(100)
    expect(heard).to.have.members(['early: hello', 'lost: Connection refused'])
  })

  it('holds what is sent across a partition, and delivers it afterwards in its order', () => {
    const connection = connect('a')
    run(100)
    network.partition([[server]])
    say(connection, '1')
    say(connection, '2')
    run(60_000)
    expect(heard).to.deep.equal([])
    network.heal()
    run(100)
    expect(heard).to.deep.equal(['a: 1', 'a: 2'])
  })

  it('tells a sender how much waits for the end of a partition', () => {
    const connection = connect('a')
    run(100)
    say(connection, 'question')
    run(1)
    while (clock.step() && clock.nowMs < START_MS + 105);
    network.partition([[server]])
    run(100)
    network.heal()
    run(100)
    expect(heard.filter((line) => line.startsWith('server waits'))).to.deep.equal(
      heard.includes('server waits: 8') ? ['server waits: 8', 'server waits: 0'] : [],
    )
    expect(heard).to.include('a: question')
  })

  it('calls again until somebody is there, when nobody answers', () => {
    network.partition([[server]])
    say(connect('a'), 'hello')
    run(5000)
    expect(heard).to.deep.equal([])
    network.heal()
    run(5000)
    expect(heard).to.deep.equal(['a: hello'])
  })

  it('cuts a connection: both ends hear of it, after a part of what was under way', () => {
    const texts = new Set<string>()
    for (let round = 0; round < 40; round++) {
      const connection = connect('a')
      run(100)
      heard = []
      say(connection, 'abcdef')
      run(round % 20)
      connection.cut()
      run(100)
      expect(heard.at(-1)).to.match(/: Connection reset by peer$/)
      texts.add(heard.filter((line) => line.startsWith('a: ')).join(' '))
    }
    expect([...texts].some((text) => /^a: a(b(c(d(e)?)?)?)? a: Conn/.test(text))).to.equal(true)
  })

  it('is silent about a machine that went without a word, until that machine is back', () => {
    const connection = connect('a')
    run(100)
    network.lose(wires[0]!.far!)
    server.isUp = false
    say(connection, '1')
    run(60_000)
    expect(heard).to.deep.equal([])
    server.isUp = true
    say(connection, '2')
    run(100)
    expect(heard).to.deep.equal(['a: Connection reset by peer'])
  })

  it('takes longer to and from a machine that is slow', () => {
    server.slowMs = 500
    const connection = connect('a')
    say(connection, 'x')
    run(1900)
    expect(heard).to.deep.equal([])
    run(200)
    expect(heard).to.deep.equal(['a: x'])
  })
})
