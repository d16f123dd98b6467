/** What only we can do, and how it ends when somebody interrupts it. */
import {mkdtempSync, rmSync, symlinkSync} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {expect} from 'chai'
import {openSlots} from '../../support/cluster-facts.js'
import {quickCluster} from '../../support/quick-cluster.js'
import {describeOnServers} from '../../support/real-servers.js'
import {BIN, NODE, startCli, startProgram} from '../../support/run-cli.js'
import {startNodes, stopAllNodes} from '../../support/server-nodes.js'
import {differences, digest, fillKeys} from '../../support/test-data.js'
import {TLS_FILES} from '../../support/tls-files.js'
import {until} from '../../support/until.js'
import {expectSame, ours} from './side-by-side.js'

describeOnServers('an interruption', ['engine', 'redis-8.0'], (flavour) => {
  it('leaves no slot half-way, loses nothing, and ends with 130', async () => {
    const cluster = await quickCluster(flavour, {primaries: 3})
    await fillKeys([...cluster.primaries], 20_000)
    const before = await digest([...cluster.primaries])
    const [first, second] = cluster.ids as [string, string]
    const line = ['--cluster', 'reshard', cluster.entry, '--cluster-from', first, '--cluster-to', second]
    const run = startCli([...line, '--cluster-slots', '5000', '--cluster-yes'])
    await run.signalAfter(/^Moving slot/m, 'SIGINT')
    const {code, stdout} = await run.done
    const moved = stdout.match(/^Moving slot/gm)?.length ?? 0
    expect({code, stoppedShort: moved < 5000}).to.deep.equal({code: 130, stoppedShort: true})
    expect(await openSlots(cluster.nodes)).to.deep.equal([])
    expect(differences(before, await digest([...cluster.primaries]))).to.deep.equal([])
  })
})

describeOnServers('a dead primary', ['engine', 'redis-8.0', 'valkey-9.1'], (flavour) => {
  afterEach(stopAllNodes)

  it('is replaced by its replica, keys and all, when fix is told to go on without it', async () => {
    const cluster = await quickCluster(flavour, {primaries: 3, replicasEach: 1, nodeTimeoutMs: 500})
    await fillKeys([...cluster.primaries], 200)
    const before = await digest([...cluster.primaries])
    // So that the replica does not replace it by itself.
    await cluster.nodes.command(5, 'CONFIG', 'SET', 'cluster-replica-no-failover', 'yes')
    await cluster.nodes.kill(2)
    await until(async () => String(await cluster.nodes.command(0, 'CLUSTER', 'INFO')).includes('cluster_state:fail'), {
      what: 'the cluster to notice that its third primary is dead',
    })
    const line = ['--cluster', 'fix', cluster.entry, '--cluster-fix-with-unreachable-masters']
    const {stdout, code} = await ours(flavour, line, {input: 'yes\n'})
    expect(stdout).to.contain('Fix these slots by promoting their replicas?')
    expect(code, stdout).to.equal(0)
    const survivors = [...cluster.nodes].filter((_, index) => index !== 2)
    expect(differences(before, await digest(survivors))).to.deep.equal([])
  })

  it('takes its keys with it when it has no replica: only with the option and a yes', async () => {
    const cluster = await quickCluster(flavour, {primaries: 3, nodeTimeoutMs: 500})
    await cluster.nodes.kill(2)
    await until(async () => String(await cluster.nodes.command(0, 'CLUSTER', 'INFO')).includes('cluster_state:fail'), {
      what: 'the cluster to notice that its third primary is dead',
    })
    const line = ['--cluster', 'fix', cluster.entry]
    const guarded = await ours(flavour, line, {input: 'yes\n'})
    expect(guarded.code).to.equal(1)
    expect(guarded.stdout).to.match(/\*\*\* Fixing slots coverage with 1 unreachable (masters|primaries) is dangerous/)
    const declined = await ours(flavour, [...line, '--cluster-fix-with-unreachable-masters'])
    expect(declined.code).to.equal(1)
    const accepted = await ours(flavour, [...line, '--cluster-fix-with-unreachable-masters'], {input: 'yes\n'})
    expect(accepted.code, accepted.stdout).to.equal(0)
    expect(accepted.stdout.match(/>>> Covering slot \d+ with /g)).to.have.length(5461)
  })
})

describeOnServers('keys of a slot in several nodes', ['engine', 'redis-8.0'], (flavour) => {
  it('are brought together by fix, once somebody says yes', async () => {
    const cluster = await quickCluster(flavour, {primaries: 3})
    const [first, second] = cluster.ids as [string, string]
    await fillKeys([...cluster.primaries], 9, {prefix: 'foo{b}', types: ['string'], expireEvery: 0})
    await cluster.nodes.command(1, 'CLUSTER', 'SETSLOT', 3300, 'IMPORTING', first)
    await cluster.nodes.command(0, 'CLUSTER', 'SETSLOT', 3300, 'MIGRATING', second)
    await cluster.nodes.command(
      0,
      'MIGRATE',
      '127.0.0.1',
      cluster.nodes.node(1).port,
      '',
      0,
      1000,
      'KEYS',
      'foo{b}0',
      'foo{b}1',
    )
    for (const index of [0, 1]) await cluster.nodes.command(index, 'CLUSTER', 'SETSLOT', 3300, 'STABLE')
    for (const index of [0, 1, 2]) {
      await cluster.nodes.command(index, 'CLUSTER', 'DELSLOTS', 3300).catch(() => undefined)
    }
    const {stdout, code} = await ours(flavour, ['--cluster', 'fix', cluster.entry], {input: 'yes\n'})
    expect(stdout).to.contain('The following uncovered slots have keys in multiple nodes:\n[3300]\n')
    expect(stdout)
      .to.contain('>>> Covering slot 3300 moving keys to ')
      .and.to.match(/^Moving slot 3300 from \S+ to \S+: \.\.$/m)
    expect(code, stdout).to.equal(0)
    expect((await digest([...cluster.primaries])).size).to.equal(9)
  })
})

