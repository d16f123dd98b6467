/** Subcommands that change a cluster: each tool gets one of two equal clusters, and must say and do the same. */
import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {expect} from 'chai'
import {slotsOf} from '../../support/cluster-facts.js'
import {quickCluster, untilClusterAgrees, type ClusterShape, type QuickCluster} from '../../support/quick-cluster.js'
import {describeOnServers, type Flavour} from '../../support/real-servers.js'
import {command} from '../../support/resp.js'
import type {CliOptions} from '../../support/run-cli.js'
import {startNodes, stopAllNodes, type ServerNodes} from '../../support/server-nodes.js'
import {differences, digest, fillKeys} from '../../support/test-data.js'
import {comparable, original, ours} from './side-by-side.js'

type Line = (cluster: QuickCluster) => readonly string[]

interface Twins {
  readonly theirs: QuickCluster
  readonly mine: QuickCluster
}

async function twins(flavour: Flavour, shape: ClusterShape): Promise<Twins> {
  const [theirs, mine] = await Promise.all([quickCluster(flavour, shape), quickCluster(flavour, shape)])
  return {theirs, mine}
}

/** redis-cli's add-node leaves it to gossip to tell the others of the newcomer. */
async function untilKnownToAll({theirs, mine}: Twins): Promise<void> {
  await Promise.all([untilClusterAgrees(theirs.nodes), untilClusterAgrees(mine.nodes)])
}

/** The same line to both, and afterwards the same slots at the same places. */
async function expectTwins(
  flavour: Flavour,
  {theirs, mine}: Twins,
  line: Line,
  options: CliOptions = {},
): Promise<void> {
  const [told, said] = await Promise.all([
    original(flavour, line(theirs), options).then((result) => comparable(result, theirs)),
    ours(flavour, line(mine), options).then((result) => comparable(result, mine)),
  ])
  expect(said).to.deep.equal(told)
  expect(await slotsOf(mine.nodes)).to.deep.equal(await slotsOf(theirs.nodes))
}

describeOnServers('create', ['redis-7.0', 'redis-8.0', 'valkey-8.1', 'valkey-9.1'], (flavour) => {
  let theirs: ServerNodes
  let mine: ServerNodes

  beforeEach(async () => {
    ;[theirs, mine] = await Promise.all([startNodes(flavour, 6), startNodes(flavour, 6)])
  })

  afterEach(() => Promise.all([theirs.stop(), mine.stop()]))

  async function compare(count: number, more: readonly string[], input: string): Promise<string> {
    const line = (nodes: ServerNodes): string[] => ['--cluster', 'create', ...nodes.addresses.slice(0, count), ...more]
    const named = async (nodes: ServerNodes) => {
      const ids = await Promise.all([...nodes].map((node) => command(node, 'CLUSTER', 'MYID')))
      return {ids: ids.map(String), nodes}
    }
    const [told, said] = await Promise.all([
      original(flavour, line(theirs), {input}).then(async (result) => comparable(result, await named(theirs))),
      ours(flavour, line(mine), {input}).then(async (result) => comparable(result, await named(mine))),
    ])
    expect(said).to.deep.equal(told)
    return said.out
  }

  it('asks, and makes the cluster', async () => {
    expect(await compare(3, [], 'yes\n')).to.contain('[OK] All 16384 slots covered.')
  })

  it('does nothing when it is declined, which is no failure', async () => {
    await compare(3, [], 'no\n')
    await compare(3, [], '')
    expect(await mine.command(0, 'CLUSTER', 'INFO')).to.contain('cluster_slots_assigned:0')
  })

  it('does not ask with --cluster-yes', async () => {
    expect(await compare(4, ['--cluster-yes'], '')).not.to.contain('Can I set')
  })

  it('pairs replicas with primaries, and ends with all of them in place', async () => {
    const {stdout, code} = await ours(flavour, [
      '--cluster',
      'create',
      ...mine.addresses,
      '--cluster-replicas',
      '1',
      '--cluster-yes',
    ])
    expect(code, stdout).to.equal(0)
    expect(stdout.match(/1 additional replica\(s\)/g)).to.have.length(3)
  })

  it('refuses nodes that are not empty', async () => {
    await Promise.all(
      [theirs.command(1, 'SET', 'key', 'value'), mine.command(1, 'SET', 'key', 'value')].map((write) =>
        write.catch(() => null),
      ),
    )
    await Promise.all([
      theirs.command(0, 'CLUSTER', 'MEET', '127.0.0.1', theirs.node(1).port),
      mine.command(0, 'CLUSTER', 'MEET', '127.0.0.1', mine.node(1).port),
    ])
    expect(await compare(3, ['--cluster-yes'], '')).to.contain('is not empty')
  })

  if (!flavour.startsWith('valkey')) {
    it('refuses too few nodes', async () => {
      expect(await compare(2, [], '')).to.contain('*** At least 3 nodes are required.')
    })
  } else {
    it('asks before it makes a cluster of two primaries', async () => {
      await compare(2, [], 'no\n')
      expect(await compare(2, ['--cluster-yes'], '')).to.contain('Requested to create a cluster with 2 primaries')
    })
  }
})

