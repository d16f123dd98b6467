/** When a cluster serves and when it does not, word for word as redis-server-7.0 says it: the same steps on both. */
import {expect} from 'chai'
import {clusterInfo} from '../../support/cluster-facts.js'
import {quickCluster, untilClusterAgrees, type QuickCluster} from '../../support/quick-cluster.js'
import {describeOnServers} from '../../support/real-servers.js'
import {RespError, type RespValue} from '../../support/resp.js'
import {until} from '../../support/until.js'

const NODE_TIMEOUT_MS = 1000

describeOnServers('the state of a cluster', ['engine', 'redis-7.0'], (flavour) => {
  let cluster: QuickCluster

  before(async () => {
    cluster = await quickCluster(flavour, {primaries: 3, nodeTimeoutMs: NODE_TIMEOUT_MS})
  })

  /** The reply, or the words of its error. */
  async function ask(index: number, ...words: readonly (string | number)[]): Promise<RespValue> {
    return cluster.nodes.command(index, ...words).catch((error: unknown) => {
      if (error instanceof RespError) return error.message
      throw error
    })
  }

  async function untilState(index: number, state: 'ok' | 'fail'): Promise<void> {
    const node = cluster.nodes.node(index)
    await until(async () => (await clusterInfo(node, 'cluster_state')) === state, {
      what: `node ${index} to be ${state}`,
    })
  }

  const DOWN = 'CLUSTERDOWN The cluster is down'

  it('is down as long as a slot has no owner, unless full coverage is not asked for', async () => {
    for (const index of [0, 1, 2]) await ask(index, 'CLUSTER', 'DELSLOTS', 16_383)
    await untilState(0, 'fail')
    // {b} is slot 3300, of node 0; {a} is slot 15495, of node 2.
    expect(await ask(0, 'SET', '{b}', 'value')).to.equal(DOWN)
    expect(await ask(0, 'GET', '{a}')).to.equal(DOWN)
    expect(await ask(0, 'PING')).to.equal('PONG')
    for (const index of [0, 1, 2]) await ask(index, 'CONFIG', 'SET', 'cluster-require-full-coverage', 'no')
    await untilState(0, 'ok')
    await untilState(2, 'ok')
    expect(await ask(0, 'SET', '{b}', 'value')).to.equal('OK')
    // A tag of slot 16383.
    expect(await ask(2, 'SET', '{6ZJ}', 'value')).to.equal('CLUSTERDOWN Hash slot not served')
    for (const index of [0, 1, 2]) await ask(index, 'CONFIG', 'SET', 'cluster-require-full-coverage', 'yes')
    await ask(2, 'CLUSTER', 'ADDSLOTS', 16_383)
    for (const index of [0, 1, 2]) await untilState(index, 'ok')
    expect(await ask(0, 'GET', '{b}')).to.equal('value')
  })

  it('is down when a primary is, and lets read who allows it', async () => {
    await ask(0, 'SET', '{b}', 'value')
    await cluster.nodes.kill(2)
    await untilState(0, 'fail')
    expect(await ask(0, 'GET', '{b}')).to.equal(DOWN)
    await ask(0, 'CONFIG', 'SET', 'cluster-allow-reads-when-down', 'yes')
    expect(await ask(0, 'GET', '{b}')).to.equal('value')
    expect(await ask(0, 'SET', '{b}', 'other')).to.equal(
      'CLUSTERDOWN The cluster is down and only accepts read commands',
    )
    expect(await ask(0, 'SSUBSCRIBE', '{b}')).to.deep.equal(['ssubscribe', '{b}', 1])
    await ask(0, 'CONFIG', 'SET', 'cluster-allow-pubsubshard-when-down', 'no')
    expect(await ask(0, 'SPUBLISH', '{b}', 'word')).to.equal(DOWN)
    await ask(0, 'CONFIG', 'SET', 'cluster-allow-reads-when-down', 'no')
    expect(await ask(0, 'GET', '{b}')).to.equal(DOWN)
  })

  it('is down on the side of a split that has no majority', async () => {
    await cluster.nodes.restart(2)
    for (const index of [0, 1, 2]) await untilState(index, 'ok')
    await untilClusterAgrees(cluster.nodes)
    cluster.nodes.pause(1)
    cluster.nodes.pause(2)
    await untilState(0, 'fail')
    expect(await ask(0, 'SET', '{b}', 'lonely')).to.equal(DOWN)
    cluster.nodes.resume(1)
    cluster.nodes.resume(2)
    for (const index of [0, 1, 2]) await untilState(index, 'ok')
    expect(await ask(0, 'SET', '{b}', 'again')).to.equal('OK')
  })

  it('fails blocked clients when it goes down', async () => {
    const waiting = ask(0, 'BLPOP', 'list:{b}', 0)
    await until(async () => /blocked_clients:1/.test(String(await ask(0, 'INFO', 'clients'))), {what: 'BLPOP to wait'})
    for (const index of [0, 1, 2]) await ask(index, 'CLUSTER', 'DELSLOTS', 16_383)
    expect(await waiting).to.equal(DOWN)
  })
})
