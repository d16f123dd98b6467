/** Subcommands that change nothing: both tools look at one cluster and must say the same. */
import {expect} from 'chai'
import {quickCluster, type QuickCluster} from '../../support/quick-cluster.js'
import {describeOnServers, ENDS_WITH_ENGINE} from '../../support/real-servers.js'
import {startNodes, stopAllNodes, type ServerNodes} from '../../support/server-nodes.js'
import {fillKeys} from '../../support/test-data.js'
import {until} from '../../support/until.js'
import {expectSame, original, ours} from './side-by-side.js'

describeOnServers('a cluster that is only looked at', ENDS_WITH_ENGINE, (flavour) => {
  let cluster: QuickCluster
  let alone: ServerNodes
  let seed: string

  before(async () => {
    cluster = await quickCluster(flavour, {primaries: 3, replicasEach: 1})
    alone = await startNodes(flavour, 1, {cluster: false})
    seed = cluster.entry
    await fillKeys([...cluster.primaries], 300)
  })

  it('info', () => expectSame(flavour, ['--cluster', 'info', seed]))

  it('info by host and port', () => {
    const {host, port} = cluster.nodes.node(1)
    return expectSame(flavour, ['--cluster', 'info', host, String(port), 'ignored'])
  })

  it('info with the seed in another spelling', () =>
    expectSame(flavour, ['--cluster', 'info', seed.replace('127.0.0.1', 'localhost')]))

  it('check', () => expectSame(flavour, ['--cluster', 'check', seed]))

  it('check through a replica', () => expectSame(flavour, ['--cluster', 'check', cluster.nodes.node(3).address]))

  it('check with the search for several owners', () =>
    expectSame(flavour, ['--cluster', 'check', seed, '--cluster-search-multiple-owners']))

  it('check of a server that is in no cluster', () =>
    expectSame(flavour, ['--cluster', 'check', alone.node(0).address]))

  it('fix with nothing to repair', () => expectSame(flavour, ['--cluster', 'fix', seed]))

  it('rebalance with nothing to do', () => expectSame(flavour, ['--cluster', 'rebalance', seed]))

  it('rebalance with a threshold of 0, which means never', () =>
    expectSame(flavour, ['--cluster', 'rebalance', seed, '--cluster-threshold', '0']))

  it('rebalance with a weight for nobody', () =>
    expectSame(flavour, ['--cluster', 'rebalance', seed, '--cluster-weight', 'nobody=2']))

  it('call', async () => {
    await expectSame(flavour, ['--cluster', 'call', seed, 'config', 'get', 'maxmemory'])
    await expectSame(flavour, ['--cluster', 'call', seed, 'ping', '--cluster-only-masters'])
    await expectSame(flavour, ['--cluster', 'call', seed, 'echo', '', '--cluster-only-replicas'])
    await expectSame(flavour, ['--cluster', 'call', seed, 'ping', '--cluster-only-masters', '--cluster-only-replicas'])
    await expectSame(flavour, ['-d', '; ', '--cluster', 'call', seed, 'config', 'get', 'maxmemory*'])
  })

  it('call with what standard input says', async () => {
    await expectSame(flavour, ['-x', '--cluster', 'call', seed, 'echo'], {input: 'hello'})
    await expectSame(flavour, ['-X', 'TAG', '--cluster', 'call', seed, 'echo', 'TAG'], {input: 'hello'})
  })

  it('call with a command that is refused, which is a failure here', () =>
    expectSame(flavour, ['--cluster', 'call', seed, 'frobnicate'], {code: 1}))

  it('set-timeout', () => expectSame(flavour, ['--cluster', 'set-timeout', seed, '2000']))

  it('reshard that is refused', async () => {
    const [first, second, , replica] = cluster.ids as [string, string, string, string]
    const reshard = ['--cluster', 'reshard', seed, '--cluster-slots', '3', '--cluster-yes']
    await expectSame(flavour, [...reshard, '--cluster-to', first, '--cluster-from', first])
    await expectSame(flavour, [...reshard, '--cluster-to', replica, '--cluster-from', first])
    await expectSame(flavour, [...reshard, '--cluster-to', 'abcdef', '--cluster-from', first])
    await expectSame(flavour, [...reshard, '--cluster-to', first, '--cluster-from', `${second},abcdef`])
  })

  it('add-node that is refused', async () => {
    await expectSame(flavour, ['--cluster', 'add-node', cluster.nodes.node(1).address, seed])
    await expectSame(flavour, ['--cluster', 'add-node', alone.node(0).address, seed])
    await expectSame(flavour, ['--cluster', 'add-node', '127.0.0.1:1', seed])
    await expectSame(flavour, [
      '--cluster',
      'add-node',
      '127.0.0.1:1',
      seed,
      '--cluster-slave',
      '--cluster-master-id',
      'x',
    ])
  })

  it('create that is refused', async () => {
    const addresses = cluster.nodes.addresses.slice(0, 3)
    await expectSame(flavour, ['--cluster', 'create', ...addresses, '--cluster-yes'])
    await expectSame(flavour, ['--cluster', 'create', alone.node(0).address, ...addresses])
  })

  it('import that is refused', async () => {
    await expectSame(flavour, ['--cluster', 'import', seed, '--cluster-from', cluster.nodes.node(1).address])
    await expectSame(flavour, ['--cluster', 'import', seed, '--cluster-from', '127.0.0.1:1'])
  })

  it('tells ids to awk', async () => {
    const {stdout} = await ours(flavour, ['--cluster', 'check', seed])
    const ids = [...stdout.matchAll(/^M: (\S+)/gm)].map(([, id]) => id!)
    expect(ids.toSorted()).to.deep.equal(cluster.ids.slice(0, 3).toSorted())
  })
})

