/** Those who wait: subscribers across nodes, and clients that are blocked on a key whose slot leaves. The same on both servers. */
import {expect} from 'chai'
import {Redis} from 'ioredis'
import {quickCluster, type QuickCluster} from '../../support/quick-cluster.js'
import {describeOnServers} from '../../support/real-servers.js'
import {RespConnection, RespError, type RespValue} from '../../support/resp.js'
import {until} from '../../support/until.js'

/** {b} is slot 3300, of the first primary. */
const KEY = '{b}'
const SLOT = 3300

describeOnServers('subscribers and blocked clients', ['engine', 'redis-7.0'], (flavour) => {
  let cluster: QuickCluster
  const subscribers: Redis[] = []

  before(async () => {
    cluster = await quickCluster(flavour, {primaries: 2, replicasEach: 1, nodeTimeoutMs: 5000})
  })
  afterEach(() => subscribers.splice(0).forEach((each) => each.disconnect()))

  function subscriber(index: number): Redis {
    const {host, port} = cluster.nodes.node(index)
    const client = new Redis({host, port, lazyConnect: false})
    client.on('error', () => undefined)
    subscribers.push(client)
    return client
  }

  async function ask(index: number, ...words: readonly (string | number)[]): Promise<RespValue> {
    return cluster.nodes.command(index, ...words).catch((error: unknown) => {
      if (error instanceof RespError) return error.message
      throw error
    })
  }

  async function moveSlot(from: number, to: number): Promise<void> {
    await ask(to, 'CLUSTER', 'SETSLOT', SLOT, 'IMPORTING', cluster.ids[from]!)
    await ask(from, 'CLUSTER', 'SETSLOT', SLOT, 'MIGRATING', cluster.ids[to]!)
    const {host, port} = cluster.nodes.node(to)
    const keys = (await ask(from, 'CLUSTER', 'GETKEYSINSLOT', SLOT, 100)) as string[]
    if (keys.length > 0) await ask(from, 'MIGRATE', host, port, '', 0, 5000, 'KEYS', ...keys)
    for (const index of [to, from]) {
      expect(await ask(index, 'CLUSTER', 'SETSLOT', SLOT, 'NODE', cluster.ids[to]!)).to.equal('OK')
    }
    const owner = `MOVED ${SLOT} ${host}:${port}`
    await until(async () => (await ask(from, 'GET', KEY)) === owner, {what: 'the slot to have moved'})
  }

  it('a message reaches subscribers and patterns of every node, whoever it was given to', async () => {
    const heard: string[] = []
    for (const index of [0, 1, 2, 3]) {
      const client = subscriber(index)
      await client.subscribe('news')
      await client.psubscribe('n*')
      client.on('message', (channel, message) => heard.push(`${index} ${channel} ${message}`))
      client.on('pmessage', (pattern, channel, message) => heard.push(`${index} ${pattern} ${channel} ${message}`))
    }
    expect(await ask(2, 'PUBLISH', 'news', 'word')).to.equal(2)
    await until(() => heard.length === 8, {what: 'all to hear it'})
    expect(heard.sort()).to.deep.equal([0, 1, 2, 3].flatMap((index) => [`${index} n* news word`, `${index} news word`]))
  })

  it('a shard message reaches the nodes of its shard, and no others take subscribers for it', async () => {
    const heard: string[] = []
    for (const index of [0, 2]) {
      const client = subscriber(index)
      await client.ssubscribe(KEY)
      client.on('smessage', (channel, message) => heard.push(`${index} ${channel} ${message}`))
    }
    const {host, port} = cluster.nodes.node(0)
    expect(await ask(1, 'SSUBSCRIBE', KEY)).to.equal(`MOVED ${SLOT} ${host}:${port}`)
    expect(await ask(3, 'SPUBLISH', KEY, 'lost')).to.equal(`MOVED ${SLOT} ${host}:${port}`)
    expect(await ask(0, 'SPUBLISH', KEY, 'one')).to.equal(1)
    await until(() => heard.length === 2, {what: 'both to hear the first'})
    expect(await ask(2, 'SPUBLISH', KEY, 'two')).to.equal(1)
    await until(() => heard.length === 4, {what: 'both to hear the second'})
    expect(heard.sort()).to.deep.equal([`0 ${KEY} one`, `0 ${KEY} two`, `2 ${KEY} one`, `2 ${KEY} two`])
    expect(await ask(0, 'PUBSUB', 'SHARDNUMSUB', KEY)).to.deep.equal([KEY, 1])
  })

  it('subscribers of a shard channel are told when its slot leaves, on the primary and on its replica', async () => {
    const connections = await Promise.all([0, 2].map((index) => RespConnection.open(cluster.nodes.node(index))))
    await connections[1]!.call('READONLY')
    for (const connection of connections) {
      expect(await connection.call('SSUBSCRIBE', KEY)).to.deep.equal(['ssubscribe', KEY, 1])
    }
    await moveSlot(0, 1)
    // What comes first is not the answer to this PING but what the server had to say by itself.
    for (const connection of connections) {
      expect(await connection.call('PING')).to.deep.equal(['sunsubscribe', KEY, 0])
      connection.close()
    }
    await moveSlot(1, 0)
  })

  it('a client that is blocked on a key is redirected when its slot leaves', async () => {
    const {host, port} = cluster.nodes.node(1)
    const waiting = [
      ask(0, 'BLPOP', `list:${KEY}`, 8),
      ask(0, 'BZPOPMIN', `zset:${KEY}`, 8),
      ask(0, 'BLMOVE', `list:${KEY}`, `other:${KEY}`, 'LEFT', 'RIGHT', 8),
    ]
    await until(async () => /blocked_clients:3/.test(String(await ask(0, 'INFO', 'clients'))), {what: 'them to wait'})
    await moveSlot(0, 1)
    expect(await Promise.all(waiting)).to.deep.equal(waiting.map(() => `MOVED ${SLOT} ${host}:${port}`))
    expect(await ask(1, 'RPUSH', `list:${KEY}`, 'element')).to.equal(1)
    await moveSlot(1, 0)
    expect(await ask(0, 'LRANGE', `list:${KEY}`, 0, -1)).to.deep.equal(['element'])
    await ask(0, 'DEL', `list:${KEY}`)
  })

  it('a client that is blocked on a primary hears UNBLOCKED when it becomes a replica', async () => {
    const waiting = ask(0, 'BLPOP', `list:${KEY}`, 8)
    await until(async () => /blocked_clients:1/.test(String(await ask(0, 'INFO', 'clients'))), {what: 'it to wait'})
    expect(await ask(2, 'CLUSTER', 'FAILOVER')).to.equal('OK')
    expect(await waiting).to.match(
      /^(UNBLOCKED force unblock from blocking operation, instance state changed \(master -> replica\?\)|MOVED 3300 .*)$/,
    )
  })
})