describeOnServers('logging in', ['redis-8.0', 'valkey-9.1'], (flavour) => {
  const tls = ['--tls', '--cacert', TLS_FILES.ca, '--cert', TLS_FILES.clientCert, '--key', TLS_FILES.clientKey]

  it('over TLS', async () => {
    const cluster = await quickCluster(flavour, {primaries: 3, tls: true})
    await expectSame(flavour, [...tls, '--cluster', 'check', cluster.entry])
    const [first, second] = cluster.ids as [string, string]
    await fillKeys([...cluster.primaries], 100)
    const line = ['--cluster', 'reshard', cluster.entry, '--cluster-from', first, '--cluster-to', second]
    const {code, stdout} = await ours(flavour, [...tls, ...line, '--cluster-slots', '500', '--cluster-yes'])
    expect(code, stdout).to.equal(0)
    const unknown = await ours(flavour, [...tls.with(2, TLS_FILES.untrustedCa), '--cluster', 'check', cluster.entry])
    expect(unknown.code).to.equal(1)
    expect(unknown.stderr).to.match(
      /^Could not connect to \w+ at \S+: SSL_connect failed: certificate verify failed\n$/,
    )
    const plain = await ours(flavour, ['--cluster', 'check', cluster.entry])
    expect(plain.code).to.equal(1)
    expect(plain.stderr).to.match(/^Could not connect to \w+ at \S+: .*closed the connection/)
  })

  it('as an ACL user, keys of a reshard included', async () => {
    const cluster = await quickCluster(flavour, {primaries: 3, aclUser: {name: 'operator', password: 'secret'}})
    await fillKeys([...cluster.primaries], 100)
    const [first, second] = cluster.ids as [string, string]
    const line = ['--cluster', 'reshard', cluster.entry, '--cluster-from', first, '--cluster-to', second]
    const login = ['--user', 'operator', '--pass', 'secret', '--no-auth-warning']
    const {code, stderr, stdout} = await ours(flavour, [...login, ...line, '--cluster-slots', '500', '--cluster-yes'])
    expect({code, stderr}, stdout).to.deep.equal({code: 0, stderr: ''})
  })
})

describeOnServers('IPv6', ['engine', 'redis-8.0'], (flavour) => {
  it('with and without brackets', async () => {
    const cluster = await quickCluster(flavour, {primaries: 3, host: '::1'})
    const {port} = cluster.nodes.node(0)
    await expectSame(flavour, ['--cluster', 'check', `::1:${port}`])
    await expectSame(flavour, ['--cluster', 'check', '::1', String(port)])
    const {code} = await ours(flavour, ['--cluster', 'check', `[::1]:${port}`])
    expect(code).to.equal(0)
  })
})

describeOnServers('atomic slot migration', ['engine', 'valkey-9.1', 'redis-8.0'], (flavour) => {
  it('moves slots whole where the servers can, and is refused where they cannot', async () => {
    const cluster = await quickCluster(flavour, {primaries: 3})
    const [first, second] = cluster.ids as [string, string]
    const line = ['--cluster', 'reshard', cluster.entry, '--cluster-from', first, '--cluster-to', second]
    const more = ['--cluster-slots', '10', '--cluster-yes', '--cluster-use-atomic-slot-migration']
    const {code, stdout} = await ours(flavour, [...line, ...more])
    const isAble = flavour !== 'redis-8.0'
    if (isAble) expect(code, stdout).to.equal(0)
    else expect(stdout).to.contain('(leave out --cluster-use-atomic-slot-migration)')
    expect(stdout.match(/^Moving slot \d+ from /gm) ?? []).to.have.length(isAble ? 10 : 0)
  })
})

describe('the name by which the program is called', () => {
  it('decides the words: valkey-cli', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'tscluster-name-'))
    const link = path.join(folder, 'valkey-cli')
    symlinkSync(BIN, link)
    const {stdout} = await startProgram(NODE, [link, '--cluster', 'help']).done
    rmSync(folder, {recursive: true})
    expect(stdout).to.contain('--cluster-only-primaries')
  })
})

describeOnServers('set-timeout', ['engine', 'redis-8.0'], (flavour) => {
  it('fails when a node does not keep it, and tells which', async () => {
    const nodes = await startNodes(flavour, 1)
    await nodes.command(0, 'CLUSTER', 'ADDSLOTSRANGE', 0, 16383)
    const {stdout, code} = await ours(flavour, ['--cluster', 'set-timeout', nodes.node(0).address, '999999999999'])
    expect(code).to.equal(1)
    expect(stdout).to.match(/^(\[ERR\]|ERR|>>>)/)
  })
})
