/** Atomic slot migration as tscluster chooses it: what it does when it fails, is killed, or is interrupted. */
import {mkdtempSync, rmSync} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {expect} from 'chai'
import {openSlots, slotsOf} from '../../support/cluster-facts.js'
import {quickCluster, type QuickCluster} from '../../support/quick-cluster.js'
import {describeOnServers} from '../../support/real-servers.js'
import {command} from '../../support/resp.js'
import {runCli, startCli, type CliResult, type RunningCli} from '../../support/run-cli.js'
import {differences, digest, fillKeys} from '../../support/test-data.js'
import {until} from '../../support/until.js'
import {jobsOf} from '../engine-atomic/migrations.js'

const PASSWORD = 's3cret'
const SLOTS = '0-2999'
const BEFORE = ['0-8191', '8192-16383']
const AFTER = ['3000-8191', '0-2999 8192-16383']

describeOnServers('atomic slot migration, chosen by itself', ['engine', 'valkey-9.1'], (flavour) => {
  let cluster: QuickCluster
  let keys: ReadonlyMap<string, string>

  before(async () => {
    cluster = await quickCluster(flavour, {primaries: 2, password: PASSWORD, nodeTimeoutMs: 5000})
    await fillKeys(cluster.nodes, 1_500)
    keys = await digest(cluster.nodes)
  })

  afterEach(async () => {
    expect(await openSlots(cluster.nodes)).to.deep.equal([])
    expect(differences(keys, await digest(cluster.nodes))).to.deep.equal([])
  })

  const env = {REDISCLI_AUTH: PASSWORD}

  /** Slots 0-2999 from the first node to the second, or back. */
  function words(direction: 'there' | 'back', ...flags: string[]): string[] {
    const [first, second] = cluster.ids as [string, string]
    const ends = direction === 'there' ? ['--from', first, '--to', second] : ['--from', second, '--to', first]
    return ['reshard', cluster.entry, ...ends, '--slots', SLOTS, ...flags]
  }

  const reshard = (direction: 'there' | 'back', ...flags: string[]): Promise<CliResult> =>
    runCli(words(direction, '--yes', ...flags), {env})

  const startReshard = (direction: 'there' | 'back'): RunningCli => startCli(words(direction, '--yes'), {env})

  /** A migration from this node has everything ready, and does not hand over. */
  async function holdBack(isHeld: boolean): Promise<void> {
    await command(cluster.primaries[0]!, 'DEBUG', 'SLOTMIGRATION', 'PREVENT-PAUSE', isHeld ? 1 : 0)
  }

  const untilHeld = (): Promise<unknown> =>
    until(async () => (await jobsOf(cluster.primaries[0]!))[0]?.get('state') === 'waiting-to-pause', {
      what: 'the migration to be held back',
    })

  it('is what a plan says, and what a saved plan does', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'tscluster-atomic-'))
    const file = path.join(folder, 'plan.json')
    const planned = await runCli(words('there', '--out', file, '--explain'), {env})
    expect(planned.code, planned.stderr).to.equal(0)
    expect(planned.stderr).to.match(/move 3000 slots \(0-2999\) from \S+ to \S+ atomically/)
    expect(planned.stderr).to.include('CLUSTER MIGRATESLOTS SLOTSRANGE 0 2999 NODE')
    const {code, stderr, stdout} = await runCli(['apply', file, '--yes'], {env})
    rmSync(folder, {recursive: true})
    expect(code, stderr).to.equal(0)
    expect(stdout).to.match(/^done reshard: 3,000 slots and \d+ keys moved/)
    expect(await slotsOf(cluster.primaries)).to.deep.equal(AFTER)
    expect((await jobsOf(cluster.primaries[0]!)).map((job) => job.get('state'))).to.include('success')
  })

  it('goes with MIGRATE when it fails again and again, unless it was asked for', async () => {
    // The nodes cannot log in to each other; tscluster can, and gives MIGRATE what it needs.
    for (const node of cluster.primaries) await command(node, 'CONFIG', 'SET', 'masterauth', '')
    const forced = await reshard('back', '--atomic')
    expect(forced.code).to.equal(1)
    expect(forced.stderr).to.match(/atomic slot migration failed: .*NOAUTH[^]*no slot was left open.*--no-atomic/)
    expect(await slotsOf(cluster.primaries)).to.deep.equal(AFTER)
    const {code, stderr} = await reshard('back')
    expect(code, stderr).to.equal(0)
    expect(stderr).to.match(/falls back to MIGRATE for 3000 slots, because .* failed 3 times: .*NOAUTH/)
    expect(await slotsOf(cluster.primaries)).to.deep.equal(BEFORE)
    for (const node of cluster.primaries) await command(node, 'CONFIG', 'SET', 'masterauth', PASSWORD)
  })

  it('stops at once after the second Ctrl-C, and leaves the slots whole where they were', async () => {
    await holdBack(true)
    const running = startReshard('there')
    await untilHeld()
    running.process.kill('SIGINT')
    await running.signalAfter(/stopping: what is in hand/, 'SIGINT')
    const {code, stderr} = await running.done
    expect(code, stderr).to.equal(130)
    expect(await slotsOf(cluster.primaries)).to.deep.equal(BEFORE)
    expect((await jobsOf(cluster.primaries[0]!))[0]!.get('state')).to.equal('cancelled')
    expect((await jobsOf(cluster.primaries[1]!))[0]!.get('state')).to.equal('failed')
    await holdBack(false)
  })

  it('goes on when tscluster is killed, and is waited for when it is run again', async () => {
    await holdBack(true)
    const killed = startReshard('there')
    await untilHeld()
    killed.process.kill('SIGKILL')
    expect((await killed.done).signal).to.equal('SIGKILL')
    const again = startReshard('there')
    await again.said(/has a migration of slots 0-2999 to end first: waiting-to-pause: waiting for it/)
    await holdBack(false)
    const {code, stderr} = await again.done
    expect(code, stderr).to.equal(0)
    expect(await slotsOf(cluster.primaries)).to.deep.equal(AFTER)
  })
})