describeOnServers('reshard', ['engine', 'redis-8.0', 'valkey-8.1'], (flavour) => {
  afterEach(stopAllNodes)

  it('by ids, as many slots as were asked for', async () => {
    const both = await twins(flavour, {primaries: 3, replicasEach: 1})
    await Promise.all([fillKeys([...both.theirs.primaries], 500), fillKeys([...both.mine.primaries], 500)])
    const before = await digest([...both.mine.primaries])
    const options = ['--cluster-slots', '20', '--cluster-yes']
    const line: Line = ({entry, ids}) => [
      '--cluster',
      'reshard',
      entry,
      '--cluster-from',
      ids[1]!,
      '--cluster-to',
      ids[0]!,
      ...options,
    ]
    await expectTwins(flavour, both, line)
    expect(differences(before, await digest([...both.mine.primaries]))).to.deep.equal([])
  })

  it('from all, when the share of each is a whole number', async () => {
    const both = await twins(flavour, {primaries: 3, slots: ['0-5461', '5462-10922', '10923-16383']})
    await expectTwins(flavour, both, ({entry, ids}) => [
      ...['--cluster', 'reshard', entry, '--cluster-from', 'all', '--cluster-to', ids[0]!],
      ...['--cluster-slots', '10', '--cluster-yes'],
    ])
  })

  it('takes more than the source has as all that it has', async () => {
    const both = await twins(flavour, {primaries: 3, slots: ['0-15', '16-10922', '10923-16383']})
    await expectTwins(flavour, both, ({entry, ids}) => [
      ...['--cluster', 'reshard', entry, '--cluster-from', ids[0]!, '--cluster-to', ids[1]!],
      ...['--cluster-slots', '16384', '--cluster-yes'],
    ])
  })

  it('asks four questions, and takes the answers from a pipe', async () => {
    const cluster = await quickCluster(flavour, {primaries: 3})
    const [first, second, third] = cluster.ids as [string, string, string]
    const input = `many\n5\n${first}\n${second}\n${first}\n${third}\ndone\nyes\n`
    const {stdout, stderr, code} = await ours(flavour, ['--cluster', 'reshard', cluster.entry], {input})
    expect({stderr, code}).to.deep.equal({stderr: '', code: 0})
    expect(stdout).to.contain(
      [
        'How many slots do you want to move (from 1 to 16384)? How many slots do you want to move (from 1 to 16384)? ' +
          'What is the receiving node ID? Please enter all the source node IDs.',
        "  Type 'all' to use all the nodes as source nodes for the hash slots.",
        "  Type 'done' once you entered all the source nodes IDs.",
        'Source node #1: Source node #2: *** It is not possible to use the target node as source node.',
        'Source node #2: Source node #3: ',
        'Ready to move 5 slots.',
      ].join('\n'),
    )
    expect(stdout).to.contain('Do you want to proceed with the proposed reshard plan (yes/no)? Moving slot ')
    expect(stdout.match(/^ {4}Moving slot \d+ from [0-9a-f]{40}$/gm)).to.have.length(5)
  })

  it('ends when the answers do, where redis-cli asks for ever', async () => {
    const cluster = await quickCluster(flavour, {primaries: 3})
    const {stderr, code} = await ours(flavour, ['--cluster', 'reshard', cluster.entry], {input: '5\n'})
    expect({stderr, code}).to.deep.equal({stderr: '[ERR] No answer on standard input: give --cluster-to\n', code: 1})
  })

  it('moves nothing when it is declined', async () => {
    const both = await twins(flavour, {primaries: 3})
    const line: Line = ({entry, ids}) => [
      '--cluster',
      'reshard',
      entry,
      '--cluster-from',
      ids[1]!,
      '--cluster-to',
      ids[0]!,
      '--cluster-slots',
      '3',
    ]
    await expectTwins(flavour, both, line, {input: 'no\n'})
  })

  it('stops at a key that the target has with another value, and fails', async () => {
    const cluster = await quickCluster(flavour, {primaries: 3})
    const [first, second] = cluster.ids as [string, string]
    await cluster.nodes.command(0, 'SET', 'foo{b}', 'source')
    await cluster.nodes.command(1, 'CLUSTER', 'SETSLOT', 3300, 'IMPORTING', first)
    await cluster.nodes.command(0, 'MIGRATE', '127.0.0.1', cluster.nodes.node(1).port, 'foo{b}', 0, 1000, 'COPY')
    await cluster.nodes.command(1, 'CLUSTER', 'SETSLOT', 3300, 'STABLE')
    await cluster.nodes.command(0, 'SET', 'foo{b}', 'changed')
    const reshard = ['--cluster', 'reshard', cluster.entry, '--cluster-from', first, '--cluster-to', second]
    const {stdout, code} = await ours(flavour, [...reshard, '--cluster-slots', '3301', '--cluster-yes'])
    expect(code).to.equal(1)
    expect(stdout).to.contain('*** Target key exists').and.to.contain('clusterManagerMoveSlot failed: ')
    const again = await ours(flavour, ['--cluster', 'fix', cluster.entry, '--cluster-replace'])
    expect(again.code).to.equal(0)
    expect(again.stdout).to.contain('>>> Case 1: Moving slot 3300 from ')
  })
})

