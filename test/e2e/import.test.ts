/** `tscluster import`: the keys of a standalone server into a cluster, nothing lost and nothing changed on the way. */
import {expect} from 'chai'
import {runTool} from '../support/engine/real-tools.js'
import {quickCluster, type QuickCluster} from '../support/quick-cluster.js'
import {describeOnServers, WITH_ENGINE} from '../support/real-servers.js'
import {RespConnection, command, type RespTarget} from '../support/resp.js'
import {runCli, startCli, type CliOptions, type CliResult, type RunningCli} from '../support/run-cli.js'
import {startNodes, type ServerNode} from '../support/server-nodes.js'
import {differences, digest, fillKeys, keyTypesOf} from '../support/test-data.js'
import {TLS_FILES} from '../support/tls-files.js'

const TLS_FLAGS = ['--tls', '--cacert', TLS_FILES.ca, '--cert', TLS_FILES.clientCert, '--key', TLS_FILES.clientKey]

function importInto(cluster: {readonly entry: string}, source: ServerNode, ...flags: string[]): Promise<CliResult> {
  return runCli(['import', cluster.entry, '--from', source.address, '--yes', ...flags])
}

/** One key at a time, telling each: so that something can happen in the middle of it. */
function startSlowImport(cluster: {readonly entry: string}, source: ServerNode): RunningCli {
  return startCli(['import', cluster.entry, '--from', source.address, '--yes', '--pipeline', '1', '--json-stream'])
}

/** What was said besides events. */
function wordsIn(stderr: string): string {
  return stderr
    .split('\n')
    .filter((line) => !line.startsWith('{'))
    .join('\n')
}

async function empty(targets: Iterable<RespTarget>): Promise<void> {
  for (const target of targets) await command(target, 'FLUSHALL')
}

