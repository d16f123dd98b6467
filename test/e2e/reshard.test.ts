/** `tscluster reshard`: exactly the slots that were asked for change hands, with every key, while clients write. */
import {expect} from 'chai'
import {openSlots, selfOf, slotCounts, slotsOf, stories} from '../support/cluster-facts.js'
import {quickCluster, type QuickCluster} from '../support/quick-cluster.js'
import {describeOnServers, WITH_ENGINE} from '../support/real-servers.js'
import {command} from '../support/resp.js'
import {runCli, startCli, type CliResult} from '../support/run-cli.js'
import {differences, digest, fillKeys} from '../support/test-data.js'
import {Traffic} from '../support/traffic.js'

function reshard({entry}: QuickCluster, ...flags: string[]): Promise<CliResult> {
  return runCli(['reshard', entry, '--yes', ...flags])
}

describeOnServers('reshard', WITH_ENGINE, (flavour) => {
  let cluster: QuickCluster
  let before_: ReadonlyMap<string, string>

  before(async () => {
    cluster = await quickCluster(flavour, {primaries: 3, replicasEach: 1})
    await fillKeys(cluster.nodes, 3_000, {expireEvery: 3})
    before_ = await digest(cluster.nodes)
  })

  afterEach(async () => {
    expect(differences(before_, await digest(cluster.nodes))).to.deep.equal([])
    expect(await openSlots(cluster.nodes)).to.deep.equal([])
    expect(await stories(cluster.nodes)).to.have.lengthOf(1)
  })

  it('moves exactly as many slots as asked, from all others in proportion', async () => {
    const {code, stdout} = await reshard(cluster, '--from', 'all', '--to', cluster.ids[2]!, '--slots', '1001')
    expect(stdout).to.match(/^done reshard: 1,001 slots and \d+ keys moved/)
    expect(code).to.equal(0)
    expect(await slotCounts(cluster.primaries)).to.deep.equal([4961, 4961, 6462])
  })

  it('moves from the nodes that are named, by address and by the beginning of an id', async () => {
    const [first, second] = [cluster.primaries[2]!.address, cluster.ids[1]!.slice(0, 10)]
    expect(await reshard(cluster, '--from', `${first},${second}`, '--to', cluster.entry, '--slots', '500')).to.include({
      code: 0,
    })
    expect(await slotCounts(cluster.primaries)).to.deep.equal([5461, 4744, 6179])
  })

  it('moves the slots that are named, and finds nothing left to do when it is asked again', async () => {
    const words = ['--to', cluster.ids[1]!, '--slots', '0-9,100']
    expect(await reshard(cluster, ...words)).to.include({code: 0})
    expect((await selfOf(cluster.primaries[1]!)).slots.toString()).to.match(/^0-9 100 /)
    const again = await reshard(cluster, ...words)
    expect(again).to.include({code: 0, stdout: 'nothing to do\n'})
  })

  it('moves from its answers in a pipe, asked in the order of redis-cli', async () => {
    const counts = await slotCounts(cluster.primaries)
    const {code, stderr} = await runCli(['reshard', cluster.entry], {input: `40\n${cluster.ids[0]}\nall\nyes\n`})
    expect(code, stderr).to.equal(0)
    expect(stderr).to.match(/How many slots[^]*receiving node[^]*Source node #1[^]*Carry out this plan\?/)
    expect((await slotCounts(cluster.primaries))[0]).to.equal(counts[0]! + 40)
  })
})

describeOnServers('reshard under load', ['engine', 'redis-7.0', 'valkey-9.1'], (flavour) => {
  for (const [how, flags] of [
    ['with MIGRATE', ['--no-atomic']],
    ...(flavour !== 'redis-7.0' ? [['with atomic slot migration', []] as const] : []),
  ] as const) {
    it(`loses no acknowledged write ${how}`, async () => {
      const cluster = await quickCluster(flavour, {primaries: 3, replicasEach: 1})
      await fillKeys(cluster.nodes, 6_000, {valueBytes: 64})
      const quiet = await digest(cluster.nodes)
      const traffic = Traffic.start([...cluster.primaries])
      const words = ['--from', 'all', '--to', cluster.ids[0]!, '--slots', '6000', ...flags]
      const {code, stderr} = await reshard(cluster, ...words)
      const {writes, lost} = await traffic.stop()
      expect(code, stderr).to.equal(0)
      expect(writes).to.be.greaterThan(100)
      expect(lost).to.deep.equal([])
      const after = await digest(cluster.nodes)
      const untouched = new Map([...after].filter(([key]) => !key.startsWith('traffic:')))
      expect(differences(quiet, untouched)).to.deep.equal([])
      expect(await slotCounts(cluster.primaries)).to.deep.equal([11_461, 2462, 2461])
      await cluster.stop()
    })
  }
})

describeOnServers('reshard, refused', ['engine', 'redis-7.0'], (flavour) => {
  let cluster: QuickCluster
  let layout: string[]

  before(async () => {
    cluster = await quickCluster(flavour, {primaries: 3, replicasEach: 1})
    layout = await slotsOf(cluster.primaries)
  })

  afterEach(async () => {
    expect(await slotsOf(cluster.primaries)).to.deep.equal(layout)
  })

  it('does nothing when the plan is declined', async () => {
    const words = ['reshard', cluster.entry, '--from', 'all', '--to', cluster.entry, '--slots', '10']
    const {code, stderr} = await runCli(words, {input: 'no\n'})
    expect(code).to.equal(3)
    expect(stderr).to.match(/\(type 'yes' to accept\)[^]*declined: nothing was changed/)
  })

  for (const [missing, given] of [
    ['--slots', []],
    ['--to', ['--slots', '10']],
    ['--from', ['--slots', '10', '--to', 'first']],
    ['--yes', ['--slots', '10', '--to', 'first', '--from', 'all']],
  ] as const) {
    it(`names ${missing} where nobody can answer`, async () => {
      const flags = given.map((word) => (word === 'first' ? cluster.entry : word))
      const {code, stdout, stderr} = await runCli(['reshard', cluster.entry, ...flags])
      expect(stderr).to.match(new RegExp(`^error .*\\(give ${missing}\\) \\[usage\\]$`, 'm'))
      expect({code, stdout}).to.deep.equal({code: 2, stdout: ''})
    })
  }

  for (const [what, flags, code, reason] of [
    ['more slots than the sources have', ['--from', '1', '--to', '0', '--slots', '6000'], 3, /\[too-many-slots\]/],
    ['a source that is the target', ['--from', '0', '--to', '0', '--slots', '1'], 3, /\[target-is-source\]/],
    ['a replica as target', ['--from', 'all', '--to', '4', '--slots', '1'], 3, /\[not-a-primary\]/],
    ['slots that the source does not have', ['--from', '1', '--to', '2', '--slots', '0-5'], 3, /\[not-at-source\]/],
    ['a number that is none', ['--from', 'all', '--to', '0', '--slots', '-5'], 2, /from 1 to 16384/],
    ['a node that is unknown', ['--from', 'all', '--to', 'beef', '--slots', '1'], 2, /"beef"/],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const words = flags.map((word) =>
        /^\d$/.test(word) && word !== flags.at(-1) ? cluster.ids[Number(word)]! : word,
      )
      const result = await reshard(cluster, ...words)
      expect(result.stderr).to.match(reason)
      expect({code: result.code, stdout: result.stdout}).to.deep.equal({code, stdout: ''})
    })
  }

  if (flavour === 'redis-7.0') {
    it('refuses --atomic, which this server cannot do', async () => {
      const {code, stderr} = await reshard(cluster, '--atomic', '--to', cluster.entry, '--from', 'all', '--slots', '5')
      expect(code).to.equal(3)
      expect(stderr).to.include('[atomic-not-supported]')
    })
  }

  it('refuses while a slot is open, and says what repairs it', async () => {
    await command(cluster.primaries[0]!, 'CLUSTER', 'SETSLOT', 7, 'MIGRATING', cluster.ids[1]!)
    const {code, stderr} = await reshard(cluster, '--to', cluster.entry, '--from', 'all', '--slots', '5')
    expect(code).to.equal(3)
    expect(stderr).to.include(`tscluster fix ${cluster.entry}`)
    await command(cluster.primaries[0]!, 'CLUSTER', 'SETSLOT', 7, 'STABLE')
  })
})

