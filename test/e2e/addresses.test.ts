/** Every way to write an address, and nodes that go by another one than the operator's. */
import {expect} from 'chai'
import {startBadServer} from '../support/bad-servers.js'
import {slotCounts} from '../support/cluster-facts.js'
import {quickCluster, type QuickCluster} from '../support/quick-cluster.js'
import {describeOnServers} from '../support/real-servers.js'
import {runCli} from '../support/run-cli.js'
import {startNodes} from '../support/server-nodes.js'
import {fillKeys} from '../support/test-data.js'

describeOnServers('an address', ['redis-7.0'], (flavour) => {
  let cluster: QuickCluster

  before(async () => {
    cluster = await quickCluster(flavour)
  })

  for (const [form, wordsFor] of [
    ['host:port', (port: number) => [`127.0.0.1:${port}`]],
    ['host port', (port: number) => ['127.0.0.1', String(port)]],
    [':port', (port: number) => [`:${port}`]],
    ['port', (port: number) => [String(port)]],
    ['localhost:port', (port: number) => [`localhost:${port}`]],
    ['redis://host:port', (port: number) => [`redis://127.0.0.1:${port}`]],
    ['valkey://host:port', (port: number) => [`valkey://127.0.0.1:${port}`]],
    ['host:port@bus', (port: number) => [`127.0.0.1:${port}@${port + 10_000}`]],
  ] as const) {
    it(`can be ${form}`, async () => {
      const {code, stderr} = await runCli(['check', ...wordsFor(cluster.primaries[0]!.port)])
      expect(code, stderr).to.equal(0)
    })
  }

  it('that is dead is passed over for the next one, with a warning', async () => {
    const closed = await startBadServer('closed')
    const {code, stderr} = await runCli(['check', closed.address, cluster.entry])
    expect(code).to.equal(0)
    expect(stderr).to.match(new RegExp(`^warning ${closed.address} .*trying the next address$`, 'm'))
  })

  it('as localhost names the same node wherever a node is asked for', async () => {
    const entry = `localhost:${cluster.primaries[0]!.port}`
    const target = `localhost:${cluster.primaries[1]!.port}`
    const {code, stderr} = await runCli(['reshard', entry, '--from', 'all', '--to', target, '--slots', '4', '--yes'])
    expect(code, stderr).to.equal(0)
    expect((await slotCounts(cluster.primaries))[1]).to.equal(5466)
  })
})

describeOnServers('a range of ports', ['valkey-9.1'], (flavour) => {
  it('names all nodes from the first to the last', async () => {
    const nodes = await startNodes(flavour, 1)
    const {port} = nodes.node(0)
    const {code, stdout} = await runCli(['create', `127.0.0.1:${port}-${port}`, '--allow-few-primaries', '--dry-run'])
    expect(code).to.equal(0)
    expect(stdout).to.include(`give 16384 slots (0-16383) to 127.0.0.1:${port}`)
    const backwards = await runCli(['create', '127.0.0.1:7005-7000'])
    expect(backwards.stderr).to.include('is not a range of ports')
    expect(backwards.code).to.equal(2)
  })
})

describeOnServers('a cluster on IPv6', ['engine', 'redis-7.0', 'valkey-9.1'], (flavour) => {
  it('is created, resharded and checked at [::1]:port', async () => {
    const nodes = await startNodes(flavour, 3, {host: '::1'})
    expect(nodes.node(0).address).to.match(/^\[::1\]:\d+$/)
    const created = await runCli(['create', ...nodes.addresses, '--yes'])
    expect(created.code, created.stderr).to.equal(0)
    await fillKeys(nodes, 60)
    const [entry, second] = nodes.addresses as [string, string]
    const moved = await runCli(['reshard', entry, '--from', 'all', '--to', second, '--slots', '50', '--yes'])
    expect(moved.code, moved.stderr).to.equal(0)
    expect(await runCli(['check', '::1', String(nodes.node(2).port)])).to.include({code: 0})
  })
})

describeOnServers('nodes that announce a host name', ['engine', 'redis-7.0', 'valkey-9.1'], (flavour) => {
  it('are created by that name, and found by it', async () => {
    const config = {'cluster-announce-hostname': 'localhost', 'cluster-preferred-endpoint-type': 'hostname'}
    const nodes = await startNodes(flavour, 3, {config})
    const names = [...nodes].map(({port}) => `localhost:${port}`)
    const created = await runCli(['create', ...names, '--yes'])
    expect(created.code, created.stderr).to.equal(0)
    await fillKeys(nodes, 60)
    const moved = await runCli(['reshard', names[0]!, '--from', names[1]!, '--to', names[2]!, '--slots', '7', '--yes'])
    expect(moved.code, moved.stderr).to.equal(0)
    expect(await slotCounts(nodes)).to.deep.equal([5461, 5455, 5468])
    const {stdout} = await runCli(['info', names[0]!, '--json'])
    expect(stdout).to.include('"hostname": "localhost"')
  })
})
