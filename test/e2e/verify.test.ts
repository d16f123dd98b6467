/** `tscluster verify` and `--verify`: what is equal is found equal, what is lost is found lost, and no alarm is false. */
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {expect} from 'chai'
import {slotOf} from '../../src/model/slot.js'
import {quickCluster, type QuickCluster} from '../support/quick-cluster.js'
import {describeOnServers} from '../support/real-servers.js'
import {command, type RespTarget} from '../support/resp.js'
import {runCli, startCli} from '../support/run-cli.js'
import {startNodes, type ServerNode} from '../support/server-nodes.js'
import {fillKeys} from '../support/test-data.js'
import {Traffic} from '../support/traffic.js'
import {until} from '../support/until.js'

const FLAVOURS = ['engine', 'redis-7.0', 'valkey-9.1'] as const

interface Verification {
  readonly status: string
  readonly keys: {
    readonly same: number
    readonly lost: number
    readonly damaged: number
    readonly strays: number
    readonly gone: number
    readonly changed: number
    readonly keysBefore: number
    readonly keys: readonly {readonly key: string; readonly fate: string}[]
  } | null
  readonly canaries: {
    readonly acknowledged: number
    readonly lost: number
    readonly doubled: number
    readonly redirected: {readonly moved: number}
    readonly keys: readonly string[]
  } | null
  readonly leftoversRemoved: number
}

interface Comparison {
  readonly status: string
  readonly keysA: number
  readonly missingInA: number
  readonly missingInB: number
  readonly different: number
  readonly ttl: number
  readonly keys: readonly {readonly key: string; readonly difference: string}[]
}

function verificationIn(stdout: string): Verification {
  return (JSON.parse(stdout) as {readonly verification: Verification}).verification
}

async function keysLike(node: RespTarget, pattern: string): Promise<string[]> {
  return (await command(node, 'KEYS', pattern)) as string[]
}

async function compare(a: string, b: string, ...flags: string[]): Promise<Comparison> {
  return JSON.parse((await runCli(['verify', a, b, '--json', ...flags])).stdout) as Comparison
}

/** A reshard that takes its time, so that something can happen in the middle of it. */
function slowReshard(cluster: QuickCluster, slots: string): ReturnType<typeof startCli> {
  const words = ['--to', cluster.ids[1]!, '--slots', slots, '--no-atomic', '--rate', '600keys/s', '--pipeline', '20']
  return startCli(['reshard', cluster.entry, ...words, '--yes', '--json', '--verify'])
}

async function canariesOn(node: RespTarget): Promise<string[]> {
  return until(
    async () => {
      const keys = await keysLike(node, 'tscluster:canary:*:zset')
      return keys.length >= 8 && keys
    },
    {what: 'the canaries to be written'},
  )
}

/** A key of the upper half of the slots that move, which has not moved yet. */
async function victimOn(node: RespTarget, from: number, to: number): Promise<string> {
  const keys = await keysLike(node, 'key:*')
  return keys.filter((key) => slot(key) >= from && slot(key) <= to).sort((a, b) => slot(b) - slot(a))[0]!
}

/** Of the run that wrote a canary. */
function idOf(key: string): string {
  return key.split(':')[2]!
}

function slot(key: string): number {
  return slotOf(Buffer.from(key))
}

/** From the node to one that has nothing to do with the cluster: no client's command that removes keys is counted. */
async function spirit(key: string, from: RespTarget, to: ServerNode): Promise<void> {
  expect(await command(from, 'MIGRATE', to.host, to.port, key, 0, 5_000)).to.equal('OK')
}

