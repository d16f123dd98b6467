/** `tscluster pace`: an operation that runs is found from another process, looked at, held back, paused and let go. */
import {mkdtempSync, readdirSync, rmSync} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {expect} from 'chai'
import type {SteeredOperation} from '../../src/cli/operations/steer.js'
import type {PaceResult} from '../../src/commands/pace.js'
import {openSlots} from '../support/cluster-facts.js'
import {quickCluster, type QuickCluster} from '../support/quick-cluster.js'
import {describeOnServers} from '../support/real-servers.js'
import {runCli, startCli, type CliResult, type RunningCli} from '../support/run-cli.js'
import {differences, digest, fillKeys} from '../support/test-data.js'
import {until} from '../support/until.js'

const PATIENCE = {timeoutMs: 30_000}

describeOnServers('a reshard that is steered from another terminal', ['engine', 'redis-7.0'], (flavour) => {
  let cluster: QuickCluster
  let state: string
  let all: ReadonlyMap<string, string>

  before(async () => {
    cluster = await quickCluster(flavour)
    await fillKeys(cluster.nodes, 6_000, {types: ['string'], valueBytes: 100, expireEvery: 0})
    all = await digest(cluster.nodes)
    state = mkdtempSync(path.join(os.tmpdir(), 'tscluster-pace-'))
  })
  after(() => rmSync(state, {recursive: true}))

  const env = (): {XDG_STATE_HOME: string} => ({XDG_STATE_HOME: state})

  function startReshard(to: number, ...flags: readonly string[]): RunningCli {
    const words = ['--from', 'all', '--to', cluster.ids[to]!, '--slots', '4000', '--yes', ...flags]
    return startCli(['reshard', cluster.entry, ...words], {env: env()})
  }

  function pace(...words: readonly string[]): Promise<CliResult> {
    return runCli(['pace', ...words], {env: env()})
  }

  /** What runs, asked through a node that the reshard was not started with. */
  async function running(...flags: readonly string[]): Promise<SteeredOperation> {
    const {code, stdout, stderr} = await pace(cluster.primaries[1]!.address, '--json', ...flags)
    expect(code, stderr).to.equal(0)
    const {operations} = JSON.parse(stdout) as PaceResult
    expect(operations).to.have.lengthOf(1)
    return operations[0]!
  }

  it('is found by any node, keeps its rate, closes its slots when it is paused, and goes on when it is let go', async () => {
    const reshard = startReshard(0, '--rate', '200keys/s')
    const begun = await until(
      async () => {
        const operation = await running()
        return operation.slots.done > 0 && operation
      },
      {...PATIENCE, what: 'the first slots to move'},
    )
    expect(begun).to.deep.include({operation: 'reshard', entry: cluster.entry, pid: reshard.process.pid})
    expect(begun.pace.limits.keysPerSecond).to.equal(200)
    expect(begun.lanes.map(({target}) => target.id)).to.deep.equal([cluster.ids[0], cluster.ids[0]])
    expect((await running('--pause')).pace.paused).to.equal(true)
    await until(async () => (await openSlots(cluster.nodes)).length === 0, {
      ...PATIENCE,
      what: 'all slots to be closed',
    })
    const paused = await running()
    const [later, text] = [await running('--slower'), await pace(cluster.entry)]
    expect(later.keys).to.deep.equal(paused.keys)
    expect(later.keys.all).to.be.greaterThan(later.keys.done)
    expect(text.stdout).to.match(
      /^reshard \S+ \(pid \d+, .*\): .* keys, .*paused, 1\/2 speed, limit 200 keys\/s\n {2}\S+ → /,
    )
    const free = await running('--no-limit', '--resume')
    expect(free.pace).to.deep.equal({
      paused: false,
      speed: 1,
      limits: {maxLatencyMs: null, bytesPerSecond: null, keysPerSecond: null},
    })
    const {code, stdout, stderr} = await reshard.done
    expect(code, stderr).to.equal(0)
    expect(stdout).to.match(/^done reshard: 4,000 slots and \d,\d+ keys moved \(.* KiB\)/)
    expect(stderr).to.include('pausing: ').and.to.include('limit 200 keys/s')
    expect(differences(all, await digest(cluster.nodes))).to.deep.equal([])
  })

  it('that is over, or was killed, is not found, and leaves nothing behind; then there is nothing to change', async () => {
    const reshard = startReshard(1, '--rate', '100keys/s')
    await until(async () => (await running()).pid === reshard.process.pid, {...PATIENCE, what: 'it to be found'})
    reshard.process.kill('SIGKILL')
    await reshard.done
    expect(await pace(cluster.entry)).to.include({code: 0, stderr: ''})
    const refused = await pace(cluster.entry, '--pause')
    expect(refused).to.include({code: 3, stdout: ''})
    expect(refused.stderr).to.match(/^error no operation moves keys on this cluster now.*\[refused\]$/m)
    expect(readdirSync(path.join(state, 'tscluster', 'operations'))).to.deep.equal([])
    expect(await runCli(['fix', cluster.entry, '--yes'])).to.include({code: 0})
    expect(differences(all, await digest(cluster.nodes))).to.deep.equal([])
  })
})