describeOnServers('rebalance', ['redis-8.0', 'valkey-8.1'], (flavour) => {
  afterEach(stopAllNodes)

  const simulate = (shape: ClusterShape, more: (ids: readonly string[]) => readonly string[]) => async () => {
    const both = await twins(flavour, shape)
    await expectTwins(flavour, both, ({entry, ids}) => [
      '--cluster',
      'rebalance',
      entry,
      '--cluster-simulate',
      ...more(ids),
    ])
  }

  it(
    'of one primary with too many slots',
    simulate({primaries: 2, slots: ['0-12287', '12288-16383']}, () => ['--verbose']),
  )

  it(
    'with weights',
    simulate({primaries: 2}, (ids) => ['--cluster-weight', `${ids[0]!.slice(0, 12)}=3`]),
  )

  it('with an empty primary, by the numbers of the reference', async () => {
    const cluster = await quickCluster(flavour, {primaries: 4, slots: ['0-5460', '5461-10922', '10923-16383', '']})
    const {stdout, code} = await ours(flavour, ['--cluster', 'rebalance', cluster.entry, '--cluster-use-empty-masters'])
    expect(code).to.equal(0)
    expect(stdout).to.contain('>>> Rebalancing across 4 nodes. Total weight = 4.00\n')
    const [address] = [cluster.nodes.node(3).address]
    const moves = [...stdout.matchAll(/^Moving (\d+) slots from \S+ to (\S+)\n(#+)$/gm)]
    expect(moves.map(([, count, target, hashes]) => [Number(count), target, hashes!.length])).to.have.deep.members([
      [1366, address, 1366],
      [1365, address, 1365],
      [1365, address, 1365],
    ])
  })

  it('refuses a weight that is none', async () => {
    const cluster = await quickCluster(flavour, {primaries: 2})
    const {stdout, code} = await ours(flavour, [
      '--cluster',
      'rebalance',
      cluster.entry,
      '--cluster-weight',
      `${cluster.ids[0]!}=heavy`,
    ])
    expect(code).to.equal(1)
    expect(stdout).to.match(/^\*\*\* invalid weight \S+=heavy/)
  })
})

describeOnServers('nodes that come and go', ['engine', 'redis-8.0'], (flavour) => {
  afterEach(stopAllNodes)

  it('a primary', async () => {
    const both = await twins(flavour, {primaries: 3, spares: 1})
    await expectTwins(flavour, both, ({entry, nodes}) => ['--cluster', 'add-node', nodes.node(3).address, entry])
    await untilKnownToAll(both)
    await expectTwins(flavour, both, ({entry, ids}) => ['--cluster', 'del-node', entry, ids[3]!])
  })

  it('a replica of a primary that is named', async () => {
    const both = await twins(flavour, {primaries: 3, spares: 1, config: {'repl-diskless-sync-delay': 0}})
    const line: Line = ({entry, nodes, ids}) => [
      '--cluster',
      'add-node',
      nodes.node(3).address,
      entry,
      '--cluster-slave',
      '--cluster-master-id',
      ids[1]!,
    ]
    await expectTwins(flavour, both, line)
    await untilKnownToAll(both)
    const {stdout} = await ours(flavour, ['--cluster', 'check', both.mine.entry])
    expect(stdout).to.contain(`   replicates ${both.mine.ids[1]!}`)
    await expectTwins(flavour, both, ({entry, ids}) => ['--cluster', 'del-node', entry, ids[3]!])
  })

  it('a primary that still has slots stays', async () => {
    const both = await twins(flavour, {primaries: 3})
    await expectTwins(flavour, both, ({entry, ids}) => ['--cluster', 'del-node', entry, ids[2]!])
    await expectTwins(flavour, both, ({entry}) => ['--cluster', 'del-node', entry, 'nobody'])
  })

  it('a dead replica goes, which redis-cli cannot do', async () => {
    const cluster = await quickCluster(flavour, {primaries: 3, replicasEach: 1, nodeTimeoutMs: 500})
    await cluster.nodes.kill(5)
    await untilFailed(cluster, 5)
    const {stdout, stderr, code} = await ours(flavour, ['--cluster', 'del-node', cluster.entry, cluster.ids[5]!])
    expect(code, stdout).to.equal(0)
    expect(stdout).to.contain('unable to send CLUSTER RESET.')
    expect(stderr).to.match(/^Could not connect to \w+ at \S+: Connection refused\n$/)
  })
})

describeOnServers('fix', ['engine', 'redis-8.0', 'valkey-9.1'], (flavour) => {
  afterEach(stopAllNodes)

  it('finishes a move of which both ends know', async () => {
    const both = await twins(flavour, {primaries: 3})
    for (const {nodes, ids} of [both.theirs, both.mine]) {
      await nodes.command(0, 'SET', 'foo{b}', 'value')
      await nodes.command(1, 'CLUSTER', 'SETSLOT', 3300, 'IMPORTING', ids[0]!)
      await nodes.command(0, 'CLUSTER', 'SETSLOT', 3300, 'MIGRATING', ids[1]!)
    }
    if (!flavour.startsWith('valkey')) {
      await expectTwins(flavour, both, ({entry}) => ['--cluster', 'fix', entry])
    } else {
      const {stdout, code} = await ours(flavour, ['--cluster', 'fix', both.mine.entry])
      expect({code, isCase1: stdout.includes('>>> Case 1: Moving slot 3300')}).to.deep.equal({code: 0, isCase1: true})
    }
  })

  it('closes a slot that only the source knows to be moving', async () => {
    const both = await twins(flavour, {primaries: 3})
    for (const {nodes, ids} of [both.theirs, both.mine]) {
      await nodes.command(0, 'CLUSTER', 'SETSLOT', 3300, 'MIGRATING', ids[1]!)
    }
    await expectTwins(flavour, both, ({entry}) => ['--cluster', 'fix', entry])
  })

  it('asks before it covers slots, whatever --cluster-yes says', async () => {
    const cluster = await quickCluster(flavour, {primaries: 3, slots: ['0-99', '200-10000', '10001-16383']})
    const line = ['--cluster', 'fix', cluster.entry, '--cluster-yes']
    const declined = await ours(flavour, line)
    expect(declined.code).to.equal(1)
    expect(declined.stdout).to.contain(
      [
        '>>> Fixing slots coverage...',
        'The following uncovered slots have no keys across the cluster:',
        '[100-199]',
        "Fix these slots by covering with a random node? (type 'yes' to accept): ",
      ].join('\n'),
    )
    const accepted = await ours(flavour, line, {input: 'yes\n'})
    expect(accepted.code).to.equal(0)
    expect(accepted.stdout.match(/^.*>>> Covering slot \d+ with \S+$/gm)).to.have.length(100)
  })
})

describeOnServers('data in and out', ['engine', 'redis-8.0', 'valkey-8.1'], (flavour) => {
  afterEach(stopAllNodes)

  it('import takes the keys of a server, and refuses what is there with another value', async () => {
    const both = await twins(flavour, {primaries: 3})
    const [theirs, mine] = await Promise.all([
      startNodes(flavour, 1, {cluster: false}),
      startNodes(flavour, 1, {cluster: false}),
    ])
    const sourceOf = (cluster: QuickCluster): ServerNodes => (cluster === both.theirs ? theirs : mine)
    for (const nodes of [theirs, mine]) {
      for (const key of ['one', 'two', 'three']) await nodes.command(0, 'SET', key, 'value')
    }
    const importing = (cluster: QuickCluster): readonly string[] => [
      ...['--cluster', 'import', cluster.entry, '--cluster-from', sourceOf(cluster).node(0).address],
    ]
    const named = (cluster: QuickCluster) => ({ids: cluster.ids, nodes: [...cluster.nodes, sourceOf(cluster).node(0)]})
    const [told, said] = await Promise.all([
      original(flavour, importing(both.theirs)).then((result) => comparable(result, named(both.theirs))),
      ours(flavour, importing(both.mine)).then((result) => comparable(result, named(both.mine))),
    ])
    expect(said).to.deep.equal(told)
    expect(await mine.command(0, 'DBSIZE')).to.equal(0)
    await mine.command(0, 'SET', 'one', 'another')
    const again = await ours(flavour, importing(both.mine))
    expect(again.code).to.equal(1)
    expect(again.stdout).to.contain(
      `Source ${mine.node(0).address} replied with error:\nERR Target instance replied with error: BUSYKEY`,
    )
    expect(await mine.command(0, 'GET', 'one')).to.equal('another')
  })

  it('backup leaves the files that the original leaves', async () => {
    const cluster = await quickCluster(flavour, {primaries: 3, replicasEach: 1})
    await fillKeys([...cluster.primaries], 100)
    const folders = [0, 1].map(() => mkdtempSync(path.join(os.tmpdir(), 'tscluster-backup-'))) as [string, string]
    const [told, said] = [
      await original(flavour, ['--cluster', 'backup', cluster.entry, folders[0]]),
      await ours(flavour, ['--cluster', 'backup', cluster.entry, folders[1]]),
    ]
    expect({...said, stderr: ''}).to.deep.equal({
      ...told,
      stderr: '',
      stdout: told.stdout.replaceAll(folders[0], folders[1]),
    })
    const files = readdirSync(folders[0])
    expect(readdirSync(folders[1])).to.include.members(files)
    expect(readFileSync(path.join(folders[1], 'nodes.json'), 'utf8')).to.equal(
      readFileSync(path.join(folders[0], 'nodes.json'), 'utf8'),
    )
    for (const folder of folders) rmSync(folder, {recursive: true})
    const missing = await ours(flavour, ['--cluster', 'backup', cluster.entry, folders[1]])
    expect({code: missing.code, made: existsSync(folders[1])}).to.deep.equal({code: 1, made: false})
  })
})

async function untilFailed(cluster: QuickCluster, index: number): Promise<void> {
  const {until} = await import('../../support/until.js')
  const isFailed = (text: string): boolean => new RegExp(`^${cluster.ids[index]!} \\S+ \\S*fail `, 'm').test(text)
  await until(
    async () => {
      const accounts = await Promise.all(
        [...cluster.nodes].filter((_, at) => at !== index).map((node) => command(node, 'CLUSTER', 'NODES')),
      )
      return accounts.every((text) => isFailed(String(text)))
    },
    {what: `all nodes to see node ${index} as failed`},
  )
}
