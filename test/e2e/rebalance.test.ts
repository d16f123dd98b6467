/** `tscluster rebalance`: every primary gets its share, and not a key is lost on the way. */
import {expect} from 'chai'
import type {PlanResult} from '../../src/cli/run-plan.js'
import {openSlots, slotCounts} from '../support/cluster-facts.js'
import {quickCluster, untilClusterAgrees, type QuickCluster} from '../support/quick-cluster.js'
import {describeOnServers, WITH_ENGINE} from '../support/real-servers.js'
import {runCli, type CliResult} from '../support/run-cli.js'
import {differences, digest, fillKeys} from '../support/test-data.js'

function rebalance({entry}: QuickCluster, ...flags: string[]): Promise<CliResult> {
  return runCli(['rebalance', entry, '--yes', ...flags])
}

describeOnServers('rebalance', WITH_ENGINE, (flavour) => {
  let cluster: QuickCluster
  let keys: ReadonlyMap<string, string>

  /** Each test begins where the one before it ended. */
  before(async () => {
    cluster = await quickCluster(flavour, {
      primaries: 4,
      slots: ['0-8181 8192-8201', '8182-8191 8202-12287', '12288-16383', ''],
    })
    await fillKeys(cluster.nodes, 1_000)
    keys = await digest(cluster.nodes)
  })

  afterEach(async () => {
    expect(differences(keys, await digest(cluster.nodes))).to.deep.equal([])
    expect(await openSlots(cluster.nodes)).to.deep.equal([])
  })

  it('changes nothing with --dry-run or --simulate', async () => {
    for (const flag of ['--dry-run', '--simulate']) {
      const {code, stdout} = await rebalance(cluster, flag)
      expect(code).to.equal(0)
      expect(stdout).to.match(/move 1365 slots (\(0-1364\)|\(1365-2729\)) from /)
    }
    expect(await slotCounts(cluster.primaries)).to.deep.equal([8192, 4096, 4096, 0])
  })

  it('merges ranges with --defragment, for as many moves as it may spend', async () => {
    const asTheyAre = ['--weight', `${cluster.ids[0]!}=2`, '--threshold', '0']
    const none = await rebalance(cluster, ...asTheyAre, '--defragment', '19')
    expect(none.stdout).to.match(
      /^balanced: .* and of the 5 ranges of its slot map none can be merged by moving at most 19/,
    )
    const {code, stderr} = await rebalance(cluster, ...asTheyAre, '--defragment', '20')
    expect(stderr).to.include('the slot map: 5 ranges -> 3 ranges for 20 slots moved')
    expect(code).to.equal(0)
    expect(await slotCounts(cluster.primaries)).to.deep.equal([8192, 4096, 4096, 0])
  })

  it('evens out the primaries that have slots', async () => {
    const {code, stdout} = await rebalance(cluster)
    expect(stdout).to.match(/^done rebalance: 2,730 slots and \d+ keys moved/)
    expect(code).to.equal(0)
    expect(await slotCounts(cluster.primaries)).to.deep.equal([5462, 5461, 5461, 0])
  })

  it('has nothing to do when all are within the threshold', async () => {
    const {code, stdout} = await rebalance(cluster)
    expect({code, stdout}).to.deep.equal({code: 0, stdout: 'balanced: every primary is within 2 % of its share\n'})
  })

  it('gives an empty primary its share with --use-empty-primaries, and with the old name of the flag', async () => {
    const dry = await rebalance(cluster, '--use-empty-masters', '--dry-run')
    expect(dry.stdout).to.include(` to ${cluster.primaries[3]!.address}`)
    expect(await rebalance(cluster, '--use-empty-primaries')).to.include({code: 0})
    expect(await slotCounts(cluster.primaries)).to.deep.equal([4096, 4096, 4096, 4096])
  })

  it('follows the weights, and drains a primary of weight 0', async () => {
    const [heavy, drained] = [`${cluster.ids[0]!.slice(0, 12)}=2`, `${cluster.primaries[3]!.address}=0`]
    const {code, stderr} = await rebalance(cluster, '--weight', heavy, '--weight', drained)
    expect(code, stderr).to.equal(0)
    expect(await slotCounts(cluster.primaries)).to.deep.equal([8192, 4096, 4096, 0])
    await untilClusterAgrees(cluster.nodes)
  })

  it('does nothing below the threshold that is given', async () => {
    const {code, stdout} = await rebalance(cluster, '--threshold', '50')
    expect(code).to.equal(0)
    expect(stdout).to.include('within 50 %')
  })

  it('tells a program what it would do', async () => {
    const {code, stdout, stderr} = await rebalance(cluster, '--dry-run', '--json')
    const result = JSON.parse(stdout) as PlanResult
    expect({code, stderr}).to.deep.equal({code: 0, stderr: ''})
    expect(result).to.include({schema: 'tscluster.rebalance/1', status: 'planned', exitCode: 0})
    expect(result.plan!.phases[0]!.steps).to.have.length.greaterThan(0)
  })
})

describeOnServers('rebalance, refused', ['redis-7.0'], (flavour) => {
  let cluster: QuickCluster

  before(async () => {
    cluster = await quickCluster(flavour)
  })

  for (const [flags, code, reason] of [
    [['--weight', 'nobody=1'], 2, /no node of this cluster is called "nobody"/],
    [['--weight', 'first=heavy'], 2, /"heavy" is not a weight/],
    [['--weight', 'first=-1'], 2, /"-1" is not a weight/],
    [['--threshold', 'much'], 2, /--threshold wants a percentage/],
    [['--defragment', 'some'], 2, /--defragment wants a whole number of slots, or all/],
    [['--weight', 'first=0', '--weight', 'second=0', '--weight', 'third=0'], 3, /\[invalid-weight\]/],
  ] as const) {
    it(`refuses ${flags.join(' ')}`, async () => {
      const names = new Map(cluster.primaries.map(({address}, index) => [['first', 'second', 'third'][index], address]))
      const words = flags.map((word) => word.replace(/^(first|second|third)/, (name) => names.get(name)!))
      const result = await rebalance(cluster, ...words)
      expect(result.stderr).to.match(reason)
      expect({code: result.code, stdout: result.stdout}).to.deep.equal({code, stdout: ''})
    })
  }
})

describeOnServers('rebalance by atomic slot migration', ['valkey-9.1'], (flavour) => {
  it('moves whole slots, and opens none', async () => {
    const cluster = await quickCluster(flavour, {primaries: 3, slots: ['0-16383', '', ''], replicasEach: 1})
    await fillKeys(cluster.nodes, 1_000)
    const keys = await digest(cluster.nodes)
    const {code, stderr} = await rebalance(cluster, '--use-empty-primaries', '--atomic', '--explain')
    expect(code, stderr).to.equal(0)
    expect(stderr).to.include('CLUSTER MIGRATESLOTS SLOTSRANGE').and.not.include('SETSLOT')
    expect(await slotCounts(cluster.primaries)).to.have.members([5461, 5461, 5462])
    expect(differences(keys, await digest(cluster.nodes))).to.deep.equal([])
  })
})