describeOnServers('reshard, interrupted', ['engine', 'redis-7.0', 'valkey-9.1'], (flavour) => {
  let cluster: QuickCluster
  let keys: ReadonlyMap<string, string>

  beforeEach(async () => {
    cluster = await quickCluster(flavour)
    await fillKeys(cluster.nodes, 12_000, {types: ['string']})
    keys = await digest(cluster.nodes)
  })

  afterEach(async () => {
    expect(differences(keys, await digest(cluster.nodes))).to.deep.equal([])
    await cluster.stop()
  })

  const words = ({entry, ids}: QuickCluster): string[] => {
    return ['reshard', entry, '--from', ids[1]!, '--to', ids[0]!, '--slots', '3000', '--pipeline', '1', '--yes']
  }

  it('finishes what is in hand after the first Ctrl-C, leaves no slot open, and does the rest when it is run again', async () => {
    const running = startCli([...words(cluster), '--json-stream'])
    await running.signalAfter(/"slot-moved"/, 'SIGINT')
    const {code, stderr} = await running.done
    expect(code, stderr).to.equal(5)
    expect(stderr).to.include('stopping: what is in hand is being finished').and.include('to go on: tscluster ')
    expect(await openSlots(cluster.nodes)).to.deep.equal([])
    const [moved] = await slotCounts(cluster.primaries)
    expect(moved).to.be.within(5462, 8460)
    expect(await runCli(words(cluster))).to.include({code: 0})
    expect(await openSlots(cluster.nodes)).to.deep.equal([])
  })

  it('stops at once after the second Ctrl-C, names the command that repairs it, and that command does', async () => {
    const running = startCli([...words(cluster), '--json-stream'])
    await running.signalAfter(/"keys-moved"/, 'SIGINT')
    await running.signalAfter(/stopping: what is in hand/, 'SIGINT')
    const {code, stderr} = await running.done
    expect(code, stderr).to.equal(5)
    expect(stderr).to.match(/stopping at once[^]*tscluster fix /)
    expect(await openSlots(cluster.nodes)).not.to.deep.equal([])
    const fixed = await runCli(['fix', cluster.entry, '--yes'])
    expect(fixed.code, fixed.stderr).to.equal(0)
    expect(await openSlots(cluster.nodes)).to.deep.equal([])
    expect(await runCli(['check', cluster.entry])).to.include({code: 0})
  })

  it('loses nothing when it is killed, and fix repairs what it left', async () => {
    const running = startCli([...words(cluster), '--json-stream'])
    await running.signalAfter(/"keys-moved"/, 'SIGKILL')
    expect((await running.done).signal).to.equal('SIGKILL')
    const fixed = await runCli(['fix', cluster.entry, '--yes'])
    expect(fixed.code, fixed.stderr).to.equal(0)
    expect(await openSlots(cluster.nodes)).to.deep.equal([])
  })
})