describeOnServers('import', WITH_ENGINE, (flavour) => {
  let cluster: QuickCluster
  let source: ServerNode

  before(async () => {
    cluster = await quickCluster(flavour)
    source = (await startNodes(flavour, 1, {cluster: false})).node(0)
  })

  beforeEach(() => empty([...cluster.primaries, source]))

  it('moves every key, of whatever type and with its time to live, and leaves the source empty', async () => {
    await fillKeys([source], 3_000, {expireEvery: 3})
    await command(source, 'SET', 'with space and \x00 and \xff', 'bytes \r\n\x00\xfe')
    const before = await digest([source])
    const {code, stdout} = await importInto(cluster, source)
    expect(stdout).to.match(/^done import: 3,001 keys moved/)
    expect(code).to.equal(0)
    expect(differences(before, await digest(cluster.primaries))).to.deep.equal([])
    expect(await command(source, 'DBSIZE')).to.equal(0)
  })

  it('leaves the source as it is with --copy, and finds nothing wrong with its own copies when it is run again', async () => {
    await fillKeys([source], 1_500)
    const before = await digest([source])
    for (const run of ['first', 'second']) {
      const {code, stderr} = await importInto(cluster, source, '--copy')
      expect(code, `${run} run: ${stderr}`).to.equal(0)
      expect(differences(before, await digest(cluster.primaries)), `${run} run`).to.deep.equal([])
      expect(differences(before, await digest([source])), `${run} run, source`).to.deep.equal([])
    }
  })

  it('takes a set for the same set, in whatever order its members stand', async () => {
    const members = Array.from({length: 600}, (_, index) => `member ${index} of a set too large for a listpack`)
    await command(source, 'SADD', 'key:1', ...members)
    await command(ownerOfKey1(cluster), 'SADD', 'key:1', ...members.toReversed())
    expect(await importInto(cluster, source)).to.include({code: 0})
  })

  it('stops at a key that the cluster has with another value, names it, and lets the source win only with --replace', async () => {
    await fillKeys([source], 300, {types: ['string'], prefix: 'key:'})
    const owner = ownerOfKey1(cluster)
    await command(owner, 'SET', 'key:1', 'of the cluster')
    const before = await digest([source])
    const stopped = await importInto(cluster, source)
    expect(stopped.code).to.be.oneOf([1, 5])
    expect(stopped.stderr).to.include('"key:1"').and.to.include('[key-exists]').and.to.include('--replace')
    expect(await command(owner, 'GET', 'key:1')).to.equal('of the cluster')
    const replaced = await importInto(cluster, source, '--replace')
    expect(replaced.code, replaced.stderr).to.equal(0)
    expect(differences(before, await digest(cluster.primaries))).to.deep.equal([])
  })

  it('loses nothing when it is interrupted, and goes on when it is run again', async () => {
    await fillKeys([source], 4_000)
    const before = await digest([source])
    const running = startSlowImport(cluster, source)
    await running.signalAfter(/"keys-moved"/, 'SIGINT')
    const {code, stderr} = await running.done
    expect(code, wordsIn(stderr)).to.equal(5)
    expect(stderr).to.match(/to go on: tscluster resume/)
    const [left, arrived] = [await digest([source]), await digest(cluster.primaries)]
    expect(left.size).to.be.greaterThan(0)
    expect(arrived.size).to.be.greaterThan(0)
    expect(differences(before, new Map([...left, ...arrived]))).to.deep.equal([])
    expect(await importInto(cluster, source)).to.include({code: 0})
    expect(differences(before, await digest(cluster.primaries))).to.deep.equal([])
  })

  it('follows slots that another tool moves to another node meanwhile', async () => {
    await fillKeys([source], 8_000)
    const before = await digest([source])
    const running = startSlowImport(cluster, source)
    await running.said(/"keys-moved"/)
    const [taker] = cluster.ids
    const slots = ['--cluster-from', 'all', '--cluster-to', taker!, '--cluster-slots', '600', '--cluster-yes']
    await runTool(['redis-7.0', 'cli'], ['--cluster', 'reshard', cluster.entry, ...slots])
    expect(running.process.exitCode, 'the import goes on while slots move').to.equal(null)
    const {code, stderr} = await running.done
    expect(code, wordsIn(stderr)).to.equal(0)
    expect(differences(before, await digest(cluster.primaries))).to.deep.equal([])
  })

  it('imports the database that is named, and tells of the others', async () => {
    const connection = await RespConnection.open(source)
    await connection.pipeline([
      ['SET', 'zero', '0'],
      ['SELECT', 3],
      ['SET', 'three', '3'],
    ])
    const {code, stderr} = await importInto(cluster, source, '--from-db', '3')
    expect(code).to.equal(0)
    expect(stderr).to.match(/1 key in database 0 will not be imported/)
    expect([...(await digest(cluster.primaries)).keys()]).to.deep.equal(['three'])
    expect(await connection.call('DBSIZE')).to.equal(0)
    connection.close()
  })

  it('has nothing to do for an empty source', async () => {
    const {code, stdout} = await importInto(cluster, source)
    expect(stdout).to.match(/^nothing to import: database 0 of .* has no keys/)
    expect(code).to.equal(0)
  })

  it('changes nothing with --dry-run', async () => {
    await command(source, 'SET', 'a', '1')
    const {code, stdout} = await importInto(cluster, source, '--dry-run')
    expect(code).to.equal(0)
    expect(stdout).to.include('import 1 key from database 0')
    expect(await command(source, 'DBSIZE')).to.equal(1)
  })

  it('refuses a source that is a node of a cluster', async () => {
    const {code, stderr} = await importInto(cluster, cluster.primaries[1]!)
    expect(code).to.equal(3)
    expect(stderr).to.include('[source-in-cluster]')
  })

  it('says what is wrong with an address that leads nowhere', async () => {
    const {code, stderr} = await runCli(['import', cluster.entry, '--from', '127.0.0.1:1', '--yes'])
    expect(code).to.equal(4)
    expect(stderr).to.match(/^error 127\.0\.0\.1:1 connection refused/)
  })
})

