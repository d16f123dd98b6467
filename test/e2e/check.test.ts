/** `tscluster check` and `tscluster info`: what is there, what is wrong with it, and which command repairs it. */
import {expect} from 'chai'
import type {CheckResult} from '../../src/commands/check.js'
import type {InfoResult} from '../../src/commands/info.js'
import {quickCluster, untilClusterAgrees, type QuickCluster} from '../support/quick-cluster.js'
import {describeOnServers, WITH_ENGINE} from '../support/real-servers.js'
import {command} from '../support/resp.js'
import {runCli} from '../support/run-cli.js'
import {fillKeys} from '../support/test-data.js'
import {until} from '../support/until.js'

interface Checked extends CheckResult {
  readonly codes: readonly string[]
  readonly status: number | null
}

async function check(entry: string, ...flags: string[]): Promise<Checked> {
  const {code, stdout} = await runCli(['check', entry, '--json', ...flags])
  const result = JSON.parse(stdout) as CheckResult
  return {...result, codes: result.findings.map((finding) => finding.code), status: code}
}

/** Runs the command that a finding offers, as an operator would who copies it from the screen. */
async function followAdvice({findings}: CheckResult, code: string): Promise<void> {
  const {remedy} = findings.find((finding) => finding.code === code)!
  expect(remedy).to.match(/^tscluster /)
  const {code: exit, stderr} = await runCli([...remedy!.split(' ').slice(1), '--yes'])
  expect(exit, stderr).to.equal(0)
}

describeOnServers('check', WITH_ENGINE, (flavour) => {
  let cluster: QuickCluster

  before(async () => {
    cluster = await quickCluster(flavour, {primaries: 3, replicasEach: 1})
    await fillKeys(cluster.nodes, 60)
  })

  it('finds nothing wrong with a healthy cluster', async () => {
    const {code, stdout, stderr} = await runCli(['check', cluster.entry, '--strict'])
    expect(stdout).to.match(/^healthy 3 primaries, 3 replicas: 16,384 slots, 60 keys$/m)
    expect({code, stderr}).to.deep.equal({code: 0, stderr: ''})
    expect(await check(cluster.nodes.node(4).address)).to.deep.include({healthy: true, findings: [], status: 0})
  })

  it('finds a slot that was left open, and its advice closes it', async () => {
    await command(cluster.primaries[0]!, 'CLUSTER', 'SETSLOT', 5, 'MIGRATING', cluster.ids[1]!)
    const result = await check(cluster.entry)
    expect(result.status).to.equal(1)
    expect(result.codes).to.include('slot-migrating')
    await followAdvice(result, 'slot-migrating')
    expect((await check(cluster.entry)).findings).to.deep.equal([])
  })

  it('finds slots that nobody owns, and its advice covers them', async () => {
    for (const node of cluster.nodes) {
      await command(node, 'CLUSTER', 'DELSLOTS', 16_000, 16_001).catch(() => undefined)
    }
    await until(async () => (await check(cluster.entry)).codes.includes('slots-uncovered'), {what: 'uncovered slots'})
    const result = await check(cluster.entry)
    expect(result.status).to.equal(1)
    expect(result.findings.find(({code}) => code === 'slots-uncovered')!.slots).to.equal('16000-16001')
    await followAdvice(result, 'slots-uncovered')
    expect(await check(cluster.entry)).to.include({healthy: true, status: 0})
  })

  it('finds nodes that tell different stories', async () => {
    // Only this primary believes it, and its own word about its own slots is what everybody else goes by.
    await command(cluster.primaries[2]!, 'CLUSTER', 'SETSLOT', 100, 'NODE', cluster.ids[1]!)
    const result = await check(cluster.entry)
    if (result.codes.length > 0) await followAdvice(result, result.codes[0]!)
    await untilClusterAgrees(cluster.nodes)
    expect(await check(cluster.entry)).to.include({healthy: true, status: 0})
  })

  it('warns of a dead replica, which only --strict fails for', async () => {
    await cluster.nodes.kill(5)
    const lenient = await check(cluster.entry)
    expect(lenient).to.include({healthy: true, status: 0})
    expect(lenient.codes).to.include.members(['replica-unreachable', 'primary-without-replica'])
    expect((await check(cluster.entry, '--strict')).status).to.equal(1)
    const dead = lenient.nodes.find(({address}) => address === cluster.nodes.node(5).address)
    expect(dead!.state).to.be.oneOf(['silent', 'failed'])
    const {stdout} = await runCli(['check', cluster.entry])
    expect(stdout)
      .to.include(`warning ${cluster.nodes.node(5).address}`)
      .and.match(/^healthy, with warnings/m)
    await cluster.nodes.restart(5)
    await untilClusterAgrees(cluster.nodes)
  })

  it('finds a dead primary that nobody has replaced', async () => {
    for (const index of [4, 1]) await cluster.nodes.kill(index)
    const result = await check(cluster.entry)
    expect(result.status).to.equal(1)
    expect(result.codes).to.include.members(['primary-unreachable', 'slots-uncovered'])
    for (const index of [1, 4]) await cluster.nodes.restart(index)
    await untilClusterAgrees(cluster.nodes)
    expect((await check(cluster.entry)).findings).to.deep.equal([])
  })
})

describeOnServers('info', ['engine', 'redis-7.0', 'valkey-9.1'], (flavour) => {
  let cluster: QuickCluster

  before(async () => {
    cluster = await quickCluster(flavour, {primaries: 3, replicasEach: 1})
    await fillKeys(cluster.nodes, 60)
  })

  it('lists every node on a line that awk can read', async () => {
    const {code, stdout} = await runCli(['info', cluster.entry])
    expect(code).to.equal(0)
    const [head, ...rows] = stdout.trimEnd().split('\n')
    expect(head!.split(/ {2,}/)).to.deep.equal([
      'NODE',
      'ID',
      'ROLE',
      'STATE',
      'SLOTS',
      'KEYS',
      'REPLICATES',
      'VERSION',
    ])
    expect(rows.map((row) => row.split(/\s+/)[0]).toSorted()).to.deep.equal(cluster.nodes.addresses.toSorted())
    for (const drawn of ['─', '│', '┌', '\u001b']) expect(stdout).not.to.include(drawn)
  })

  it('tells the same as JSON', async () => {
    const {code, stdout, stderr} = await runCli(['info', cluster.entry, '--json'])
    const result = JSON.parse(stdout) as InfoResult
    expect({code, stderr}).to.deep.equal({code: 0, stderr: ''})
    expect(result).to.include({schema: 'tscluster.info/1', keys: 60})
    expect(result.nodes.map(({role}) => role)).to.deep.equal([
      'primary',
      'replica',
      'primary',
      'replica',
      'primary',
      'replica',
    ])
    expect(result.nodes.map(({id}) => id).toSorted()).to.deep.equal(cluster.ids.toSorted())
  })
})