describeOnServers('--verify', FLAVOURS, (flavour) => {
  let cluster: QuickCluster

  before(async () => {
    cluster = await quickCluster(flavour, {primaries: 2})
    await fillKeys(cluster.nodes, 6_000, {expireEvery: 5})
  })

  it('finds every key of moved slots as it was, and no canary lost or left', async () => {
    const words = ['--from', cluster.ids[0]!, '--to', cluster.ids[1]!, '--slots', '300', '--yes', '--json', '--verify']
    const {code, stdout, stderr} = await runCli(['reshard', cluster.entry, ...words])
    expect(code, stderr).to.equal(0)
    const {status, keys, canaries} = verificationIn(stdout)
    expect(status).to.equal('passed')
    expect(keys).to.include({lost: 0, damaged: 0, strays: 0, gone: 0, changed: 0, same: keys!.keysBefore})
    expect(keys!.keysBefore).to.be.greaterThan(50)
    expect(canaries).to.include({lost: 0, doubled: 0})
    expect(canaries!.acknowledged).to.be.at.least(16 * 6)
    expect(canaries!.redirected.moved).to.be.greaterThan(0)
    for (const node of cluster.primaries) expect(await keysLike(node, 'tscluster:canary:*')).to.deep.equal([])
  })

  it('reports 0 lost while clients write, whatever they write', async () => {
    const traffic = Traffic.start([...cluster.primaries])
    const words = ['--from', cluster.ids[1]!, '--to', cluster.ids[0]!, '--slots', '2000', '--yes', '--json', '--verify']
    const {code, stdout, stderr} = await runCli(['reshard', cluster.entry, ...words])
    const {lost} = await traffic.stop()
    expect(code, stderr).to.equal(0)
    expect(lost).to.deep.equal([])
    const {status, keys, canaries} = verificationIn(stdout)
    expect(status).to.be.oneOf(['passed', 'undecided'])
    expect(keys).to.include({lost: 0, damaged: 0, strays: 0, gone: 0})
    expect(canaries).to.include({lost: 0, doubled: 0})
  })
})

describeOnServers('--verify and a loss', ['engine', 'redis-7.0'], (flavour) => {
  let cluster: QuickCluster
  let elsewhere: ServerNode

  before(async () => {
    cluster = await quickCluster(flavour, {primaries: 2})
    await fillKeys(cluster.nodes, 8_000, {types: ['string', 'list'], expireEvery: 0})
    elsewhere = (await startNodes(flavour, 1, {cluster: false})).node(0)
  })

  it('names a key that vanished though no client touched it, and ends with 1', async () => {
    const [source] = cluster.primaries
    const reshard = slowReshard(cluster, '0-2999')
    await canariesOn(source!)
    const victim = await victimOn(source!, 1500, 2999)
    await spirit(victim, source!, elsewhere)
    const {code, stdout} = await reshard.done
    const {status, keys, canaries} = verificationIn(stdout)
    expect(code).to.equal(1)
    expect(status).to.equal('failed')
    expect(keys).to.include({lost: 1, damaged: 0, gone: 0, changed: 0})
    expect(keys!.keys).to.deep.equal([{key: victim, slot: slot(victim), database: 0, fate: 'lost'}])
    expect(canaries).to.include({lost: 0, doubled: 0})
  })

  it('counts an acknowledged write that vanishes from a canary as lost, and removes the canaries all the same', async () => {
    const [source] = cluster.primaries
    const reshard = slowReshard(cluster, '3000-5999')
    const list = await until(
      async () => (await keysLike(source!, 'tscluster:canary:*:list')).find((key) => slot(key) > 5000),
      {what: 'a canary in the slots that go last'},
    )
    await command(source!, 'DEL', list)
    const {code, stdout} = await reshard.done
    const {status, canaries: report} = verificationIn(stdout)
    expect(code).to.equal(1)
    expect(status).to.equal('failed')
    expect(report!.lost).to.be.greaterThan(0)
    expect(report!.keys).to.deep.equal([list])
    for (const node of cluster.primaries) expect(await keysLike(node, 'tscluster:canary:*')).to.deep.equal([])
  })

  it('removes its canaries when it is interrupted, and those of a run that was killed the next time', async () => {
    const [, target] = cluster.primaries
    const words = [
      '--to',
      cluster.ids[0]!,
      '--slots',
      '0-1999',
      '--no-atomic',
      '--rate',
      '300keys/s',
      '--pipeline',
      '20',
    ]
    const args = ['reshard', cluster.entry, ...words, '--yes', '--json', '--verify']
    const killed = startCli(args)
    const left = await canariesOn(target!)
    killed.process.kill('SIGKILL')
    await killed.done
    await until(async () => (await runCli(['fix', cluster.entry, '--yes'])).code === 0, {
      what: 'fix to close what was left open',
      timeoutMs: 30_000,
    })
    const interrupted = startCli(args)
    const isNew = (key: string): boolean => key.endsWith(':list') && idOf(key) !== idOf(left[0]!)
    await until(async () => (await keysLike(target!, 'tscluster:canary:*')).some(isNew), {what: 'new canaries'})
    interrupted.process.kill('SIGINT')
    const {stdout} = await interrupted.done
    const {status, canaries, leftoversRemoved} = verificationIn(stdout)
    expect({status, lost: canaries!.lost}).to.deep.equal({status: 'unfinished', lost: 0})
    expect(leftoversRemoved).to.be.at.least(8 * 6)
    for (const node of cluster.primaries) expect(await keysLike(node, 'tscluster:canary:*')).to.deep.equal([])
  })
})

