/** Big keys: told, moved last, left, or moved whole; and never so that their nodes look dead. */
import {expect} from 'chai'
import {slotOf} from '../../src/model/slot.js'
import {openSlots, selfOf, slotsOf} from '../support/cluster-facts.js'
import {quickCluster, type QuickCluster} from '../support/quick-cluster.js'
import {describeOnServers} from '../support/real-servers.js'
import {command, RespConnection} from '../support/resp.js'
import {runCli, startCli, type CliResult} from '../support/run-cli.js'
import {fillKeys} from '../support/test-data.js'

const MEMBERS = 160_000

type Words = (string | number)[]

/** What makes a key of some 12 MB out of nothing. */
const MAKERS = {
  string: (key: string) => [['SETRANGE', key, 12_000_000, 'end']],
  hash: (key: string) => Array.from({length: 60}, (_, field) => ['HSET', key, field, 'v'.repeat(200_000)]),
  zset: (key: string) =>
    Array.from({length: MEMBERS / 1000}, (_, batch) => [
      'ZADD',
      key,
      ...Array.from({length: 1000}, (_, index) => [index, `member ${batch} ${index}`]).flat(),
    ]),
} satisfies Record<string, (key: string) => Words[]>

/** A name of that beginning whose slot is one of the first 5,000: the first primary's. */
function nameHere(beginning: string): string {
  for (let number = 0; ; number++) {
    const name = `${beginning}:${number}`
    if (slotOf(Buffer.from(name)) < 5_000) return name
  }
}

const BIG = Object.keys(MAKERS).map((type) => nameHere(type))
const BIG_SLOTS = BIG.map((key) => slotOf(Buffer.from(key))).sort((a, b) => a - b)

async function makeBigKeys({primaries}: QuickCluster, makers: readonly ((key: string) => Words[])[]): Promise<void> {
  const connection = await RespConnection.open(primaries[0]!, 30_000)
  for (const [index, make] of makers.entries()) {
    await connection.pipeline(make(BIG[index]!))
  }
  connection.close()
}

async function keysIn({primaries}: QuickCluster): Promise<number> {
  const sizes = await Promise.all(primaries.map((node) => command(node, 'DBSIZE')))
  return sizes.reduce<number>((sum, each) => sum + Number(each), 0)
}

/** Slots 0 to 4,999, from the first primary to the second. */
function move({entry, ids}: QuickCluster, ...flags: string[]): Promise<CliResult> {
  return runCli(['reshard', entry, '--slots', '0-4999', '--from', ids[0]!, '--to', ids[1]!, '--yes', ...flags])
}

describeOnServers('big keys', ['redis-7.0'], (flavour) => {
  let cluster: QuickCluster

  before(async () => {
    cluster = await quickCluster(flavour, {primaries: 3})
    await fillKeys(cluster.nodes, 5_000, {types: ['string']})
    await makeBigKeys(cluster, Object.values(MAKERS))
  })

  it('are listed in a plan that was to look for them, with what they will cost', async () => {
    const {stdout} = await move(cluster, '--scan-sizes', '--dry-run')
    for (const key of BIG) {
      expect(stdout).to.match(new RegExp(`"${key}" +\\d+ +${cluster.entry} +\\w+ +[\\d.]+ MiB +\\d+ ms`))
    }
    expect(await openSlots(cluster.nodes)).to.deep.equal([])
  })

  it('stay with their slots when they are to be skipped, which is told with the command that moves them later', async () => {
    const {code, stderr} = await move(cluster, '--big-keys', 'skip')
    expect(code, stderr).to.equal(5)
    const left = `tscluster reshard ${cluster.entry} --slots ${BIG_SLOTS.join(',')} --to ${cluster.primaries[1]!.address} --big-keys last`
    expect(stderr)
      .to.include(`3 slots (${BIG_SLOTS.join(' ')}) stay`)
      .and.include(left)
    const [source] = await slotsOf(cluster.primaries)
    expect(source).to.equal(`${BIG_SLOTS.join(' ')} 5000-5460`)
    expect(await openSlots(cluster.nodes)).to.deep.equal([])
    expect(await keysIn(cluster)).to.equal(5_003)
  })

  it('go after all other keys by default, each told with the stall to expect', async () => {
    const {code, stdout, stderr} = await move(cluster, '--scan-sizes')
    expect(code, stderr).to.equal(0)
    expect(stdout).to.match(/^done reshard: 3 slots and \d+ keys moved/)
    for (const key of BIG) {
      expect(stderr).to.match(new RegExp(`big key "${key}".*for about \\d+ ms; it goes after all others`))
    }
    expect((await selfOf(cluster.primaries[0]!)).slots.toString()).to.equal('5000-5460')
    expect(await keysIn(cluster)).to.equal(5_003)
    expect(await command(cluster.primaries[1]!, 'ZCARD', BIG[2]!)).to.equal(MEMBERS)
  })
})

