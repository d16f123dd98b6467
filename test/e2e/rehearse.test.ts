/** `tscluster rehearse`: the live cluster is looked at, and nothing of it changes. */
import {expect} from 'chai'
import type {RehearseResult} from '../../src/commands/rehearse.js'
import {quickCluster, type QuickCluster} from '../support/quick-cluster.js'
import {describeOnServers} from '../support/real-servers.js'
import {command} from '../support/resp.js'
import {runCli} from '../support/run-cli.js'
import {startNodes, type ServerNode} from '../support/server-nodes.js'
import {differences, digest, fillKeys} from '../support/test-data.js'

describeOnServers('a rehearsal of a reshard', ['engine', 'redis-7.0', 'valkey-9.1'], (flavour) => {
  let cluster: QuickCluster
  let all: ReadonlyMap<string, string>

  before(async () => {
    cluster = await quickCluster(flavour)
    await fillKeys(cluster.nodes, 600, {types: ['string'], valueBytes: 100, expireEvery: 0})
    all = await digest(cluster.nodes)
  })

  const reshard = (): string[] => ['reshard', cluster.entry, '--from', 'all', '--to', cluster.ids[0]!, '--slots', '300']

  it('says how long it takes, what clients notice, and what a death leaves, and changes nothing', async () => {
    const before = await runCli(['info', cluster.entry, '--json'])
    const {code, stdout, stderr} = await runCli(['rehearse', ...reshard()])
    expect(code, stderr).to.equal(0)
    expect(stdout).to.match(/^It takes about [\d.]+ m?s: 300 slots, \d+ keys? of about /)
    expect(stdout).to.match(/^Clients wait [\d.]+ ms \(median\), /m)
    expect(stdout).to.match(/^If the source .* dies half-way: /m)
    expect(stderr).to.contain('nothing was changed')
    expect(slotsIn(await runCli(['info', cluster.entry, '--json']))).to.deep.equal(slotsIn(before))
    expect(differences(all, await digest(cluster.nodes))).to.deep.equal([])
  })

  it('is one document for programs', async () => {
    const {code, stdout} = await runCli(['rehearse', '--no-mishaps', ...reshard(), '--json'])
    const {schema, status, forecast} = JSON.parse(stdout) as RehearseResult
    expect([code, schema, status]).to.deep.equal([0, 'tscluster.rehearse/1', 'rehearsed'])
    expect([forecast?.ended, forecast?.slots, forecast?.mishaps]).to.deep.equal(['applied', 300, []])
  })
})

describeOnServers('a rehearsal of an import', ['engine', 'redis-7.0'], (flavour) => {
  let cluster: QuickCluster
  let source: ServerNode

  before(async () => {
    cluster = await quickCluster(flavour)
    source = (await startNodes(flavour, 1, {cluster: false})).node(0)
    await fillKeys([source], 2_000, {types: ['string'], valueBytes: 100, expireEvery: 0})
  })

  it('looks at the names and sizes of the source, too, and moves no key', async () => {
    const {code, stdout, stderr} = await runCli(['rehearse', 'import', cluster.entry, '--from', source.address])
    expect(code, stdout + stderr).to.equal(0)
    expect(stdout).to.match(/^It takes about [\d.]+ m?s: 2,000 keys of about /)
    expect(stderr).to.contain('nothing was changed')
    expect(await command(source, 'DBSIZE')).to.equal(2_000)
    expect(await command(cluster.primaries[0]!, 'DBSIZE')).to.equal(0)
  })
})

function slotsIn({stdout}: {readonly stdout: string}): unknown {
  const {nodes} = JSON.parse(stdout) as {readonly nodes: readonly {readonly id: string; readonly slots: string}[]}
  return nodes.map(({id, slots}) => [id, slots]).toSorted()
}