describeOnServers('a cluster that is not well', ['engine', 'redis-8.0', 'valkey-9.1'], (flavour) => {
  afterEach(stopAllNodes)

  it('check of an open slot', async () => {
    const cluster = await quickCluster(flavour, {primaries: 3})
    const [first, second] = cluster.ids as [string, string]
    await cluster.nodes.command(1, 'CLUSTER', 'SETSLOT', 7, 'IMPORTING', first)
    await cluster.nodes.command(0, 'CLUSTER', 'SETSLOT', 7, 'MIGRATING', second)
    await expectSame(flavour, ['--cluster', 'check', cluster.entry])
    await expectSame(flavour, ['--cluster', 'rebalance', cluster.entry])
    await expectSame(flavour, ['--cluster', 'reshard', cluster.entry])
    await expectSame(flavour, ['--cluster', 'add-node', '127.0.0.1:1', cluster.entry])
  })

  it('check of uncovered slots', async () => {
    const cluster = await quickCluster(flavour, {primaries: 3, slots: ['0-99', '200-10000', '10001-16383']})
    await expectSame(flavour, ['--cluster', 'check', cluster.entry])
    await expectSame(flavour, ['--cluster', 'info', cluster.entry])
  })

  it('check with a dead replica, then with a dead primary, and the guard of fix', async () => {
    const cluster = await quickCluster(flavour, {primaries: 3, replicasEach: 1, nodeTimeoutMs: 500})
    await cluster.nodes.kill(3)
    await expectSame(flavour, ['--cluster', 'check', cluster.entry])
    await cluster.nodes.kill(0)
    const seed = cluster.nodes.node(1).address
    await until(async () => String(await cluster.nodes.command(1, 'CLUSTER', 'INFO')).includes('cluster_state:fail'), {
      what: 'the cluster to notice that its first primary is dead',
    })
    await expectSame(flavour, ['--cluster', 'check', seed])
    await expectSame(flavour, ['--cluster', 'fix', seed])
  })

  it('logs in, or says why it could not', async () => {
    const cluster = await quickCluster(flavour, {primaries: 3, password: 'secret'})
    await expectSame(flavour, ['--cluster', 'check', cluster.entry])
    await expectSame(flavour, ['-a', 'wrong', '--cluster', 'check', cluster.entry])
    await expectSame(flavour, ['-a', 'secret', '--cluster', 'check', cluster.entry])
    await expectSame(flavour, [
      '-u',
      'redis://default:secret@x',
      '--no-auth-warning',
      '--cluster',
      'check',
      cluster.entry,
    ])
    await expectSame(flavour, ['--askpass', '--cluster', 'check', cluster.entry], {input: 'secret\n'})
    const env = {REDISCLI_AUTH: 'secret'}
    const [theirs, mine] = await Promise.all([
      original(flavour, ['--cluster', 'info', cluster.entry], {env}),
      ours(flavour, ['--cluster', 'info', cluster.entry], {env}),
    ])
    expect(mine).to.deep.equal(theirs)
  })
})
