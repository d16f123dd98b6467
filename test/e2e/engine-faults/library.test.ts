/** `cluster.partition`, `heal`, `slow`: faults on demand in a test's own process. */
import net from 'node:net'
import {expect} from 'chai'
import {Redis} from 'ioredis'
import type * as Engine from '../../../src/engine/index.js'

/** In a variable: the compiler would look for the build. */
const PACKAGE: string = 'tscluster/engine'
const {startCluster, startNode} = (await import(PACKAGE)) as typeof Engine

const LONG = {timeoutMs: 30_000}

describe('a cluster whose network is divided', function () {
  this.timeout(60_000)
  let cluster: Engine.EngineCluster

  before(async () => {
    cluster = await startCluster({primaries: 3, replicasEach: 1, nodeTimeoutMs: 1000})
  })
  after(() => cluster.stop())

  const said = (index: number, ...words: string[]): Promise<string> =>
    cluster.nodes[index]!.call(...words).then(String, (error: Error) => error.message)

  it('promotes a replica of the majority, and refuses writes in the minority', async () => {
    cluster.partition([[0], [1, 2, 3, 4, 5]])
    expect(cluster.nodes[0]!.faults.partitionedFrom).to.have.lengthOf(5)
    const isPromoted = async (): Promise<boolean> => (await cluster.nodes[3]!.describe()).role === 'primary'
    await cluster.waitFor(isPromoted, {...LONG, what: 'the replica to take over'})
    const hasStopped = async (): Promise<boolean> =>
      (await said(0, 'SET', 'b', '1')) === 'CLUSTERDOWN The cluster is down'
    await cluster.waitFor(hasStopped, {...LONG, what: 'the minority to refuse writes'})
    await cluster.waitFor(async () => (await said(3, 'SET', 'b', '2')) === 'OK', {
      ...LONG,
      what: 'the majority to write',
    })
  })

  it('is one again when it is healed: the old primary follows, and has what was written', async () => {
    cluster.heal()
    await cluster.waitFor(async () => (await cluster.nodes[0]!.describe()).role === 'replica', LONG)
    await cluster.waitFor('ok', LONG)
    await said(0, 'READONLY')
    await cluster.waitFor(async () => (await said(0, 'GET', 'b')) === '2', {what: 'the old primary to be in sync'})
  })

  it('loses nothing on connections that outlive a short partition', async () => {
    const resyncs = async (): Promise<string> => /sync_full:\d+/.exec(await said(3, 'INFO', 'stats'))![0]
    const before = await resyncs()
    cluster.partition([[0]])
    expect(await said(3, 'SET', 'b', '3')).to.equal('OK')
    expect(await said(3, 'WAIT', '1', '50')).to.equal('0')
    expect(await said(0, 'GET', 'b')).to.equal('2')
    cluster.heal()
    await cluster.waitFor(async () => (await said(0, 'GET', 'b')) === '3', {what: 'the write to arrive'})
    expect(await resyncs()).to.equal(before)
    await cluster.waitFor('ok', LONG)
  })

  it('refuses groups that are none', () => {
    expect(() => cluster.partition([[0, 1], [1]])).to.throw(RangeError, 'node 1 is in two groups')
    expect(() => cluster.partition([[7]])).to.throw(RangeError, 'there is no node 7')
    expect(() => cluster.partition([])).to.throw(RangeError)
  })
})

describe('a node with a slow network', function () {
  this.timeout(30_000)
  const latencyMs = 100
  let node: Engine.EngineNode

  before(async () => {
    node = await startNode()
  })
  after(() => node.stop())

  async function timeOf(work: () => Promise<unknown>): Promise<number> {
    const startedMs = performance.now()
    await work()
    return performance.now() - startedMs
  }

  it('answers later by that much, in order, and quickly again afterwards', async () => {
    const client = new Redis(node.url)
    await client.ping()
    node.slow({latencyMs})
    expect(node.faults.latencyMs).to.equal(latencyMs)
    expect(await timeOf(() => client.ping())).to.be.at.least(latencyMs - 2)
    const numbers = Promise.all(Array.from({length: 50}, () => client.incr('n')))
    expect(await numbers).to.deep.equal(Array.from({length: 50}, (_, index) => index + 1))
    node.slow({latencyMs: 10_000})
    const late = client.ping()
    node.heal()
    expect(await late).to.equal('PONG')
    expect(node.faults.latencyMs).to.equal(0)
    client.disconnect()
  })

  it('answers a client that closed its half after the last request', async () => {
    node.slow({latencyMs})
    const socket = net.connect({host: node.host, port: node.port, allowHalfOpen: true})
    const text = new Promise<string>((resolve) => {
      let all = ''
      socket.on('data', (chunk) => (all += chunk.toString()))
      socket.on('end', () => resolve(all))
    })
    socket.end('PING\r\nPING\r\n')
    expect(await text).to.equal('+PONG\r\n+PONG\r\n')
    socket.destroy()
    node.heal()
  })

  it('is slow after a restart, too: a cable outlives a process', async () => {
    node.slow({latencyMs})
    await node.restart()
    expect(await timeOf(() => node.call('PING'))).to.be.at.least(latencyMs - 2)
    node.heal()
  })
})

describe('a primary and a replica without a cluster', function () {
  this.timeout(30_000)

  it('do not hear each other while they are divided', async () => {
    const primary = await startNode()
    const replica = await startNode()
    const sees = async (value: string | null): Promise<boolean> => (await replica.call('GET', 'a')) === value
    const until = async (condition: () => Promise<boolean>): Promise<void> => {
      while (!(await condition())) await new Promise((resolve) => setImmediate(resolve))
    }
    await replica.call('REPLICAOF', primary.host, primary.port)
    await primary.call('SET', 'a', '1')
    await until(() => sees('1'))
    primary.partitionFrom([replica])
    await primary.call('SET', 'a', '2')
    expect(await primary.call('WAIT', 1, 50)).to.equal(0)
    expect(await sees('1')).to.equal(true)
    replica.heal()
    await until(() => sees('2'))
    await Promise.all([primary.stop(), replica.stop()])
  })
})