describeOnServers('import where MIGRATE cannot be used', ['redis-7.0', 'valkey-9.1'], (flavour) => {
  let source: ServerNode

  beforeEach(async () => {
    source = (await startNodes(flavour, 1, {cluster: false, password: 'source-secret'})).node(0)
    await fillKeys([source], 1_000)
  })

  for (const [what, flags] of [
    ['copies', ['--copy']],
    ['moves', []],
  ] as const) {
    it(`${what} from a plain server into a cluster that speaks TLS and has another password`, async () => {
      const cluster = await quickCluster(flavour, {tls: true, password: 'cluster-secret'})
      const before = await digest([source])
      const login = ['--pass', 'cluster-secret', '--from-pass', 'source-secret', '--no-auth-warning']
      const {code, stderr} = await importInto(cluster, source, ...TLS_FLAGS, ...login, ...flags)
      expect(code, stderr).to.equal(0)
      expect(stderr).to.include('keys are copied with DUMP and RESTORE')
      expect(differences(before, await digest(cluster.primaries))).to.deep.equal([])
      expect(await command(source, 'DBSIZE')).to.equal(what === 'copies' ? 1_000 : 0)
    })
  }

  it('moves for a user who may not MIGRATE', async () => {
    const cluster = await quickCluster(flavour)
    const before = await digest([source])
    await command(source, 'ACL', 'SETUSER', 'bob', 'on', '>secret', '~*', '+@all', '-migrate')
    const {code, stderr} = await importInto(cluster, source, '--from-user', 'bob', '--from-pass', 'secret')
    expect(code, stderr).to.equal(0)
    expect(stderr).to.match(/the source cannot MIGRATE \(NOPERM/)
    expect(differences(before, await digest(cluster.primaries))).to.deep.equal([])
    expect(await command(source, 'DBSIZE')).to.equal(0)
  })
})

describeOnServers('import from an older server', ['engine', 'valkey-9.1'], (flavour) => {
  it('copies what the other product wrote years ago, and knows its own copies again', async () => {
    const cluster = await quickCluster(flavour)
    const source = (await startNodes('redis-7.0', 1, {cluster: false})).node(0)
    const types = await keyTypesOf(cluster.primaries[0]!)
    await fillKeys([source], 1_000, {types})
    if (types.includes('stream')) {
      await command(source, 'XADD', 'stream', '1-1', 'field', 'value')
      await command(source, 'XGROUP', 'CREATE', 'stream', 'group', '0')
      await command(source, 'XREADGROUP', 'GROUP', 'group', 'consumer', 'STREAMS', 'stream', '>')
    }
    const before = await digest([source])
    for (const run of ['first', 'second']) {
      const {code, stderr} = await importInto(cluster, source, '--copy')
      expect(code, `${run} run: ${stderr}`).to.equal(0)
      expect(differences(before, await digest(cluster.primaries)), `${run} run`).to.deep.equal([])
    }
  })
})

describeOnServers('import from a newer server', ['redis-7.0'], (flavour) => {
  it('says that the cluster cannot read its values, and leaves them where they are', async () => {
    const cluster = await quickCluster(flavour)
    const source = (await startNodes('redis-8.0', 1, {cluster: false})).node(0)
    await fillKeys([source], 100)
    const {code, stderr} = await importInto(cluster, source)
    expect(code).to.equal(1)
    expect(stderr).to.include('the source runs a newer server')
    expect(await command(source, 'DBSIZE')).to.equal(100)
  })
})

describeOnServers('import into a cluster of an ACL user', ['redis-8.0'], (flavour) => {
  it('logs in at both ends', async () => {
    const cluster = await quickCluster(flavour, {aclUser: {name: 'admin', password: 'secret'}})
    const source = (await startNodes(flavour, 1, {cluster: false, password: 'other'})).node(0)
    await fillKeys([source], 200)
    const {code, stderr} = await runCli(
      ['import', cluster.entry, '--from', source.address, '--yes', '--user', 'admin'],
      {
        env: {REDISCLI_AUTH: 'secret'},
      } satisfies CliOptions,
    )
    expect(code).to.equal(4)
    expect(stderr).to.match(/wants a password/)
    const login = ['--user', 'admin', '--pass', 'secret', '--from-pass', 'other']
    expect(await importInto(cluster, source, ...login)).to.include({code: 0})
    expect(await command(source, 'DBSIZE')).to.equal(0)
  })
})

/** Slot 6657 of `key:1` lies in the middle third. */
function ownerOfKey1(cluster: QuickCluster): ServerNode {
  return cluster.primaries[1]!
}
