/** Clusters that ask who is there: password, ACL user, TLS. Secrets go in by every door, and come out by none. */
import {writeFileSync} from 'node:fs'
import path from 'node:path'
import {expect} from 'chai'
import {slotCounts} from '../support/cluster-facts.js'
import {quickCluster, type QuickCluster} from '../support/quick-cluster.js'
import {describeOnServers, type Flavour} from '../support/real-servers.js'
import {command} from '../support/resp.js'
import {runCli, type CliResult} from '../support/run-cli.js'
import {startNodes, type StartOptions} from '../support/server-nodes.js'
import {differences, digest, fillKeys} from '../support/test-data.js'
import {TLS_FILES} from '../support/tls-files.js'

const SECRET = 's3cret with spaces & ümlauts'
const TLS_FLAGS = ['--tls', '--cacert', TLS_FILES.ca, '--cert', TLS_FILES.clientCert, '--key', TLS_FILES.clientKey]

interface Protection {
  readonly name: string
  readonly start: StartOptions
  readonly flags: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

const PROTECTIONS: readonly Protection[] = [
  {name: 'a password', start: {password: 's3cret'}, flags: [], env: {REDISCLI_AUTH: 's3cret'}},
  {
    name: 'an ACL user',
    start: {aclUser: {name: 'operator', password: 's3cret'}},
    flags: ['--user', 'operator'],
    env: {REDISCLI_AUTH: 's3cret'},
  },
  {name: 'TLS', start: {tls: true}, flags: TLS_FLAGS, env: {}},
]

/** A dozen commands in a row, each of which starts a program and waits for a cluster; the machine may have others to serve. */
const SCENARIO_TIMEOUT_MS = 180_000

for (const {name, start, flags, env} of PROTECTIONS) {
  // The engine has passwords, but no users.
  const flavours: readonly Flavour[] =
    start.password === undefined ? ['redis-7.0', 'valkey-9.1'] : ['engine', 'redis-7.0', 'valkey-9.1']
  describeOnServers(`a cluster with ${name}`, flavours, (flavour) => {
    it('is created, filled, resharded, extended, failed over, drained, fixed and checked', async function () {
      this.timeout(SCENARIO_TIMEOUT_MS)
      const run = async (...words: string[]): Promise<string> => {
        const {code, stdout, stderr} = await runCli([...words, ...flags], {env})
        expect(code, `${words.join(' ')}\n${stderr}`).to.equal(0)
        expect(stdout + stderr).not.to.include('s3cret')
        return stdout
      }
      const nodes = await startNodes(flavour, 5, start)
      const [entry, second, third, fourth, fifth] = nodes.addresses as [string, string, string, string, string]
      await run('create', entry, second, third, '--yes')
      const members = [0, 1, 2].map((index) => nodes.node(index))
      await fillKeys(members, 300)
      const before = await digest(members)
      await run('add-node', fourth, entry, '--replica', '--yes')
      await run('reshard', entry, '--from', 'all', '--to', second, '--slots', '1000', '--yes')
      expect((await slotCounts(members))[1]).to.equal(6462)
      await run('add-node', fifth, entry, '--yes')
      await run('rebalance', entry, '--use-empty-primaries', '--yes')
      await run('failover', fourth, '--yes')
      await run('del-node', second, third, '--drain', '--yes')
      await command(
        nodes.node(1),
        'CLUSTER',
        'SETSLOT',
        await aSlotOf(nodes.node(1)),
        'MIGRATING',
        await idOf(nodes.node(4)),
      )
      await run('fix', second, '--yes')
      expect(await run('check', second)).to.match(/^healthy/m)
      const left = [0, 1, 3, 4].map((index) => nodes.node(index))
      expect(differences(before, await digest(left))).to.deep.equal([])
      await nodes.stop()
    })
  })
}

describeOnServers('a cluster of engine nodes with TLS', ['engine'], (flavour) => {
  it('is created, filled, extended, resharded, failed over and checked', async function () {
    this.timeout(SCENARIO_TIMEOUT_MS)
    const run = async (...words: string[]): Promise<string> => {
      const {code, stdout, stderr} = await runCli([...words, ...TLS_FLAGS])
      expect(code, `${words.join(' ')}\n${stderr}`).to.equal(0)
      return stdout
    }
    const nodes = await startNodes(flavour, 4, {tls: true})
    const [entry, second, third, fourth] = nodes.addresses as [string, string, string, string]
    await run('create', entry, second, third, '--yes')
    const members = [0, 1, 2].map((index) => nodes.node(index))
    await fillKeys(members, 300)
    const before = await digest(members)
    await run('add-node', fourth, entry, '--replica', '--yes')
    await run('reshard', entry, '--from', 'all', '--to', second, '--slots', '1000', '--yes')
    expect((await slotCounts(members))[1]).to.equal(6462)
    await run('failover', fourth, '--yes')
    expect(await run('check', second)).to.match(/^healthy/m)
    const owners = await Promise.all([...nodes].map(async (node) => ((await ownsSlots(node)) ? [node] : [])))
    expect(differences(before, await digest(owners.flat()))).to.deep.equal([])
    await nodes.stop()
  })
})

async function ownsSlots(node: Parameters<typeof command>[0]): Promise<boolean> {
  return /role:master/.test(String(await command(node, 'INFO', 'replication')))
}

async function idOf(node: Parameters<typeof command>[0]): Promise<string> {
  return String(await command(node, 'CLUSTER', 'MYID'))
}

async function aSlotOf(node: Parameters<typeof command>[0]): Promise<number> {
  const own = String(await command(node, 'CLUSTER', 'NODES'))
    .split('\n')
    .find((line) => line.includes('myself'))!
  return Number(own.split(' ')[8]!.split('-')[0])
}

describeOnServers('a password', ['redis-7.0'], (flavour) => {
  let cluster: QuickCluster
  let url: string

  before(async () => {
    cluster = await quickCluster(flavour, {password: 's3cret'})
    url = `redis://:s3cret@${cluster.entry}`
  })

  for (const [door, words, options] of [
    ['a flag, which warns', ['-a', 's3cret'], {}],
    ['a flag without the warning', ['--pass', 's3cret', '--no-auth-warning'], {}],
    ['REDISCLI_AUTH', [], {env: {REDISCLI_AUTH: 's3cret'}}],
    ['VALKEYCLI_AUTH', [], {env: {VALKEYCLI_AUTH: 's3cret'}}],
    ['--askpass from a pipe', ['--askpass'], {input: 's3cret\n'}],
    ['--pass-file -', ['--pass-file', '-'], {input: 's3cret\n'}],
  ] as const) {
    it(`goes in by ${door}`, async () => {
      const {code, stdout, stderr} = await runCli(['check', cluster.entry, ...words], options)
      expect(code, stderr).to.equal(0)
      expect(stdout + stderr).not.to.include('s3cret')
      expect(stderr.startsWith('Warning: Using a password')).to.equal(words[0] === '-a')
    })
  }

  it('goes in by a file, and by a redis:// address', async () => {
    const file = path.join(cluster.nodes.node(0).directory, 'password')
    writeFileSync(file, 's3cret\n')
    expect(await runCli(['check', cluster.entry, '--pass-file', file])).to.include({code: 0})
    expect(await runCli(['check', url])).to.include({code: 0})
  })

  it('fails with 4 when it is missing or wrong, and says which', async () => {
    const missing = await runCli(['check', cluster.entry])
    expect(missing.stderr).to.match(/^error \S+ .*password.*\[login-failed\]$/m)
    const wrong = await runCli(['check', cluster.entry], {env: {REDISCLI_AUTH: SECRET}})
    expect(wrong.stderr)
      .to.match(/\[login-failed\]$/m)
      .and.not.include(SECRET)
    expect([missing.code, wrong.code]).to.deep.equal([4, 4])
  })

  it('is in no plan, no document and no event', async () => {
    const words = ['reshard', url, '--from', 'all', '--to', cluster.entry, '--slots', '5', '--yes']
    for (const form of ['--json', '--json-stream', '--explain']) {
      const {code, stdout, stderr} = await runCli([...words, form])
      expect(code, stderr).to.equal(0)
      expect(stdout + stderr).not.to.include('s3cret')
    }
  })
})

describeOnServers('TLS', ['redis-7.0'], (flavour) => {
  let cluster: QuickCluster

  before(async () => {
    cluster = await quickCluster(flavour, {tls: true})
  })

  function check(...flags: string[]): Promise<CliResult> {
    return runCli(['check', cluster.entry, '--connect-timeout', '2s', ...flags])
  }

  it('is spoken for a rediss:// address', async () => {
    const flags = TLS_FLAGS.filter((flag) => flag !== '--tls')
    expect(await runCli(['check', `rediss://${cluster.entry}`, ...flags])).to.include({code: 0})
  })

  it('fails with 4 for a certificate that nobody trusts, except with --insecure', async () => {
    const own = ['--cert', TLS_FILES.clientCert, '--key', TLS_FILES.clientKey]
    const distrusted = await check('--tls', '--cacert', TLS_FILES.untrustedCa, ...own)
    expect(distrusted.stderr).to.match(/\[tls-failed\]$/m)
    expect(distrusted.code).to.equal(4)
    expect(await check('--tls', '--insecure', ...own)).to.include({code: 0})
  })

  it('fails with 4 where it is forgotten, and the message leads to it', async () => {
    const {code, stderr} = await check()
    expect(code).to.equal(4)
    expect(stderr).to.include('--tls')
  })

  it('fails with 2 for a certificate that cannot be read', async () => {
    const {code, stderr} = await check('--tls', '--cacert', '/nowhere/ca.crt')
    expect(code).to.equal(2)
    expect(stderr).to.include('cannot read /nowhere/ca.crt')
  })
})
