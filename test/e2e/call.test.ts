/** `tscluster call` and `tscluster set-timeout`: the same to every node. */
import {expect} from 'chai'
import {quickCluster, type QuickCluster} from '../support/quick-cluster.js'
import {describeOnServers} from '../support/real-servers.js'
import {runCli} from '../support/run-cli.js'

interface Answer {
  readonly address: string
  readonly role: string
  readonly reply?: unknown
  readonly error?: {readonly code: string; readonly message: string}
}

describeOnServers('call', ['engine', 'redis-7.0', 'valkey-9.1'], (flavour) => {
  let cluster: QuickCluster

  before(async () => {
    cluster = await quickCluster(flavour, {replicasEach: 1})
  })

  it('asks every node and prints the replies as redis-cli does, the entry first', async () => {
    const {code, stdout, stderr} = await runCli(['call', cluster.entry, 'config', 'get', 'maxmemory'])
    expect(code, stderr).to.equal(0)
    const lines = stdout.trimEnd().split('\n')
    expect(lines).to.have.length(12)
    expect(lines.slice(0, 2)).to.deep.equal([`${cluster.entry}: maxmemory`, '0'])
    for (const {address} of cluster.nodes) expect(stdout).to.include(`${address}: maxmemory\n0\n`)
  })

  for (const [flag, role] of [
    ['--only-primaries', 'primary'],
    ['--cluster-only-masters', 'primary'],
    ['--only-replicas', 'replica'],
    ['--cluster-only-replicas', 'replica'],
  ] as const) {
    it(`asks only those of one role with ${flag}, before or behind the command`, async () => {
      for (const words of [
        [flag, cluster.entry, 'ping'],
        [cluster.entry, 'ping', flag],
      ]) {
        const {stdout} = await runCli(['call', '--json', ...words])
        const {answers} = JSON.parse(stdout) as {answers: readonly Answer[]}
        expect(answers.map((answer) => answer.role)).to.deep.equal([role, role, role])
        expect(answers.map(({reply}) => reply)).to.deep.equal(['PONG', 'PONG', 'PONG'])
      }
    })
  }

  it('keeps words that occur twice where they are', async () => {
    const words = ['command', 'getkeys', 'mset', 'a', '1', 'b', '1']
    const {stdout} = await runCli(['call', cluster.entry, ...words, '--only-this'])
    expect(stdout).to.equal(`${cluster.entry}: a\nb\n`)
  })

  it('passes values on that begin with a dash', async () => {
    const counter = await runCli(['call', cluster.entry, 'echo', '-1'])
    expect(counter.stdout.split('\n')[0]).to.equal(`${cluster.entry}: -1`)
    const flagLike = await runCli(['call', cluster.entry, '--', 'echo', '--json'])
    expect(flagLike.stdout.split('\n')[0]).to.equal(`${cluster.entry}: --json`)
  })

  it('fails when a node answers with an error, which it prints in its place', async () => {
    const {code, stdout} = await runCli(['call', cluster.entry, 'get', 'key:1', '--only-primaries'])
    expect(code).to.equal(1)
    const owner = cluster.primaries[1]!.address
    const lines = cluster.primaries.map(({address}) => `${address}: ${address === owner ? '' : `MOVED 6657 ${owner}`}`)
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.trimEnd()),
    ).to.have.members(lines.map((line) => line.trimEnd()))
  })

  it('gives replies of all shapes as data', async () => {
    // The engine runs no scripts: there the empty keyspace's SCAN has to do.
    const [words, shapes] =
      flavour === 'engine'
        ? [
            ['scan', '0'],
            ['0', []],
          ]
        : [
            ['eval', "return {1, 'two', {3, false}}", '0'],
            [1, 'two', [3, null]],
          ]
    const {stdout} = await runCli(['call', '--json', cluster.entry, ...words, '--only-primaries'])
    const {answers} = JSON.parse(stdout) as {answers: readonly Answer[]}
    expect(answers.map(({reply}) => reply)).to.deep.equal(Array(3).fill(shapes))
  })

  it('asks the node that is named with --only-this, whatever the others do', async () => {
    const replica = cluster.nodes.node(5).address
    const {code, stdout} = await runCli(['call', replica, 'cluster', 'myid', '--only-this'])
    expect({code, stdout}).to.deep.equal({code: 0, stdout: `${replica}: ${cluster.ids[5]!}\n`})
    cluster.nodes.pause(4)
    const beside = await runCli(['call', replica, 'ping', '--only-this'])
    cluster.nodes.resume(4)
    expect(beside).to.include({code: 0, stdout: `${replica}: PONG\n`, stderr: ''})
  })

  it('refuses to ask nobody', async () => {
    const {code, stderr} = await runCli(['call', cluster.entry, 'ping', '--only-primaries', '--only-replicas'])
    expect(code).to.equal(2)
    expect(stderr).to.include('leave no node')
  })

  it('wants a command', async () => {
    expect(await runCli(['call', cluster.entry])).to.include({code: 2})
  })
})

describeOnServers('set-timeout', ['engine', 'redis-7.0', 'valkey-9.1'], (flavour) => {
  let cluster: QuickCluster

  before(async () => {
    cluster = await quickCluster(flavour, {replicasEach: 1})
  })

  it('sets the node timeout on every node, and writes it into its configuration', async () => {
    const {code, stderr} = await runCli(['set-timeout', cluster.entry, '4321', '--yes'])
    expect(code, stderr).to.equal(0)
    for (const index of cluster.nodes.addresses.keys()) {
      expect(await cluster.nodes.configOf(index, 'cluster-node-timeout')).to.equal('4321')
      await cluster.nodes.restart(index)
      expect(await cluster.nodes.configOf(index, 'cluster-node-timeout')).to.equal('4321')
    }
  })

  it('ends with 5 where a node is away, and names it: that one keeps what it has', async () => {
    const away = cluster.nodes.addresses.length - 1
    await cluster.nodes.kill(away)
    const {code, stderr} = await runCli(['set-timeout', cluster.entry, '5432', '--yes'])
    expect(code, stderr).to.equal(5)
    expect(stderr).to.include(
      `${cluster.nodes.node(away).address} keeps its node timeout: start it, then the same command again`,
    )
    await cluster.nodes.restart(away)
    expect(await cluster.nodes.configOf(away, 'cluster-node-timeout')).to.equal('4321')
  })

  it('refuses less than 100 ms, and what is no number', async () => {
    const low = await runCli(['set-timeout', cluster.entry, '99', '--yes'])
    expect(low.code).to.equal(3)
    expect(low.stderr).to.include('[timeout-too-low]')
    expect((await runCli(['set-timeout', cluster.entry, '5s', '--yes'])).code).to.equal(2)
  })
})