describeOnServers('a big key that would make its node look dead', ['redis-7.0'], (flavour) => {
  let cluster: QuickCluster
  const key = nameHere('dangerous')
  /** A string of so many bytes is expected to stop its nodes for 0.8 s: more than half of the timeout. */
  const [timeoutMs, bytes] = [1_500, 80_000_000]

  const timeouts = (): Promise<unknown[]> => {
    return Promise.all([...cluster.nodes].map((node) => command(node, 'CONFIG', 'GET', 'cluster-node-timeout')))
  }
  const own = (): unknown[] => [...cluster.nodes].map(() => ['cluster-node-timeout', String(timeoutMs)])
  const words = (from: number, to: number): string[] => {
    const {entry, ids} = cluster
    const slot = slotOf(Buffer.from(key))
    return ['reshard', entry, '--slots', `${slot}-${slot}`, '--from', ids[from]!, '--to', ids[to]!, '--yes']
  }

  before(async () => {
    cluster = await quickCluster(flavour, {primaries: 3, replicasEach: 1, nodeTimeoutMs: timeoutMs})
    await command(cluster.primaries[0]!, 'SETRANGE', key, bytes - 1, 'x')
  })

  it('moves while the node timeouts are raised, which are put back: nobody is replaced', async () => {
    const {code, stderr} = await runCli(words(0, 1))
    expect(code, stderr).to.equal(0)
    expect(stderr).to.match(/cluster-node-timeout is at least \d+ ms on 6 nodes while key "dangerous/)
    expect(await timeouts()).to.deep.equal(own())
    expect(await command(cluster.primaries[1]!, 'STRLEN', key)).to.equal(bytes)
    for (const primary of cluster.primaries) expect((await selfOf(primary)).primaryId).to.equal(null)
  })

  it('leaves no raised timeout behind after Ctrl-C', async () => {
    const running = startCli(words(1, 2))
    await running.signalAfter(/cluster-node-timeout is at least/, 'SIGINT')
    await running.signalAfter(/stopping: what is in hand/, 'SIGINT')
    const {stderr} = await running.done
    expect(stderr).to.include('stopping at once')
    expect(await timeouts()).to.deep.equal(own())
    await runCli(['fix', cluster.entry, '--yes'])
    expect(await openSlots(cluster.nodes)).to.deep.equal([])
  })

  it('leaves timeouts behind when it is killed that say what they were, which fix tells', async () => {
    const running = startCli(words(2, 0))
    await running.signalAfter(/cluster-node-timeout is at least/, 'SIGKILL')
    await running.done
    const {stderr} = await runCli(['fix', cluster.entry, '--yes'])
    expect(stderr).to.include(`put it back with \`tscluster set-timeout ${cluster.entry} ${timeoutMs}\``)
    expect(await openSlots(cluster.nodes)).to.deep.equal([])
    expect(await runCli(['set-timeout', cluster.entry, String(timeoutMs), '--yes'])).to.include({code: 0})
    expect(await timeouts()).to.deep.equal(own())
  })
})

describeOnServers('slots with big keys, moved whole', ['valkey-9.1'], (flavour) => {
  it('go atomically, all others by MIGRATE', async () => {
    const cluster = await quickCluster(flavour, {primaries: 3})
    await fillKeys(cluster.nodes, 2_000, {types: ['string']})
    await makeBigKeys(cluster, [MAKERS.string])
    const {code, stderr} = await move(cluster, '--no-atomic', '--big-keys', 'atomic')
    expect(code, stderr).to.equal(0)
    expect(stderr).to.match(new RegExp(`big key "${BIG[0]!}".*its slot is moved whole`))
    expect((await selfOf(cluster.primaries[0]!)).slots.toString()).to.equal('5000-5460')
    expect(await keysIn(cluster)).to.equal(2_001)
    const slot = slotOf(Buffer.from(BIG[0]!))
    const migrations = JSON.stringify(await command(cluster.primaries[0]!, 'CLUSTER', 'GETSLOTMIGRATIONS'))
    expect(migrations).to.include(`"slot_ranges","${slot}-${slot}"`)
    await cluster.stop()
  })
})