describeOnServers('verify', FLAVOURS, (flavour) => {
  let cluster: QuickCluster
  let folder: string

  before(async () => {
    cluster = await quickCluster(flavour, {primaries: 2})
    await fillKeys(cluster.nodes, 3_000, {expireEvery: 3})
    await fillKeys(cluster.nodes, 6, {valueBytes: 1_200_000, prefix: 'big:', types: ['string', 'list', 'hash']})
    folder = mkdtempSync(path.join(os.tmpdir(), 'tscluster-verify-'))
    expect((await runCli(['backup', cluster.entry, folder])).code).to.equal(0)
  })

  after(() => rmSync(folder, {recursive: true, force: true}))

  it('finds a cluster and its backup equal, and everything that is changed afterwards', async () => {
    const equal = await runCli(['verify', cluster.entry, folder])
    expect(equal.stdout).to.equal(`equal ${cluster.entry} and ${folder}: 3,006 keys\n`)
    expect(equal.code).to.equal(0)
    const [node] = cluster.primaries
    const keys = (await keysLike(node!, 'key:*')).sort().slice(0, 3)
    await command(node!, 'DEL', keys[0]!)
    await command(node!, 'DEL', keys[1]!)
    await command(node!, 'SET', keys[1]!, 'something else')
    await command(node!, 'PEXPIRE', keys[2]!, 100_000)
    await command(node!, 'SET', '{06S}new', 'x')
    const {status, keys: named, ...counts} = await compare(cluster.entry, folder)
    expect(status).to.equal('different')
    expect(counts).to.include({missingInA: 1, missingInB: 1, different: 1, ttl: 1})
    expect(named.map(({key, difference}) => `${key} ${difference}`).sort()).to.deep.equal(
      [`${keys[0]} missing-in-a`, `${keys[1]} different`, `${keys[2]} ttl`, '{06S}new missing-in-b'].sort(),
    )
  })

  it('looks only at the slots that are named', async () => {
    const {keysA} = await compare(cluster.entry, cluster.entry, '--slots', '0-99')
    expect(keysA).to.be.greaterThan(0)
    expect(keysA).to.be.lessThan(200)
  })

  it('refuses a damaged file by name', async () => {
    const {files} = JSON.parse(readFileSync(path.join(folder, 'manifest.json'), 'utf8')) as {files: {file: string}[]}
    const file = path.join(folder, files[0]!.file)
    const bytes = readFileSync(file)
    writeFileSync(file, bytes.subarray(0, bytes.length / 2))
    const {code, stderr} = await runCli(['verify', cluster.entry, folder])
    expect(stderr).to.contain(files[0]!.file)
    expect(code).to.equal(1)
    writeFileSync(file, bytes)
  })
})

describeOnServers('verify after an import', ['redis-7.0'], (flavour) => {
  it('finds server and cluster equal across products, and --verify says so by itself', async () => {
    const source = (await startNodes(flavour, 1, {cluster: false})).node(0)
    const cluster = await quickCluster('valkey-9.1', {primaries: 2})
    await fillKeys([source], 2_000, {expireEvery: 3})
    const words = ['--from', source.address, '--copy', '--yes', '--json', '--verify']
    const {code, stdout, stderr} = await runCli(['import', cluster.entry, ...words])
    expect(code, stderr).to.equal(0)
    const {status, keys} = verificationIn(stdout)
    expect({status, same: keys!.same, lost: keys!.lost}).to.deep.equal({status: 'passed', same: 2_000, lost: 0})
    expect(await compare(source.address, cluster.entry)).to.include({status: 'equal', keysA: 2_000})
    await cluster.stop()
  })
})
