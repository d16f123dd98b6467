/** Where nodes say that they are: their own address, an announced one, a name; and from where they call each other. */
import {expect} from 'chai'
import {accountOf} from '../../support/cluster-facts.js'
import {evenSlots, quickCluster, untilClusterAgrees} from '../../support/quick-cluster.js'
import {describeOnServers} from '../../support/real-servers.js'
import {type RespError, type RespValue} from '../../support/resp.js'
import {stopAllNodes, type ServerNodes} from '../../support/server-nodes.js'
import {until} from '../../support/until.js'

/** {b} is slot 3300, of the first of two primaries. */
const KEY = '{b}'
const SLOT = 3300

async function errorOf(nodes: ServerNodes, index: number, ...words: readonly string[]): Promise<string> {
  return nodes.command(index, ...words).then(
    (reply) => `no error but ${String(reply)}`,
    (error: RespError) => error.message,
  )
}

describeOnServers('the addresses of nodes', ['engine', 'redis-7.0'], (flavour) => {
  afterEach(stopAllNodes)

  it('a redirection names what the target prefers: its address, its name, or nothing', async () => {
    const {nodes} = await quickCluster(flavour, {primaries: 2})
    const port = nodes.node(0).port
    expect(await errorOf(nodes, 1, 'GET', KEY)).to.equal(`MOVED ${SLOT} 127.0.0.1:${port}`)
    await nodes.command(0, 'CONFIG', 'SET', 'cluster-announce-hostname', 'first.example.org')
    await until(async () => /first\.example\.org/.test(String(await nodes.command(1, 'CLUSTER', 'NODES'))), {
      what: 'the name to be known',
    })
    expect(await errorOf(nodes, 1, 'GET', KEY)).to.equal(`MOVED ${SLOT} 127.0.0.1:${port}`)
    await nodes.command(1, 'CONFIG', 'SET', 'cluster-preferred-endpoint-type', 'hostname')
    expect(await errorOf(nodes, 1, 'GET', KEY)).to.equal(`MOVED ${SLOT} first.example.org:${port}`)
    const [first, second] = (await nodes.command(1, 'CLUSTER', 'SLOTS')) as RespValue[][]
    expect(first![2]).to.deep.equal([
      'first.example.org',
      port,
      await nodes.command(0, 'CLUSTER', 'MYID'),
      ['ip', '127.0.0.1'],
    ])
    expect((second![2] as RespValue[])[0]).to.equal('?')
    await nodes.command(1, 'CONFIG', 'SET', 'cluster-preferred-endpoint-type', 'unknown-endpoint')
    expect(await errorOf(nodes, 1, 'GET', KEY)).to.equal(`MOVED ${SLOT} :${port}`)
    const [unknown] = (await nodes.command(1, 'CLUSTER', 'SLOTS')) as RespValue[][]
    expect((unknown![2] as RespValue[]).slice(0, 2)).to.deep.equal([null, port])
    await nodes.command(1, 'CONFIG', 'SET', 'cluster-preferred-endpoint-type', 'hostname')
    await nodes.command(0, 'CONFIG', 'SET', 'cluster-announce-hostname', '')
    await until(async () => !/first\.example/.test(String(await nodes.command(1, 'CLUSTER', 'NODES'))), {
      what: 'the name to be gone',
    })
    expect(await errorOf(nodes, 1, 'GET', KEY)).to.equal(`MOVED ${SLOT} ?:${port}`)
  })

  it('an announced address is what the others and their clients are told', async () => {
    const {nodes} = await quickCluster(flavour, {primaries: 2})
    const busPort = nodes.node(0).port + 10_000
    await nodes.command(0, 'CONFIG', 'SET', 'cluster-announce-ip', '127.0.0.9')
    await nodes.command(0, 'CONFIG', 'SET', 'cluster-announce-port', '7009')
    await nodes.command(0, 'CONFIG', 'SET', 'cluster-announce-bus-port', String(busPort))
    await until(async () => /127\.0\.0\.9:7009/.test(String(await nodes.command(1, 'CLUSTER', 'NODES'))), {
      what: 'the address to be known',
    })
    expect(await errorOf(nodes, 1, 'GET', KEY)).to.equal(`MOVED ${SLOT} 127.0.0.9:7009`)
    const first = (await accountOf(nodes.node(1))).find(({slots}) => slots.toString() === evenSlots(2)[0])!
    expect(first.address).to.deep.include({host: '127.0.0.9', port: 7009, busPort})
    expect(await nodes.command(0, 'CLUSTER', 'NODES')).to.match(/127\.0\.0\.9:7009@\d+ myself,master/)
  })

  it('nodes on addresses of their own are found there: each calls from its bind-source-addr', async () => {
    const {nodes} = await quickCluster(flavour, {
      primaries: 3,
      replicasEach: 1,
      host: (index) => `127.0.0.${index + 2}`,
    })
    await untilClusterAgrees(nodes)
    for (const node of nodes) {
      const hosts = (await accountOf(node)).map(({address}) => address?.host)
      expect(hosts.sort()).to.deep.equal([2, 3, 4, 5, 6, 7].map((last) => `127.0.0.${last}`))
    }
    expect(await nodes.command(0, 'INFO', 'replication')).to.match(/^slave0:ip=127\.0\.0\.5,/m)
    expect(await errorOf(nodes, 0, 'GET', '{foo}')).to.match(/^MOVED 12182 127\.0\.0\.4:\d+$/)
  })
})
